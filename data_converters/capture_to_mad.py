"""Bring a Nerfstudio capture (`transforms.json` and photos) into the MAD layout. Start with `--help`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from captures.capture_json import read_capture
from captures.common_camera import FieldOfView, common_camera
from captures.conversion import Conversion
from captures.hold_out import KIND, divided
from captures.notes import notes
from captures.queries import plan_queries

from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.commands.progress import tracked
from pad_nerfstudio.concurrency import AsFinished
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.fields.parallel import num_threads


@dataclass
class CaptureToMad:
    """Options of capture_to_mad.py."""

    data: Path
    """The capture's transforms.json, or the folder that holds it."""
    output_dir: Path
    """The class folder to make; empty, not there, or left by an interrupted run of the same command."""
    queries: Path | None = None
    """Folder of photos to be judged; they go to test/QUERY_KIND, turned upright and otherwise as they are."""
    query_kind: str = "unknown"
    """Name of their folder in test: good, a kind of defect, or a word of yours."""
    undistort_queries: bool = False
    """Bring queries to the common camera as well: they were taken with the capture's camera, at one of its sizes."""
    hold_out: int = 0
    """Keep so many photos, spread evenly, out of the training: good queries with known poses (true_poses.json), to see
    how well the method does on this part."""
    hold_out_masks: Literal["alpha", "none"] = "alpha"
    """Masks of the photos held out: as those of the training, or none, so that they show their background as a new
    photo would."""
    masks: Literal["alpha", "none"] = "alpha"
    """Make what lies outside of a photo's mask transparent, or leave masks out."""
    field_of_view: FieldOfView = "all"
    """What the common camera shows: what any photo shows, with transparent margins; or what every photo does."""
    longest_side: int | None = None
    """Shrink the training images to at most so many pixels; by default they keep the detail of the photos."""

    def main(self) -> None:
        """Convert what is not there yet, then say where it lies and what comes next."""
        if self.longest_side is not None and self.longest_side < 1:
            raise UserError(f"--longest-side is {self.longest_side}; give a number of pixels from 1 on")
        if self.undistort_queries and self.queries is None:
            raise UserError("--undistort-queries needs queries; name their folder by --queries")
        if self.hold_out and self.queries is not None and self.query_kind == KIND:
            raise UserError(f"--hold-out fills test/{KIND}; give --queries another --query-kind")
        source, captured = read_capture(self.data)
        photos, held_out = divided(captured, self.hold_out)
        queries = []
        if self.queries is not None:
            queries = plan_queries(self.queries, self.query_kind, captured if self.undistort_queries else None)
        camera = common_camera([photo.lens for photo in captured], self.longest_side, self.field_of_view)
        folder = self.output_dir.expanduser().absolute()
        held_out_masks = self.hold_out_masks if self.masks == "alpha" else "none"
        conversion = Conversion(source, folder, camera, photos, self.masks, queries, held_out, held_out_masks)
        conversion.begin()
        for _ in tracked(AsFinished(conversion.make, conversion.pictures, num_threads()), "pictures"):
            pass
        conversion.finish()
        for note in notes(conversion):
            print(f"note: {note}")
        print(f"training images: {folder / 'train' / 'good'} ({len(photos)}, {camera.w}x{camera.h} pixels)")
        if held_out:
            print(f"held out: {folder / 'test' / KIND} ({len(held_out)}; true poses: {folder / 'true_poses.json'})")
        if queries:
            print(f"queries: {folder / 'test' / self.query_kind} ({len(queries)})")
        print(f"poses and camera: {folder / 'transforms.json'}")
        print(f"next: {shlex.join(['ns-train', 'pad-nerf', '--data', str(folder)])}")


if __name__ == "__main__":
    run(CaptureToMad, description="Bring a Nerfstudio capture into the MAD layout, every photo undistorted once.")
