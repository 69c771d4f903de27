"""Paste stains, missing chips and foreign objects on copies of good photos, with exact masks. Start with `--help`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pasting.job import KINDS, RECORD, PasteJob, Wanted

from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.commands.progress import tracked
from pad_nerfstudio.errors import UserError


@dataclass
class PasteDefects:
    """Options of paste_defects.py."""

    data: Path
    """Class folder with photos in test/good; copies go to test/KIND and ground_truth/KIND of the same folder."""
    kinds: tuple[Literal["Stains", "Chips", "Foreign"], ...] = KINDS
    """Which defects to paste."""
    per_photo: int = 1
    """Copies of each photo with a defect of each kind; may be raised later."""
    sizes: tuple[float, float] = (0.01, 0.06)
    """Least and greatest area of a defect, as a share of the object's visible area."""
    min_pixels: int = 15
    """Least area of a defect in pixels."""
    min_contrast: float = 10.0
    """Least mean colour difference (CIE76) over a defect; 2.3 is just noticeable, 10 is seen at a glance."""
    object_masks: Path | None = None
    """Folder of images named as the photos, whose transparency or bright half tells where the object is; by default the
    photo's own transparency, or what differs from its plain border."""
    background_color: Literal["white", "black"] | tuple[float, float, float] = "white"
    """What is seen through transparency: a name, or red, green and blue from 0 to 1."""
    seed: int = 0
    """Other seeds give other defects; every picture has a stream of random numbers of its own."""

    def main(self) -> None:
        """Paste what is not there yet, then say where it lies."""
        from pad_nerfstudio.data.mad_dataparser import background_rgb  # Nerfstudio takes seconds to load

        if not 0 < self.sizes[0] <= self.sizes[1] < 1:
            raise UserError(f"--sizes {self.sizes[0]:g} {self.sizes[1]:g}: give two shares between 0 and 1, rising")
        if self.per_photo < 1 or self.seed < 0:
            raise UserError("--per-photo must be 1 or more, and --seed 0 or more")
        folder = self.data.expanduser().absolute()
        background = background_rgb(self.background_color)
        wanted = Wanted(self.sizes, self.min_pixels, self.min_contrast, self.seed, background)
        masks = None if self.object_masks is None else self.object_masks.expanduser().absolute()
        job = PasteJob(folder, self.kinds, self.per_photo, wanted, masks)
        known = job.begin()
        for copy in tracked(job.copies(), "pictures"):
            job.make(*copy, known)
        job.finish(known)
        print(f"photos with defects: {folder / 'test'}/{{{','.join(self.kinds)}}} ({len(job.copies())})")
        print(f"masks: {folder / 'ground_truth'}; what each defect is: {folder / RECORD}")
        print(f"next: {shlex.join(['ns-train', 'pad-nerf', '--data', str(folder)])}")


if __name__ == "__main__":
    run(PasteDefects, description="Paste stains, missing chips and foreign objects on copies of good photos.")
