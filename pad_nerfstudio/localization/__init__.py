"""Finding the camera of an unposed query photo in a trained field."""
