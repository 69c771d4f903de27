"""Brick toys rendered with Blender Cycles; only `blender_scene` and `render_job` need `bpy`."""
