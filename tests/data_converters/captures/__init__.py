"""Programs that convert captures and class folders."""
