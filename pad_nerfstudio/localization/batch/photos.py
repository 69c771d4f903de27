"""Photos that are localised several at a time, as they are finished."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.batch.localizer import localize_all
from pad_nerfstudio.localization.field_localizer import Field, read_photo
from pad_nerfstudio.localization.localizer import Localization, Localizer
from pad_nerfstudio.localization.queries import QueryPhoto

ON_A_GPU = 16
"""Photos at once where a GPU renders many cameras in one call."""


def photos_at_once(field: Any, asked: int) -> int:
    """How many photos to align together; `asked` is the option, 0 for what suits the field."""
    if asked:
        return asked
    on_a_gpu = torch.device(getattr(field, "device", "cpu")).type != "cpu"
    return ON_A_GPU if on_a_gpu and getattr(field, "rasterizes", False) else 1


def localize_one(
    localizer: Localizer, query: Float[Tensor, "h w 3"], camera: Pinhole, focal_starts: Sequence[float] = ()
) -> Localization:
    """Find the camera of one photo; where that is faster, with its hypotheses rendered together.

    Raises:
        UserError: as `Localizer.localize`
    """
    if photos_at_once(localizer.renderer, localizer.config.batch) > 1:
        return localize_all(localizer, [query], [camera], [focal_starts])[0]
    return localizer.localize(query, camera, focal_starts)


def localized_together(
    localizer: Localizer, field: Field, photos: Sequence[QueryPhoto], size: int
) -> Iterator[tuple[QueryPhoto, Localization]]:
    """Pairs of photo and camera; `size` photos are read and aligned together.

    Raises:
        UserError: a photo is missing or broken, the field cannot be refined as asked, or so many do not fit into memory
    """
    for first in range(0, len(photos), size):
        some = photos[first : first + size]
        queries = [read_photo(photo.path, field.background, mask=photo.mask) for photo in some]
        try:
            cameras, starts = [photo.camera for photo in some], [photo.focal_starts for photo in some]
            found = localize_all(localizer, queries, cameras, starts)
        except torch.OutOfMemoryError as error:
            raise UserError(f"--batch: the GPU cannot hold {len(some)} photos at once; give fewer") from error
        yield from zip(some, found, strict=True)
