"""The training photos of a Nerfstudio dataset with what they tell of opacity and of what they show."""

import sys
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from nerfstudio.data.datasets.base_dataset import InputDataset
from torch import Tensor

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.object_pixels import Around, ObjectPixels, Photo, not_told, object_pixels


def training_photos(dataset: InputDataset) -> list[Photo]:
    """All photos of a dataset, over its background where they are transparent."""
    return [_photo(dataset, index) for index in range(len(dataset))]


def told_of_object(dataset: InputDataset, photos: Sequence[Photo], around: Around = "plain") -> ObjectPixels:
    """Where the object is in the photos of a dataset; what the user should know of it goes to stderr.

    Args:
        dataset: of the photos
        photos: see `training_photos`
        around: see `object_pixels`; nothing is told of photos of a scene, whatever stands here
    """
    if dataset.metadata.get("surroundings", False):
        return not_told(photos)
    found = object_pixels(photos, under_transparent(dataset), around)
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    return found


def under_transparent(dataset: InputDataset) -> Float[Tensor, " 3"]:
    """The colour that transparent pixels are composited over, in [0, 1]."""
    color = dataset._dataparser_outputs.alpha_color
    return torch.ones(3) if color is None else color.cpu().float()


def _photo(dataset: InputDataset, index: int) -> Photo:
    stored = dataset.get_numpy_image(index)
    opacity = torch.from_numpy(stored[..., 3].copy()) if stored.shape[-1] == 4 else None
    if opacity is None:
        image = np.ascontiguousarray(stored)
    else:  # over the background
        image = (dataset.get_image_float32(index).numpy() * 255 + 0.5).astype(np.uint8)
    masks = dataset._dataparser_outputs.mask_filenames
    seen = None if masks is None else torch.from_numpy(read_image(masks[index])[..., 0] > 0)
    return Photo(torch.from_numpy(image), opacity, seen)
