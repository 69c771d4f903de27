"""Scenes of several instances of one object, some with an anomaly; only `stage`, `floor`, `light`, `drop`, `job` need `bpy`."""
