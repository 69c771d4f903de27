"""The 2-D network whose features the feature field learns to reproduce."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.features.extractor import FeatureExtractor
from pad_nerfstudio.features.filters import resized
from pad_nerfstudio.features.named import extractor_named

TeacherName = Literal["auto", "dinov2_vits14", "descriptors"]
"""`auto` is DINOv2 where its weights are, else descriptors that need none."""
SIDE = 32
"""Sides of a map of teacher's features (Bhunia et al., section 4.2: 32 x 32)."""


@dataclass(frozen=True, eq=False)
class Teacher:
    """A feature extractor as teacher: one map an image."""

    name: str
    """Of the extractor."""
    remark: str
    """A sentence for the log and the results where it is not the published one, else empty."""
    extractor: FeatureExtractor
    """The extractor."""

    def __call__(self, image: Float[Tensor, "3 h w"]) -> Float[Tensor, "d side side"]:
        """Features of an image with colours in [0, 1], over all of it; not reduced yet."""
        maps = self.extractor(image)
        # of a network's layers the last tells what a part is; descriptors have scales that belong together
        chosen = maps if self.name == "descriptors" else maps[-1:]
        return torch.cat([resized(found, SIDE, SIDE) for found in chosen])


def find_teacher(name: TeacherName, weights: Path | None) -> Teacher:
    """The teacher of a name.

    Args:
        name: see `TeacherName`
        weights: file with DINOv2's weights; None looks in the usual caches and downloads

    Raises:
        UserError: there are no weights, and `auto` was not asked for or a file was named
    """
    if name == "descriptors":
        return Teacher(
            name, "the teacher is not DINOv2 but descriptors without weights", extractor_named(name, weights)
        )
    try:
        return Teacher("dinov2_vits14", "", extractor_named("dinov2_vits14", weights))
    except UserError as error:
        if name != "auto" or weights is not None:
            told = str(error).replace("--extractor", "--pipeline.datamanager.teacher")
            raise UserError(told.replace("--weights", "--pipeline.datamanager.teacher-weights")) from error
    remark = (
        "the teacher is not DINOv2, whose weights are neither cached nor can they be downloaded here "
        "(--pipeline.datamanager.teacher-weights FILE takes them), but descriptors without weights"
    )
    return Teacher("descriptors", remark, extractor_named("descriptors"))


@dataclass(frozen=True, eq=False)
class Reduction:
    """Principal components: fewer channels for the same features."""

    mean: Float[Tensor, " d"]
    """Of the features it was made from."""
    components: Float[Tensor, "k d"]
    """Orthonormal, the strongest first."""

    @classmethod
    def of(cls, maps: Sequence[Float[Tensor, "d a b"]], channels: int) -> "Reduction":
        """Principal components of all cells of some maps; all of them where they are no more than `channels`."""
        from sklearn.decomposition import PCA

        cells = torch.cat([found.flatten(1).T for found in maps]).numpy()
        pca = PCA(min(channels, *cells.shape), svd_solver="covariance_eigh" if _has_covariance_solver() else "full")
        pca.fit(cells)
        return cls(torch.from_numpy(pca.mean_).float(), torch.from_numpy(pca.components_).float())

    def __call__(self, features: Float[Tensor, "d a b"]) -> Float[Tensor, "k a b"]:
        """Features along the principal components."""
        return torch.einsum("kd,dab->kab", self.components, features - self.mean[:, None, None])


def _has_covariance_solver() -> bool:
    """Whether this scikit-learn (1.5 or newer) decomposes the covariance, which many cells make the faster way."""
    import sklearn

    return tuple(int(part) for part in sklearn.__version__.split(".")[:2]) >= (1, 5)
