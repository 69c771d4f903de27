"""Every feature extractor by name."""

from pathlib import Path

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.features.descriptors import Descriptors
from pad_nerfstudio.features.dinov2_vits14 import Dinov2Vits14
from pad_nerfstudio.features.efficientnet_b4 import EfficientNetB4
from pad_nerfstudio.features.extractor import FeatureExtractor
from pad_nerfstudio.features.pixels import Pixels
from pad_nerfstudio.features.vgg16 import Vgg16

WITHOUT_WEIGHTS = {"descriptors": Descriptors, "pixels": Pixels}
WITH_WEIGHTS = {"dinov2_vits14": Dinov2Vits14, "efficientnet_b4": EfficientNetB4, "vgg16": Vgg16}
EXTRACTORS = (*WITHOUT_WEIGHTS, *WITH_WEIGHTS)
"""The names that `--extractor` takes."""


def extractor_named(name: str, weights: Path | None = None) -> FeatureExtractor:
    """Build an extractor.

    Args:
        name: one of `EXTRACTORS`
        weights: file with the weights of its network; None looks in the usual caches and downloads

    Raises:
        UserError: there is none of this name, it takes no weights, or there are none for it
    """
    if name in WITHOUT_WEIGHTS:
        if weights is not None:
            raise UserError(f"--weights {weights}: the extractor {name} has no weights; leave the option out")
        return WITHOUT_WEIGHTS[name]()
    if name not in WITH_WEIGHTS:
        raise UserError(f"--extractor {name}: no such extractor; choose one of {', '.join(EXTRACTORS)}")
    return WITH_WEIGHTS[name](weights)
