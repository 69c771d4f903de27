"""Render a brick toy with Blender Cycles into the MAD layout. Start with `--list-toys` or `--help`."""

from __future__ import annotations

import importlib.util
import sys

import tyro
from bricks.settings import Settings, check
from bricks.toys import TOYS
from rendering.errors import UserError
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn

NO_BPY = 'the Python package bpy (Blender) is not installed: pip install "pad-nerfstudio[render]"'


def render(settings: Settings) -> None:
    """Render what is not there yet, then say where it lies and what comes next."""
    check(settings)
    if importlib.util.find_spec("bpy") is None:
        raise UserError(NO_BPY)
    from bricks.render_job import RenderJob  # needs bpy, which takes seconds to load

    job = RenderJob(settings)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TextColumn("{task.fields[image]}"))
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
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
    try:
        render(settings)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
