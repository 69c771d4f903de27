"""Photographs from and for other tools: Nerfstudio captures to MAD class folders, class folders to other layouts."""
