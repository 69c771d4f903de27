"""Renders one toy into the MAD layout, image by image; what is already there stays. Needs `bpy`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray
from rendering.errors import UserError
from rendering.files import read_json, write_json, write_png
from rendering.random_stream import random_stream

from bricks import defects
from bricks.blender_scene import DEFECT_INDEX, BrickScene, RenderOptions
from bricks.camera_rig import draw_test_pose, ring_poses
from bricks.palette import srgb
from bricks.settings import Settings, check_resumable, recorded
from bricks.toy import all_vertices, placed_solids
from bricks.toys import toy_named

Array = NDArray[np.float64]
DRAWS_A_POSE = 25
POSES_AN_IMAGE = 20


@dataclass(frozen=True)
class Drawn:
    """A defect that shows: its mask, how to put it on the toy, and what it is."""

    mask: NDArray[np.bool_]  # [H, W]
    applied: AbstractContextManager[None]
    record: dict[str, Any]


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
        """Training and test images together."""
        s = self.settings
        return s.rings * s.azimuths + s.test_images * (1 + len(s.kinds))

    def run(self) -> Iterator[str]:
        """Yield the name of every image once it lies on the disk."""
        self._write_settings()
        self.scene = BrickScene(self.toy, render_options(self.settings))
        yield from self._train()
        for kind in ("good", *self.settings.kinds):
            for index in range(self.settings.test_images):
                yield self._test(kind, index)

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
        path = self.folder / name
        if path.exists():
            return name
        pose, drawn = self._draw_image(kind, index)
        with drawn.applied if drawn else nullcontext():
            picture = self.scene.picture(pose, self._noise_seed(name))
        if drawn:
            write_png(self.folder / "ground_truth" / kind / f"{index}_mask.png", drawn.mask.astype(np.uint8) * 255)
        # the picture last: where it lies, its mask and its pose are complete
        self._remember_pose(frame(name, pose) | ({"defect": drawn.record} if drawn else {}))
        write_png(path, picture)
        return name

    def _draw_image(self, kind: str, index: int) -> tuple[Array, Drawn | None]:
        """A pose, and a defect that shows enough in it."""
        s = self.settings
        for attempt in range(POSES_AN_IMAGE):
            rng = random_stream(s.seed, self.toy.name, kind, index, attempt)
            pose = draw_test_pose(rng, s.test_poses, self.points, s.camera_angle_x)
            if kind == "good":
                return pose, None
            draw = self._draw_missing if kind == "Missing" else self._draw_added
            drawn = draw(rng, pose, kind)
            if drawn is not None:
                return pose, drawn
        raise UserError(f"no visible defect for test/{kind}/{index}.png: lower --min-defect-pixels")

    def _draw_missing(self, rng: np.random.Generator, pose: Array, kind: str) -> Drawn | None:
        indices = self.scene.indices(pose)
        pixels = np.bincount(indices.ravel(), minlength=len(self.toy.parts) + 1)
        most = self.settings.max_missing_share * pixels[1:].sum()
        choices = [
            i
            for i, part in enumerate(self.toy.parts)
            if not part.core and self.settings.fewest_pixels <= pixels[i + 1] <= most
        ]
        if not choices:
            return None
        part = int(rng.choice(choices))
        record = {"kind": kind, "part": self.toy.parts[part].name}
        return Drawn(indices == part + 1, self.scene.without(part), record)

    def _draw_added(self, rng: np.random.Generator, pose: Array, kind: str) -> Drawn | None:
        for _ in range(DRAWS_A_POSE):
            hit = self._visible_point(rng, pose)
            surface = self._draw_surface(rng, hit, kind) if hit else None
            if surface is None:
                continue
            with self.scene.added(surface):
                mask = self.scene.indices(pose) == DEFECT_INDEX
            if mask.sum() >= self.settings.fewest_pixels:
                record = {"kind": kind, "part": self.toy.parts[hit.part].name, "point": hit.point.tolist()}
                if surface.colour is not None:
                    contrast = np.abs(surface.colour - srgb(self.toy.parts[hit.part].colour)).max()
                    record |= {"contrast": round(float(contrast), 3)}
                return Drawn(mask, self.scene.added(surface), record)
        return None

    def _draw_surface(self, rng: np.random.Generator, hit: defects.Hit, kind: str) -> defects.Surface | None:
        s = self.settings
        if kind == "Burrs":
            return defects.draw_burr(rng, hit, s.burr_size)
        return defects.draw_stain(rng, hit, s.stain_size, self.scene.cast, srgb(self.toy.parts[hit.part].colour))

    def _visible_point(self, rng: np.random.Generator, pose: Array) -> defects.Hit | None:
        """What a random ray of the camera hits."""
        for _ in range(500):
            x, y = rng.uniform(-1, 1, 2) * np.tan(self.settings.camera_angle_x / 2)
            direction = pose[:3, :3] @ np.array([x, y, -1.0])
            hit = self.scene.cast(pose[:3, 3], direction / np.linalg.norm(direction))
            if hit:
                return hit
        return None

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
