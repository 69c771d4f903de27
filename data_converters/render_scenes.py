"""Render scenes of several instances of one object with Blender Cycles. Start with `--help`."""

from __future__ import annotations

import importlib.util
import sys

import tyro
from rendering.errors import UserError
from rendering.program import NO_BPY, progress_bar, run_program
from scenes.mesh_files import mesh_files
from scenes.settings import Settings, check


def render(settings: Settings) -> None:
    """Render what is not there yet, then say where it lies."""
    check(settings)
    if settings.meshes is not None:
        mesh_files(settings.meshes, settings.only_meshes)
    if importlib.util.find_spec("bpy") is None:
        raise UserError(NO_BPY)
    from scenes.job import SceneJob  # needs bpy, which takes seconds to load

    job = SceneJob(settings)
    try:
        with progress_bar() as progress:
            task = progress.add_task("scenes", total=settings.scenes, image="")
            for name in job.run():
                progress.update(task, advance=1, image=name)
    except OSError as error:
        place = error.filename or job.folder
        raise UserError(f"{place} cannot be written ({error.strerror}): give another --output") from error
    print(f"scenes: {job.folder}")
    print(f"settings: {job.folder / 'render_settings.json'}")


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, 2 for a mistake the user can put right, 130 when interrupted."""
    settings = tyro.cli(Settings, args=arguments, prog="render_scenes.py")
    return run_program(lambda: render(settings))


if __name__ == "__main__":
    sys.exit(main())
