"""Render a brick toy with Blender Cycles into the MAD layout. Start with `--list-toys` or `--help`."""

from __future__ import annotations

import importlib.util
import sys

import tyro
from bricks.settings import Settings, check
from bricks.toys import TOYS
from rendering.errors import UserError
from rendering.program import NO_BPY, progress_bar, run_program


def render(settings: Settings) -> None:
    """Render what is not there yet, then say where it lies and what comes next."""
    check(settings)
    if importlib.util.find_spec("bpy") is None:
        raise UserError(NO_BPY)
    from bricks.render_job import RenderJob  # needs bpy, which takes seconds to load

    job = RenderJob(settings)
    try:
        with progress_bar() as progress:
            task = progress.add_task(job.toy.name, total=job.image_count, image="")
            for name in job.run():
                progress.update(task, advance=1, image=name)
    except OSError as error:
        place = error.filename or job.folder
        raise UserError(f"{place} cannot be written ({error.strerror}): give another --output-dir") from error
    print(f"images and masks: {job.folder}")
    print(f"poses of the training views: {job.folder / 'transforms.json'}")
    print(f"true poses of the test views, for judging only: {job.folder / 'true_poses.json'}")
    print(f"next: ns-train pad-nerf --data {job.folder}")


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, 2 for a mistake the user can put right, 130 when interrupted."""
    settings = tyro.cli(Settings, args=arguments, prog="render_bricks.py")
    if settings.list_toys:
        for toy in TOYS.values():
            print(f"{toy.name}: {toy.summary} ({len(toy.parts)} parts)")
        return 0
    return run_program(lambda: render(settings))


if __name__ == "__main__":
    sys.exit(main())
