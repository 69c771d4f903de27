"""The floor z = 0 that the objects of a scene stand on: what it looks like, and what is unlike it."""
