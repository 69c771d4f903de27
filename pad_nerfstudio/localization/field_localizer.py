"""A localizer for a trained Nerfstudio field: its gallery and its typical residual come from the training views."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.concurrency import in_threads, workers_for
from pad_nerfstudio.data.common_look import in_common_look
from pad_nerfstudio.data.images import composite, read_image, read_mask
from pad_nerfstudio.data.mad_layout import TrainingView
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.features.efficientnet_b4 import EfficientNetB4
from pad_nerfstudio.localization.descriptor_gallery import DescriptorGallery
from pad_nerfstudio.localization.gallery import PosedImage, build_gallery
from pad_nerfstudio.localization.image_pyramid import scaled_camera
from pad_nerfstudio.localization.localizer import Localizer, LocalizerConfig, residual_at
from pad_nerfstudio.localization.retrieval import Retriever
from pad_nerfstudio.localization.sift_retrieval import SiftGallery
from pad_nerfstudio.localization.silhouette import border_colour
from pad_nerfstudio.localization.view_descriptors import PooledFeatures, image_descriptor
from pad_nerfstudio.models.corrected_renderer import CorrectedRenderer
from pad_nerfstudio.models.nearby_views import NearbyViews
from pad_nerfstudio.models.rendering import Renderer

GALLERY_SIZE = 200
"""Longer side at which training views are read for the gallery, in pixels."""
PLAIN = 6 / 255
"""Largest difference from the colour of the background that may still be background."""
JUDGED_VIEWS = 12
"""Normal views from which the typical residual is taken."""


@runtime_checkable
class Field(Renderer, Protocol):
    """What localisation needs of a trained field beyond rendering (`TrainedField` has it)."""

    @property
    def camera(self) -> Pinhole:
        """Intrinsics of the training views, the typical ones where they differ."""
        ...

    @property
    def training_views(self) -> list[TrainingView]:
        """The views the field was trained on."""
        ...

    @property
    def held_out_views(self) -> list[TrainingView]:
        """Normal views the field has not seen."""
        ...

    @property
    def background(self) -> Float[Tensor, "3"]:
        """Colour behind the object in [0, 1]."""
        ...


def read_photo(
    path: Path, background: Float[Tensor, "3"], size: tuple[int, int] | None = None, mask: Path | None = None
) -> Float[Tensor, "h w 3"]:
    """Read an image of any pixel format as colour in [0, 1], over `background` where it is transparent.

    Args:
        path: an image file
        background: RGB in [0, 1]
        size: width and height to resize to
        mask: as large as what is read, bright where its object is; all else becomes `background`

    Raises:
        UserError: a file is missing or broken, or the mask has another size than the photo
    """
    red, green, blue = background.tolist()
    pixels = read_image(path, (red, green, blue), size)
    if mask is not None:
        opacity = read_mask(mask, (pixels.shape[1], pixels.shape[0])).astype(np.uint8) * 255
        pixels = composite(pixels, opacity, (red, green, blue))
    return torch.tensor(pixels).float().div_(255)


def read_views(views: Sequence[TrainingView], field: Field, size: int) -> list[PosedImage]:
    """Read posed views at a given longer side in pixels."""

    def read(view: TrainingView) -> PosedImage:
        camera = scaled_camera(view.camera, size)
        image = read_photo(view.path, field.background, (camera.w, camera.h))
        if view.light is not None:
            opacity = ((image - field.background).abs().amax(dim=-1) > PLAIN).float()
            image = in_common_look(image, view.light, opacity, field.background)
        return PosedImage(image, torch.from_numpy(view.camera_to_world), camera)

    with ThreadPoolExecutor() as pool:
        return list(pool.map(read, views))


def typical_residual(renderer: Renderer, views: Sequence[PosedImage]) -> float:
    """The median residual of normal views at their true poses: what a right pose leaves unexplained."""

    def residual(view: PosedImage) -> float:
        return residual_at(renderer, view.rgb, view.camera, view.camera_to_world)

    return median(in_threads(residual, views, workers_for(renderer)))


def localizer_for_field(field: Field, config: LocalizerConfig | None = None) -> Localizer:
    """Prepare to localise photos in a trained field: some seconds, once.

    Raises:
        UserError: a training image is missing or broken, or there are no weights for the retrieval asked for
    """
    config = config or LocalizerConfig()
    gallery = retriever_for_field(field, config)
    judged = list(field.held_out_views) or list(field.training_views)
    judged = judged[:: max(1, len(judged) // JUDGED_VIEWS)]
    views = read_views(judged, field, 400)
    plain = 2 * sum(border_colour(view.rgb) is not None for view in views) > len(views)
    return Localizer(field, gallery, config, typical_residual(field, views), corrected_renderer(field, config), plain)


def retriever_for_field(field: Field, config: LocalizerConfig) -> Retriever:
    """What `--retrieval` names, made from the training views.

    Raises:
        UserError: a training image is missing or broken, or there are no weights for it
    """
    workers = workers_for(field)
    if config.retrieval == "sift":
        return SiftGallery(field, read_views(field.training_views, field, config.finest_size), config.sift, workers)
    views = partial(read_views, field.training_views, field, GALLERY_SIZE)
    if config.retrieval == "image":
        return DescriptorGallery(views(), image_descriptor, "image", workers)
    if config.retrieval == "efficientnet_b4":
        extractor = EfficientNetB4(config.weights, asked_by="--retrieval")
        return DescriptorGallery(views(), PooledFeatures(extractor), "efficientnet_b4", workers)
    return build_gallery(field, views(), config.rendered_views)


def corrected_renderer(field: Field, config: LocalizerConfig) -> Renderer:
    """The field as its training photos correct it in the last steps of alignment; photos are read when first needed."""
    if config.nearby_views == 0:
        return field
    views = [replace(view, camera=scaled_camera(view.camera, config.finest_size)) for view in field.training_views]
    nearby = NearbyViews(field, views, field.background)
    return CorrectedRenderer(field, nearby, config.nearby_views)
