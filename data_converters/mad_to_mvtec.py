"""Bring a MAD class folder into the layout of MVTec AD, which anomalib reads. Start with `--help`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from captures.to_mvtec import anomalib_call, to_mvtec

from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.commands.progress import tracked
from pad_nerfstudio.data.mad_layout import read_mad_class


@dataclass
class MadToMvtec:
    """Options of mad_to_mvtec.py."""

    data: Path
    """Folder of one class: it holds transforms.json, train/good and test."""
    output_dir: Path
    """Folder to make; empty or not there."""
    copy: bool = False
    """Copy images instead of linking them, so that a change to one leaves the other alone."""
    background_color: Literal["white", "black"] | tuple[float, float, float] = "white"
    """What lies under transparent pixels: a name, or red, green and blue from 0 to 1."""

    def main(self) -> None:
        """Convert images and masks, then say where they lie and what comes next."""
        from pad_nerfstudio.data.mad_dataparser import background_rgb  # Nerfstudio takes seconds to load

        folder = self.output_dir.expanduser().absolute()
        mad_class = read_mad_class(self.data)
        to_mvtec(mad_class, folder, self.copy, background_rgb(self.background_color), tracked)
        for note in mad_class.notes:
            print(f"note: {note}")
        print(f"training images: {folder / 'train' / 'good'} ({len(mad_class.training_views)})")
        if mad_class.queries:
            print(f"test images: {folder / 'test'} ({len(mad_class.queries)})")
        if (folder / "ground_truth").exists():
            print(f"masks: {folder / 'ground_truth'}")
        print(f"next, in Python: {anomalib_call(mad_class, folder)}")


if __name__ == "__main__":
    run(MadToMvtec, description="Bring a MAD class folder into the layout of MVTec AD, which anomalib reads.")
