"""What images are compared by: colour spaces, filters, and maps of features by the name of what computes them."""
