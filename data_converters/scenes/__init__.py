"""Scenes of several instances of one object; `drop`, `floor`, `job`, `light` and `stage` need `bpy`."""
