"""Data sets as they lie on disk, and the Nerfstudio dataparsers on top of them."""
