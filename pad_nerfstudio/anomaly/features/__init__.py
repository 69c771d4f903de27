"""What images are compared by: maps of features, by the name of what computes them."""
