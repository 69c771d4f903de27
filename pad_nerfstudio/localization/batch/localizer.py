"""The cameras of several unposed photos, found together."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.batch.looks import look_all
from pad_nerfstudio.localization.batch.polish import polish_all
from pad_nerfstudio.localization.batch.search import search_all, stack_hypotheses
from pad_nerfstudio.localization.batch.targets import TargetBatch, stack_targets
from pad_nerfstudio.localization.localizer import (
    COARSE,
    FINE,
    FINEST_FLOOR,
    FINEST_SIGMA,
    RESIDUAL_SIZE,
    Localization,
    Localizer,
)
from pad_nerfstudio.localization.target import is_cluttered, make_target


def localize_all(
    localizer: Localizer,
    queries: Sequence[Float[Tensor, "_ _ 3"]],
    cameras: Sequence[Pinhole],
    focal_starts: Sequence[Sequence[float]] = (),
) -> list[Localization]:
    """Find the cameras of several photos, as `Localizer.localize` does of one.

    With direct alignment, all hypotheses of all photos are rendered together, on the renderer's device; `seconds` of
    each is its share. Those whose focal length is estimated, and other refinements, are taken one after the other.

    Args:
        localizer: what finds one
        queries: colour in [0, 1]
        cameras: their intrinsics
        focal_starts: of each query, see `Localizer.localize`; by default none

    Raises:
        UserError: as `Localizer.localize`
    """
    starts = focal_starts or [()] * len(queries)
    photos = list(zip(queries, cameras, starts, strict=True))
    direct = localizer.config.refine == "direct"
    together = [n for n, (_, _, own) in enumerate(photos) if direct and not own]
    found = dict(zip(together, _localize_together(localizer, [photos[n][:2] for n in together]), strict=True))
    return [found[n] if n in found else localizer.localize(*photo) for n, photo in enumerate(photos)]


def _localize_together(
    localizer: Localizer, photos: Sequence[tuple[Float[Tensor, "_ _ 3"], Pinhole]]
) -> list[Localization]:
    begun = time.perf_counter()
    pairs = [localizer.made_smaller(query, camera) for query, camera in photos]
    cluttered = [localizer.plain and is_cluttered(*pair) for pair in pairs]
    known = [localizer.gallery.retrieve(query, camera, localizer.config.more_hypotheses) for query, camera in pairs]
    found: list[Localization | None] = [None] * len(pairs)
    tried = 0
    for count in (localizer.config.hypotheses, localizer.config.more_hypotheses):
        open_ones = [
            number
            for number, best in enumerate(found)
            if known[number].poses[tried:count] and (best is None or localizer.is_doubtful(best))
        ]
        if not open_ones:
            break
        guesses = [known[number].poses[tried:count] for number in open_ones]
        aligned = _align(localizer, [(*pairs[n], cluttered[n]) for n in open_ones], guesses)
        for number, new in zip(open_ones, aligned, strict=True):
            best = found[number]
            found[number] = new if best is None or new.residual < best.residual else best
        tried = count
    share = (time.perf_counter() - begun) / max(len(pairs), 1)
    return [
        replace(each, converged=localizer.is_converged(each, clutter), seconds=share, retrieval=retrieved.account)
        for each, retrieved, clutter in zip(found, known, cluttered, strict=True)
        if each is not None
    ]


def _align(
    localizer: Localizer,
    photos: Sequence[tuple[Float[Tensor, "_ _ 3"], Pinhole, bool]],
    guesses: Sequence[Sequence[Float[Tensor, "4 4"]]],
) -> list[Localization]:
    """One search from some first guesses of each photo, of which is known whether it is cluttered."""
    config = localizer.config
    device = torch.device(getattr(localizer.renderer, "device", "cpu"))
    on_device = [(query.to(device), camera, cluttered) for query, camera, cluttered in photos]

    @cache
    def targets(size: int, sigma: float) -> TargetBatch:
        made = [make_target(q, camera, size, sigma, cluttered=cluttered) for q, camera, cluttered in on_device]
        return stack_targets(made, device)

    coarse = search_all(
        localizer.renderer, targets, stack_hypotheses(guesses, device), COARSE, lighting=config.lighting
    )
    fine = search_all(localizer.renderer, targets, coarse, FINE, lighting=config.lighting)
    finest = targets(config.finest_size, FINEST_SIGMA)
    poses = polish_all(
        localizer.corrected,
        finest,
        fine.camera_to_world[:, 0],
        FINEST_FLOOR,
        config.finest_renders,
        lighting=config.lighting,
    )
    seen = look_all(localizer.renderer, poses, targets(RESIDUAL_SIZE, 1.0), config.lighting)
    return [
        Localization(pose, residual, True, 0.0, seen.lights.one(number))
        for number, (pose, residual) in enumerate(zip(poses.cpu(), seen.residual.tolist(), strict=True))
    ]
