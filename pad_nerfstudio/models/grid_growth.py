"""How a field's grid follows matter while it trains: carved by silhouettes, laid finer, pruned where it is empty."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from nerfstudio.cameras.cameras import Cameras
from nerfstudio.engine.optimizers import Optimizers
from torch import Tensor, nn

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.fields import refinement
from pad_nerfstudio.fields.visual_hull import WRONG_SILHOUETTES, photos_that_show, visual_hull
from pad_nerfstudio.fields.voxel_grid import VoxelGrid

WRONG_MASKS = 0.05
"""Share of the masks that may be wrong at a place: what more of them see beside the object is empty."""
OFTEN = 0.5
"""Before a real background: what so many photos show, of those that show the place that most of them do, may be the
object. What stands near one camera, or around all, is shown by fewer; what a photo makes of it is nobody's business."""
COARSEST = 16
"""Voxels along the longest side that a refined grid has at least."""


def grid_parameters(grid: VoxelGrid) -> dict[str, list[nn.Parameter]]:
    """Those that become other objects whenever the grid changes, by the names of their optimisers."""
    return {"density": [grid.density], "color": [grid.color]}


def finest_voxel(cameras: Cameras, center: Float[Tensor, " 3"], voxels_per_pixel: float) -> float:
    """The footprint of a training pixel at the scene's centre, divided by the voxels wanted per pixel."""
    distance = (cameras.camera_to_worlds[:, :, 3].cpu() - center).norm(dim=-1).median()
    return float(distance / cameras.fx.cpu().median()) / voxels_per_pixel


def hull_in(
    grid: VoxelGrid, rays: PinholeStack, masks: Sequence[Bool[Tensor, "_h _w"]], allowed_misses: float
) -> Bool[Tensor, "x y z"]:
    """The vertices with a row that the masks of all but a share of the photos call object."""
    points = grid.lower + grid.vertices * grid.voxel_size
    hull = torch.zeros_like(grid.marked())
    hull[grid.marked()] = visual_hull(points, rays, [mask.to(points.device) for mask in masks], allowed_misses)
    return hull


def shown_often_in(grid: VoxelGrid, rays: PinholeStack) -> Bool[Tensor, "x y z"]:
    """The vertices with a row that many photos show."""
    count = photos_that_show(grid.lower + grid.vertices * grid.voxel_size, rays)
    often = torch.zeros_like(grid.marked())
    often[grid.marked()] = count >= OFTEN * count.max()
    return often


@torch.no_grad()
def carve(
    grid: VoxelGrid,
    optimizers: Optimizers,
    rays: PinholeStack,
    silhouettes: Sequence[Bool[Tensor, "_h _w"]],
    resolution: int,
) -> None:
    """Start from the visual hull of the training silhouettes instead of the whole scene box."""
    hull = hull_in(grid, rays, silhouettes, WRONG_SILHOUETTES)
    if hull.any():
        refinement.relay(grid, refinement.tight_box(grid, hull, margin=1), resolution, refinement.dilate(hull, 1))
        hand_over(grid, optimizers, kept=None)


def hand_over(grid: VoxelGrid, optimizers: Optimizers, kept: Bool[Tensor, " rows"] | None) -> None:
    """Give the grid's new parameters to their optimisers, with the moments of the rows that were kept or afresh."""
    for name, parameters in grid_parameters(grid).items():
        optimizer = optimizers.optimizers[name]
        former = optimizer.param_groups[0]["params"][0]
        state = optimizer.state.pop(former, None)
        if state and kept is not None:
            moments = {key: state[key][kept] for key in ("exp_avg", "exp_avg_sq")}
            optimizer.state[parameters[0]] = {**state, **moments}
        optimizer.param_groups[0]["params"] = parameters
        optimizers.parameters[name] = parameters


@dataclass
class GridGrowth:
    """A grid that is changed in place as it learns where matter is, and the optimisers that must hear of it.

    Before white, white fog beside the object costs no colour, and where few photos look through a gap, nothing but
    masks keeps it out of there. Few wrong masks, one with a filled hole as one with a lost part, are outvoted.
    """

    grid: VoxelGrid
    """The grid."""
    optimizers: Optimizers
    """Where its parameters are learnt."""
    occupied_above: float
    """Opacity of a voxel from which it counts as matter."""
    finest: float
    """Side of the smallest voxels that the photos can fill."""
    rays: PinholeStack
    """Cameras of the training photos."""
    outlines: Sequence[Bool[Tensor, "_h _w"]] | None
    """What the photos' masks call object; None without masks."""
    only_shown_often: bool = False
    """Whether matter may be only where many photos look; see `OFTEN`."""

    def __post_init__(self) -> None:
        self.note_hull()

    @torch.no_grad()
    def note_hull(self) -> None:
        """Where masks, or what photos show, allow matter in the present grid; else everywhere."""
        masks = self.outlines
        self.hull = None if masks is None else hull_in(self.grid, self.rays, masks, WRONG_MASKS)
        if self.only_shown_often:
            often = shown_often_in(self.grid, self.rays)
            self.hull = often if self.hull is None else self.hull & often

    def occupied(self) -> Bool[Tensor, "x y z"]:
        """Vertices whose voxel counts as matter, where masks allow it."""
        matter = refinement.vertex_opacity(self.grid) > self.occupied_above
        return matter if self.hull is None else matter & self.hull

    @torch.no_grad()
    def refine(self, resolution: int) -> bool:
        """Lay a finer grid around the matter found so far; False if there is none."""
        occupied = self.occupied()
        if not occupied.any():
            return False
        box = refinement.tight_box(self.grid, occupied, margin=2)
        wanted = int((box[1] - box[0]).max() / self.finest)
        resolution = max(COARSEST, min(resolution, wanted))
        refinement.relay(self.grid, box, resolution, refinement.dilate(occupied, 1))
        hand_over(self.grid, self.optimizers, kept=None)
        self.note_hull()
        return True

    @torch.no_grad()
    def prune(self) -> None:
        """Forget voxels that have become empty, and their moments."""
        occupied = self.occupied()
        if occupied.any():
            kept = refinement.prune(self.grid, refinement.dilate(occupied, 1))
            hand_over(self.grid, self.optimizers, kept)
