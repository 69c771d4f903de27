"""A radiance field of what stands on the floor, fitted to a few photos that show floor and sky as well.

A sparse voxel grid takes on only what the surroundings cannot explain. Its colours are stretched ones, in which the
price of opacity weighs the same whatever the light; they are matte and kept within [0, 1], so that thin fog cannot
shine through a dark floor. Opacity costs a little at first, and later whatever is there must be opaque. The floor may
be lighter in each view, as polished ones are where they mirror a lamp: a highlight that moves would become fog.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.fields import refinement
from pad_nerfstudio.fields.opacity_price import opacity_price
from pad_nerfstudio.fields.parallel import one_torch_thread
from pad_nerfstudio.fields.rendering import RayOutputs, render_rays
from pad_nerfstudio.fields.row_adam import RowAdam
from pad_nerfstudio.fields.surroundings import THIN, Backdrop, Surroundings, backdrop
from pad_nerfstudio.fields.voxel_grid import VoxelGrid
from pad_nerfstudio.odd_one_out.floor.texture import UNIT, floor_texture
from pad_nerfstudio.odd_one_out.laid_upon.photos import Photos
from pad_nerfstudio.odd_one_out.training_free.color_stretch import color_stretch
from pad_nerfstudio.odd_one_out.training_free.glare import Glare, glare_coordinates
from pad_nerfstudio.odd_one_out.training_free.place import meets_place
from pad_nerfstudio.odd_one_out.training_free.settings import TrainingFreeSettings

RAYS = 4096
COARSER = (3.0, 1.5)
"""How much larger voxels are at first, and later."""
REFINE_AT = (0.25, 0.58)
"""Shares of the steps after which voxels become smaller."""
SOLID_FROM = 0.6
"""Share of the steps after which what is there must be opaque."""
MATTER = 0.02
"""Opacity of a voxel from which on it is kept."""
PRUNE_EVERY = 100
RATES, LAST = (0.3, 0.02, 0.005, 0.003), 0.1
"""Learning rates of density, colour, surroundings and glare, and the share of them that is left at the end."""


@dataclass(frozen=True, eq=False)
class SceneField:
    """What a fitted field says of a scene."""

    opacity: Float[np.ndarray, "x y z"]
    """Of a voxel's length of the matter at each vertex of the grid."""
    origin: Float[np.ndarray, "3"]
    """Position of the first vertex, world frame."""
    voxel: float
    """Distance of neighbouring vertices."""
    accumulation: Float[np.ndarray, "views h w"]
    """Opacity of each pixel's ray through what stands on the floor."""


@dataclass(frozen=True, eq=False)
class _Rays:
    """Rays through the place for objects, and what they see."""

    origins: Float[Tensor, "n 3"]
    directions: Float[Tensor, "n 3"]
    behind: Backdrop
    pixels: Float[Tensor, "n 3"]
    """See `glare_coordinates`."""
    rgb: Float[Tensor, "n 3"]


def fit_scene_field(photos: Photos, settings: TrainingFreeSettings) -> SceneField:
    """Fit fields to photos of a scene, on a CPU within a minute, and take their mean.

    Args:
        photos: at least two views of a scene whose floor is z = 0
        settings: where objects may be, the voxel, the numbers of fits and steps, and the seed
    """
    texture = floor_texture(photos.rgb, photos.projections, settings.radius)
    known = torch.from_numpy(texture.known)[None, None]
    rays = _rays_of(photos, settings)
    stretched = color_stretch(rays.rgb if len(rays.rgb) else torch.from_numpy(photos.rgb).view(-1, 3))
    rays = replace(rays, rgb=stretched(rays.rgb))
    floor = stretched(torch.from_numpy(texture.rgb))
    fields = []
    for fit in range(settings.fits):
        grid = _empty_grid(settings)
        with one_torch_thread():
            surroundings, glare = Surroundings(floor, UNIT), Glare(len(photos.rgb))
            _fit(grid, surroundings, glare, known, rays, replace(settings, seed=settings.seed + fit))
            accumulation = _accumulation(grid, photos)
        opacity = refinement.vertex_opacity(grid).numpy()
        fields.append(SceneField(opacity, grid.lower.numpy(), float(grid.voxel_size), accumulation))
    return _mean(fields)


def _mean(fields: list[SceneField]) -> SceneField:
    """What fits of one scene agree on: matter that photos hardly decide is elsewhere in every fit.

    A fit that found nothing at all is left with coarse voxels; it counts only where the others found nothing either.
    """
    voxel = min(field.voxel for field in fields)
    finest = [field for field in fields if field.voxel == voxel]
    opacity, accumulation = (np.mean([getattr(f, n) for f in finest], axis=0) for n in ("opacity", "accumulation"))
    return replace(finest[0], opacity=opacity, accumulation=accumulation)


