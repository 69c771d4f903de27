"""Blender's camera and render settings. Needs `bpy`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import bpy


def add_camera(scene: bpy.types.Scene, camera_angle_x: float) -> bpy.types.Object:
    """A square pinhole camera."""
    data = bpy.data.cameras.new("camera")
    data.sensor_fit, data.angle_x = "HORIZONTAL", camera_angle_x
    camera = bpy.data.objects.new("camera", data)
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def set_up_cycles(scene: bpy.types.Scene, image_size: int, samples: int, threads: int = 0) -> None:
    """Cycles on the CPU, denoised, transparent film, square images in plain sRGB; 0 threads take all cores."""
    scene.render.engine = "CYCLES"
    scene.render.resolution_x = scene.render.resolution_y = image_size
    scene.render.resolution_percentage = 100
    scene.render.film_transparent = True
    scene.render.use_persistent_data = True
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.image_settings.color_depth = "8"
    scene.render.image_settings.compression = 5
    scene.render.dither_intensity = 0.0
    if threads:
        scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.view_settings.view_transform, scene.view_settings.look = "Standard", "None"
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.use_adaptive_sampling = "CPU", samples, False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 4, 3, 2
    cycles.caustics_reflective = cycles.caustics_refractive = False
    with contextlib.suppress(TypeError):  # a bpy built without OpenImageDenoise has no such choice
        cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
        cycles.denoising_prefilter, cycles.denoising_quality = "FAST", "BALANCED"


@contextlib.contextmanager
def exact_render(scene: bpy.types.Scene, material: bpy.types.Material) -> Iterator[None]:
    """One ray through each pixel's centre, no denoiser, no light, values written as they are."""
    layer, cycles = scene.view_layers[0], scene.cycles
    before = cycles.samples, cycles.use_denoising, cycles.filter_width, cycles.max_bounces
    layer.material_override, scene.view_settings.view_transform = material, "Raw"
    cycles.samples, cycles.use_denoising, cycles.filter_width, cycles.max_bounces = 1, False, 0.01, 0
    try:
        yield
    finally:
        layer.material_override, scene.view_settings.view_transform = None, "Standard"
        cycles.samples, cycles.use_denoising, cycles.filter_width, cycles.max_bounces = before


@contextlib.contextmanager
def silent_stdout() -> Iterator[None]:
    """Blender writes its progress to file descriptor 1, past `sys.stdout`."""
    saved, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    try:
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(null)
