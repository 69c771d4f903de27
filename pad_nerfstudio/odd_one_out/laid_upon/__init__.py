"""Objects of a scene laid upon each other, shape upon shape, and how they differ there."""
