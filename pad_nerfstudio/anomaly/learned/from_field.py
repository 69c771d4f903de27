"""Normal pairs of a trained field: its held-out views beside what it renders there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from pad_nerfstudio.anomaly.learned.pairs import NormalPair
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.score_queries import Track
from pad_nerfstudio.concurrency import AsFinished, workers_for
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.models.nearby_views import NearbyViews


def normal_pairs(
    field: Any, photos: Sequence[PosedPhoto], nearby_views: int = 5, track: Track = lambda items, _: items
) -> list[NormalPair]:
    """Render every photo's reference and what nearby training photos say of it.

    Args:
        field: the trained field (`TrainedField`)
        photos: normal views that it has not seen, localised like queries
        nearby_views: alternatives to a photo's reference
        track: shows the progress

    Raises:
        UserError: a photo is missing or broken
    """
    nearby = NearbyViews(field, field.training_views, field.background)

    def pair(photo: PosedPhoto) -> NormalPair:
        reference = field.render(photo.camera_to_world, photo.camera)
        alternatives = nearby.alternatives(photo.camera_to_world, photo.camera, reference, nearby_views)
        normal = torch.cat([reference.rgb[None], alternatives])
        photo_bytes, normal_bytes = ((x * 255.0).round().byte().numpy() for x in (photo.rgb(field.background), normal))
        return NormalPair(photo_bytes, normal_bytes, reference.accumulation.numpy())

    by_photo = dict(track(AsFinished(pair, photos, workers_for(field)), "Rendering normal views"))
    return [by_photo[photo] for photo in photos]  # in their order: the seed of the training draws from it


def enough_pairs(pairs: Sequence[NormalPair], configs: Sequence[Path]) -> Sequence[NormalPair]:
    """The pairs, unless there are none.

    Raises:
        UserError: no field has held-out views
    """
    if not pairs:
        named = ", ".join(str(config) for config in configs)
        raise UserError(f"{named}: no held-out normal views to learn from; train with --eval-fraction above 0")
    return pairs
