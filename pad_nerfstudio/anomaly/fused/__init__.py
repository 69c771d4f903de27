"""Score maps of several photos of one part, brought together on its surface."""