def _empty_grid(settings: TrainingFreeSettings) -> VoxelGrid:
    radius = settings.radius
    box = torch.tensor([[-radius, -radius, 0.0], [radius, radius, settings.height]])
    grid = VoxelGrid(box, _resolution(settings, COARSER[0]), sh_degree=0, empty_density=THIN)
    grid.background.zero_()
    return grid


def _resolution(settings: TrainingFreeSettings, coarser: float) -> int:
    return max(round(2 * settings.radius / settings.voxel / coarser), 8)


def _rays_of(photos: Photos, settings: TrainingFreeSettings) -> _Rays:
    origins, directions, pixels, rgb = [], [], [], []
    for view, image in enumerate(photos.rgb):
        some, there = photos.cameras.one(view).all_pixels()
        chosen = meets_place(some, there, settings)
        origins.append(some[chosen])
        directions.append(there[chosen])
        pixels.append(glare_coordinates(view, len(photos.rgb), photos.size)[chosen])
        rgb.append(torch.from_numpy(image).view(-1, 3)[chosen])
    along = torch.cat(directions)
    behind = backdrop(torch.cat(origins), along, UNIT)
    return _Rays(torch.cat(origins), along, behind, torch.cat(pixels), torch.cat(rgb))


def _fit(
    grid: VoxelGrid,
    surroundings: Surroundings,
    glare: Glare,
    known: Tensor,
    rays: _Rays,
    settings: TrainingFreeSettings,
) -> None:
    if not len(rays.rgb):
        return
    draws = torch.Generator().manual_seed(settings.seed)
    behind, light = (torch.optim.Adam(part.parameters(), betas=(0.9, 0.99)) for part in (surroundings, glare))
    density, color = RowAdam([grid.density]), RowAdam([grid.color])
    refine_at = [round(share * settings.steps) for share in REFINE_AT]
    for step in range(settings.steps):
        done = step / settings.steps
        for optimizer, rate in zip((density, color, behind, light), RATES, strict=True):
            optimizer.param_groups[0]["lr"] = rate * LAST**done
            optimizer.zero_grad(set_to_none=True)
        chosen = torch.randint(len(rays.rgb), (RAYS,), generator=draws)
        offsets = torch.rand(RAYS, generator=draws)
        seen = render_rays(grid, rays.origins[chosen], rays.directions[chosen], 1.0, offsets)
        ends = rays.behind[chosen]
        there = surroundings(ends) + glare(rays.pixels[chosen]) * ends.on_floor[:, None]
        (_loss(seen, there, rays.rgb[chosen], done >= SOLID_FROM) + glare.price()).backward()
        assert surroundings.floor.grad is not None
        surroundings.floor.grad *= known  # else objects would be painted on the floor under them
        for optimizer in (density, color, behind, light):
            optimizer.step()
        glare.clamp()
        grid.color.data.clamp_(0, 1)
        if step + 1 in refine_at or (step + 1) % PRUNE_EVERY == 0:
            finer = refine_at.index(step + 1) + 1 if step + 1 in refine_at else None
            if _cleared(grid, None if finer is None else _resolution(settings, (*COARSER, 1.0)[finer])):
                density, color = RowAdam([grid.density]), RowAdam([grid.color])


def _loss(seen: RayOutputs, behind: Float[Tensor, "n 3"], rgb: Float[Tensor, "n 3"], solid: bool) -> Float[Tensor, ""]:
    """Squared error of colour, and the price of opacity."""
    error = (seen.rgb + (1 - seen.accumulation) * behind - rgb).square().sum(dim=-1).mean()
    return error + opacity_price(seen.accumulation[:, 0], solid)


@torch.no_grad()
def _cleared(grid: VoxelGrid, resolution: int | None) -> bool:
    """Forget empty voxels, and go to smaller ones where a resolution is given; whether the grid is another one now."""
    occupied = refinement.vertex_opacity(grid) > MATTER
    if not occupied.any():
        return False
    near = refinement.dilate(occupied, 1)
    if resolution is None:
        refinement.prune(grid, near)
    else:
        refinement.relay(grid, grid.box(), resolution, near)
    return True


@torch.no_grad()
def _accumulation(grid: VoxelGrid, photos: Photos) -> Float[np.ndarray, "views h w"]:
    width, height = photos.size
    images = []
    for view in range(len(photos.rgb)):
        opacity = render_rays(grid, *photos.cameras.one(view).all_pixels(), 1.0, nearest=True).accumulation
        images.append(opacity.view(height, width).numpy())
    return np.stack(images)
