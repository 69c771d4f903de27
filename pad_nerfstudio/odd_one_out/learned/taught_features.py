"""A teacher's features of all views of all scenes: computed once, kept on disk."""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.scene_layout import METADATA, read_scene
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.files import written_aside
from pad_nerfstudio.odd_one_out.learned.teacher import Reduction, Teacher

REDUCED_FROM = 256
"""Images, spread evenly over all, whose features decide the principal components."""


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/pad-nerfstudio/taught`, `~/.cache/...` where that is unset."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pad-nerfstudio" / "taught"


class TaughtFeatures:
    """Features of a teacher, reduced to some channels by the principal components of a set of scenes.

    Each scene is a file of float16, `(views, channels, 32, 32)`, read as it is needed. Names of files follow from the
    teacher, the scenes that decided the components, the scene, and when its metadata were written.
    """

    def __init__(
        self,
        teacher: Teacher,
        roots: Sequence[Path],
        channels: int,
        folder: Path,
        track: Callable[[Iterable[Any], str], Iterable[Any]] = lambda items, _: items,
    ) -> None:
        """Compute what is not in the cache yet.

        Args:
            teacher: the teacher
            roots: folders of the scenes that train
            channels: of the reduced features; fewer where the teacher has fewer
            folder: where to keep them
            track: shows the progress

        Raises:
            UserError: a scene is broken, or the folder cannot be written
        """
        self.teacher, self.channels, self.folder = teacher, channels, folder
        views = [view.path for root in roots for view in read_scene(root).views]
        chosen = views[:: max(1, len(views) // REDUCED_FROM)]
        self.basis = _digest(teacher.name, channels, *(_state(path) for path in chosen))
        missing = [root for root in roots if not self.file_of(root).exists()]
        if missing:
            self.reduction = self._reduction(chosen, track)
            for root in track(missing, f"Features of {teacher.name}"):
                self._compute(root)

    def file_of(self, root: Path) -> Path:
        """Where the features of a scene lie."""
        return self.folder / f"{root.name}-{_digest(self.basis, _state(root / METADATA))}.npy"

    def __call__(self, root: Path, numbers: Sequence[int]) -> Float[Tensor, "views d a b"]:
        """Features of some views of a scene."""
        file = self.file_of(root)
        if not file.exists():
            raise UserError(f"{root}: its features are not in {self.folder}; start the training again to compute them")
        kept = np.load(file, mmap_mode="r")
        return torch.from_numpy(np.asarray(kept[list(numbers)], dtype=np.float32))

    def _reduction(self, chosen: Sequence[Path], track: Callable[[Iterable[Any], str], Iterable[Any]]) -> Reduction:
        maps = [self._features(path) for path in track(chosen, f"Components of {self.teacher.name}")]
        return Reduction.of(maps, self.channels)

    def _features(self, image: Path) -> Float[Tensor, "d a b"]:
        pixels = torch.from_numpy(read_image(image).copy()).permute(2, 0, 1) / 255.0
        return self.teacher(pixels)

    def _compute(self, root: Path) -> None:
        maps = [self.reduction(self._features(view.path)) for view in read_scene(root).views]
        try:
            with written_aside(self.file_of(root)) as aside:
                np.save(aside, torch.stack(maps).numpy().astype(np.float16))
        except OSError as error:
            raise UserError(
                f"{self.folder}: cannot be written ({error.strerror}); name another folder with "
                "--pipeline.datamanager.teacher-cache DIR"
            ) from error


def _state(path: Path) -> tuple[str, int, int]:
    """What changes with a file."""
    found = path.stat()
    return str(path), found.st_mtime_ns, found.st_size


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
