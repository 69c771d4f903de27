"""Makes scene after scene; what is already there stays. Needs `bpy`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import bpy
import numpy as np
from rendering.errors import UserError
from rendering.files import read_json, write_json
from rendering.random_stream import random_stream

from scenes.drop import draw_start, resting_rotations
from scenes.floor import draw_floor
from scenes.layout import write_metadata, write_view
from scenes.light import draw_light
from scenes.mesh import Mesh
from scenes.mesh_files import mesh_files, read_mesh
from scenes.plan import Plan, draw_kinds, draw_plan
from scenes.random_meshes import random_mesh, random_name
from scenes.settings import Settings, check_resumable, recorded
from scenes.stage import Blockers, Stage

ATTEMPTS = 40
"""Plans drawn for a scene before giving up; the kinds of anomaly are drawn again every `SAME_KINDS`."""
SAME_KINDS = 2


class SceneJob:
    """The folder of scenes and the steps that fill it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.output.resolve()
        files = {} if settings.meshes is None else mesh_files(settings.meshes, settings.only_meshes)
        self.makers: dict[str, Callable[[], Mesh]] = {
            **{name: partial(read_mesh, path) for name, path in files.items()},
            **{random_name(number): partial(random_mesh, number) for number in range(settings.random_meshes)},
        }
        self._meshes: dict[str, Mesh] = {}

    def run(self) -> Iterator[str]:
        """Yield the name of every scene once it lies on the disk."""
        self._write_settings()
        for index in range(self.settings.first, self.settings.first + self.settings.scenes):
            folder = self.folder / f"scene_{index:05d}"
            if not (folder / "scene3d.metadata.json").exists():
                self._make(index, folder)
            yield folder.name

    def _make(self, index: int, folder: Path) -> None:
        plan = self._plan(index)
        aside = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
        try:
            self._render(index, plan, aside)
            if folder.exists():
                raise UserError(
                    f"{folder} is there without scene3d.metadata.json: move it away, or give another --output"
                )
            os.replace(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _plan(self, index: int) -> Plan:
        """The first plan that passes; its random numbers depend on the seed, the scene and the attempt alone."""
        s = self.settings
        # every mesh has its turn before one comes again, in an order of its own in each round
        turn, place = divmod(index, len(self.makers))
        name = list(self.makers)[random_stream(s.seed, "meshes", turn).permutation(len(self.makers))[place]]
        mesh = self._mesh(name)
        for attempt in range(ATTEMPTS):
            kinds = draw_kinds(random_stream(s.seed, "kinds", index, attempt // SAME_KINDS), s)
            rng = random_stream(s.seed, "scene", index, attempt)
            plan = draw_plan(
                rng, name, mesh, kinds, s, resting_rotations, draw_start, lambda found: Blockers(found).seen
            )
            if plan is not None:
                return plan
        raise UserError(
            f"no scene {index} of {name} passes the checks: lower --min-anomaly-pixels or --max-objects, give "
            "more kinds in --anomalies, or leave the mesh out with --only-meshes"
        )

    def _mesh(self, name: str) -> Mesh:
        if name not in self._meshes:
            self._meshes[name] = self.makers[name]()
        return self._meshes[name]

    def _render(self, index: int, plan: Plan, folder: Path) -> None:
        s = self.settings
        rng = random_stream(s.seed, "surroundings", index)
        floor, light = draw_floor(rng), draw_light(rng)
        stage = Stage(plan.instances, floor, light, s.image_size, s.samples, s.threads)
        noise = random_stream(s.seed, "noise", index).integers(2**31, size=len(plan.poses))
        # all pictures before all maps: Blender keeps its data while nothing but the camera changes
        pictures = [stage.picture(pose, int(seed)) for pose, seed in zip(plan.poses, noise, strict=True)]
        maps = [stage.index_and_depth(pose) for pose in plan.poses]
        for view, (picture, (numbers, depth)) in enumerate(zip(pictures, maps, strict=True)):
            write_view(folder, view, picture, numbers, depth, plan.instances)
        names = {"floor_pbr": floor.pattern, "background_hdr": "clouds"}
        write_metadata(folder, plan.instances, plan.poses, s.image_size, names, [numbers for numbers, _ in maps])

    def _write_settings(self) -> None:
        path = self.folder / "render_settings.json"
        before = read_json(path)
        if before:
            check_resumable(self.settings, before, path)
        made_with = {"bpy": bpy.app.version_string, "numpy": np.__version__, "mesh_names": list(self.makers)}
        write_json(path, recorded(self.settings) | made_with)
