"""Bring a MAD class folder into the layout of Nerfstudio's own dataparser. Start with `--help`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from captures.to_nerfstudio import to_nerfstudio

from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.commands.progress import tracked
from pad_nerfstudio.data.mad_layout import read_mad_class


@dataclass
class MadToNerfstudio:
    """Options of mad_to_nerfstudio.py."""

    data: Path
    """Folder of one class: it holds transforms.json and train/good."""
    output_dir: Path
    """Folder to make; empty or not there."""
    copy: bool = False
    """Copy images instead of linking them, so that a change to one leaves the other alone."""

    def main(self) -> None:
        """Convert the training views, then say where they lie and what comes next."""
        folder = self.output_dir.expanduser().absolute()
        mad_class = read_mad_class(self.data, with_queries=False)
        to_nerfstudio(mad_class, folder, self.copy, tracked)
        for note in mad_class.notes:
            print(f"note: {note}")
        print(f"images: {folder / 'images'} ({len(mad_class.training_views)})")
        print(f"poses and camera: {folder / 'transforms.json'}")
        keep = ["--orientation-method", "none", "--center-method", "none"]
        print(f"next: {shlex.join(['ns-train', 'nerfacto', '--data', str(folder), 'nerfstudio-data', *keep])}")


if __name__ == "__main__":
    run(MadToNerfstudio, description="Bring the training views of a MAD class folder to a Nerfstudio transforms.json.")
