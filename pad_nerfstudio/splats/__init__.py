"""3-D Gaussian splats: their parameters, how they begin, how they are rasterised and how their number changes."""
