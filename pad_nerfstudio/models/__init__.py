"""Nerfstudio models, and the one way to render any trained one."""
