"""Renders one toy into the MAD layout, image by image; what is already there stays. Needs `bpy`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray
from rendering.errors import UserError
from rendering.files import read_json, write_json, write_png
from rendering.random_stream import random_stream

from bricks.blender_scene import BrickScene, RenderOptions
from bricks.camera_rig import draw_test_pose, ring_poses
from bricks.physical_parts import PhysicalPart, mask_name, physical_parts
from bricks.settings import Settings, check_resumable, recorded
from bricks.toy import all_vertices, placed_solids
from bricks.toys import toy_named
from bricks.visible_defects import Drawn, draw_defect

Array = NDArray[np.float64]
POSES_AN_IMAGE = 20


class RenderJob:
    """The class folder of one toy and the steps that fill it."""

    def __init__(self, settings: Settings) -> None:
        toy = toy_named(settings.toy)
        assert toy is not None  # `check` was there before
        self.settings, self.toy = settings, toy
        self.folder = settings.output_dir.resolve() / self.toy.name
        self.points = all_vertices(placed_solids(self.toy, settings.toy_radius))
        self.scene: BrickScene | None = None

    @property
    def image_count(self) -> int:
        """Training and test images together, those of parts included."""
        s = self.settings
        views = sum(len(part.views) for part in physical_parts(s))
        return s.rings * s.azimuths + s.test_images * (1 + len(s.kinds)) + views

    def run(self) -> Iterator[str]:
        """Yield the name of every image once it lies on the disk."""
        self._write_settings()
        self.scene = BrickScene(self.toy, render_options(self.settings))
        yield from self._train()
        for kind in ("good", *self.settings.kinds):
            for index in range(self.settings.test_images):
                yield self._test(kind, index)
        for part in physical_parts(self.settings):
            yield from self._part(part)

    def _train(self) -> Iterator[str]:
        poses = ring_poses(self.settings.rig)
        names = [f"train/good/{index}.png" for index in range(len(poses))]
        for name, pose in zip(names, poses, strict=True):
            if not (self.folder / name).exists():
                write_png(self.folder / name, self.scene.picture(pose, self._noise_seed(name)))
            yield name
        frames = [frame(name, pose) for name, pose in zip(names, poses, strict=True)]
        write_json(self.folder / "transforms.json", {"camera_angle_x": self.settings.camera_angle_x, "frames": frames})

    def _test(self, kind: str, index: int) -> str:
        name = f"test/{kind}/{index}.png"
        if not (self.folder / name).exists():
            self._photo(name, *self._draw_image(kind, index))
        return name

    def _part(self, part: PhysicalPart) -> Iterator[str]:
        """All views of one part; whether they see its defect is left to chance."""
        s = self.settings
        missing = [name for name in part.views if not (self.folder / name).exists()]
        drawn = self._draw_image(part.kind, part.name)[1] if missing else None
        for view, name in enumerate(part.views):
            if name in missing:
                rng = random_stream(s.seed, self.toy.name, part.name, "view", view)
                self._photo(name, draw_test_pose(rng, s.test_poses, self.points, s.camera_angle_x), drawn)
            yield name

    def _photo(self, name: str, pose: Array, drawn: Drawn | None) -> None:
        """Write a test picture; the picture last: where it lies, its mask and its pose are complete."""
        with drawn.applied() if drawn else nullcontext():
            picture = self.scene.picture(pose, self._noise_seed(name))
        if drawn:
            mask = drawn.mask_from(pose)
            write_png(self.folder / mask_name(name), mask.astype(np.uint8) * 255)
        self._remember_pose(frame(name, pose) | ({"defect": drawn.record} if drawn else {}))
        write_png(self.folder / name, picture)

    def _draw_image(self, kind: str, key: int | str) -> tuple[Array, Drawn | None]:
        """A pose, and a defect that shows enough in it."""
        s = self.settings
        for attempt in range(POSES_AN_IMAGE):
            rng = random_stream(s.seed, self.toy.name, kind, key, attempt)
            pose = draw_test_pose(rng, s.test_poses, self.points, s.camera_angle_x)
            if kind == "good":
                return pose, None
            drawn = draw_defect(self.scene, s, rng, pose, kind)
            if drawn is not None:
                return pose, drawn
        raise UserError(f"no visible defect for {kind} {key}: lower --min-defect-pixels")

    def _noise_seed(self, name: str) -> int:
        return int(random_stream(self.settings.seed, self.toy.name, "noise", name).integers(2**31))

    def _write_settings(self) -> None:
        path = self.folder / "render_settings.json"
        before = read_json(path)
        if before:
            check_resumable(self.settings, before, path)
        made_with = {"bpy": bpy.app.version_string, "parts": [part.name for part in self.toy.parts]}
        write_json(path, recorded(self.settings) | made_with)

    def _remember_pose(self, entry: dict[str, Any]) -> None:
        path = self.folder / "true_poses.json"
        known = read_json(path) or {"frames": []}
        frames = {f["file_path"]: f for f in known["frames"]} | {entry["file_path"]: entry}
        write_json(path, {"camera": camera_intrinsics(self.settings), "frames": list(frames.values())})


def frame(name: str, pose: Array) -> dict[str, Any]:
    """An entry of `transforms.json`."""
    return {"file_path": name, "transform_matrix": pose.tolist()}


def camera_intrinsics(settings: Settings) -> dict[str, float]:
    """The pinhole camera of all images, in pixels."""
    focal = settings.image_size / (2 * np.tan(settings.camera_angle_x / 2))
    size, centre = settings.image_size, settings.image_size / 2
    return {
        "camera_angle_x": settings.camera_angle_x,
        "fl_x": focal, "fl_y": focal, "cx": centre, "cy": centre, "w": size, "h": size,
    }  # fmt: skip


def render_options(s: Settings) -> RenderOptions:
    """The part of the settings that the renderer needs."""
    names: tuple[str, ...] = tuple(RenderOptions.__dataclass_fields__)
    return RenderOptions(**{name: getattr(s, name) for name in names})
