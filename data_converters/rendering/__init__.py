"""What the programs that render share: errors, files, random streams, cameras, Blender's settings."""
