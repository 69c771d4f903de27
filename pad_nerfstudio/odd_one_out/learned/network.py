"""The whole network of the learned method: images of a scene to fields, object volumes and logits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.back_projection import back_project, projection_matrices
from pad_nerfstudio.odd_one_out.learned.comparison import Comparison
from pad_nerfstudio.odd_one_out.learned.floor_cue import (
    FLOOR_CHANNELS,
    TEXTURE_CHANNELS,
    floor_seen_by_others,
    unlike_floor_texture,
)
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.image_encoder import COLORS, ImageEncoder, with_cues
from pad_nerfstudio.odd_one_out.learned.network_options import NetworkOptions, multiplies_bfloat16
from pad_nerfstudio.odd_one_out.learned.object_boxes import FEWEST, object_boxes
from pad_nerfstudio.odd_one_out.learned.pooled_images import PooledImages
from pad_nerfstudio.odd_one_out.learned.roi_pooling import roi_places, roi_pool
from pad_nerfstudio.odd_one_out.learned.silhouettes import HULL_CHANNELS, SilhouetteHead, soft_hull
from pad_nerfstudio.odd_one_out.learned.surface_comparison import SurfaceComparison
from pad_nerfstudio.odd_one_out.learned.volume_network import VolumeNetwork
from pad_nerfstudio.odd_one_out.learned.voxel_attention import tokens_of
from pad_nerfstudio.odd_one_out.learned.voxel_heads import EMPTY_AT_START, VoxelHead, color_of, density_of

HULL_UNIT = 2.0
"""Logit of the soft hull that is 1 in the volume, where features are about as large."""


@dataclass(frozen=True, eq=False)
class ViewMaps:
    """What the 2-D part of the network tells of a scene's views."""

    features: Float[Tensor, "views c a b"]
    """Feature maps."""
    silhouettes: Float[Tensor, "views p q"] | None
    """Logits of pixels to show objects; None where the options do not ask for them."""


class OddOneOutNetwork(nn.Module):
    """Bhunia et al., figure 2. Takes any number of views and of objects.

    Example:
        >>> network = OddOneOutNetwork(NetworkOptions()).eval()
        >>> volume = network.volume(views)[0]
        >>> boxes = network.boxes(volume, occupied=0.2)
        >>> logits = network.compare(volume, network.places_in(boxes), views)
    """

    def __init__(self, options: NetworkOptions) -> None:
        """Set up with random weights."""
        super().__init__()
        self.options, self.grid = options, options.grid
        channels, hidden = options.channels, options.hidden
        cues = FLOOR_CHANNELS * options.floor_seen_by_others + TEXTURE_CHANNELS * options.floor_texture
        self.image_encoder = ImageEncoder(
            options.backbone, options.backbone_levels, options.pyramid_width, channels, options.backbone_norm, cues
        )
        with_hull = options.silhouettes_in_volume
        more = channels * options.spread_of_views + HULL_CHANNELS * with_hull
        self.join = _averages(channels, more) if more else None
        self.volume_network = VolumeNetwork(options.volume_widths, options.volume_down, options.volume_up)
        self.density_head = VoxelHead(channels, hidden, 1, layers=2, bias=EMPTY_AT_START)
        self.color_head = VoxelHead(channels, hidden, 3, layers=2)
        self.projector = VoxelHead(channels, hidden, options.feature_channels, layers=4)
        self.comparison: Any = SurfaceComparison() if options.judged == "surfaces" else Comparison(
            channels, options.object_size, options.variant, options.attention_blocks, options.heads,
            options.head_channels, options.correspondences, options.judged,
        )  # fmt: skip
        self.silhouette_head = SilhouetteHead(COLORS + cues, channels) if with_hull else None
        self.hull_share = nn.Parameter(torch.tensor(HULL_UNIT)) if with_hull else None
        self.pooled_images = PooledImages(channels) if options.pooled_from_images else None
        self.register_buffer("points", self.grid.voxel_centers().reshape(-1, 3), persistent=False)

    def widened(self) -> tuple[str, ...]:
        """Names of weights whose last inputs are additions to the published method, which other networks lack."""
        first = f"image_encoder.backbone.{self.image_encoder.first_weight()}"
        return first, "join.weight", "silhouette_head.fine.weight"

    def maps(self, *scenes: SceneViews) -> list[ViewMaps]:
        """What is told of the views of each scene alone; all views have one size."""
        images, cues = torch.cat([views.images for views in scenes]), self._cues(*scenes)
        counts = [len(views.images) for views in scenes]
        with self.multiplying():
            features = self.image_encoder(images, cues)
            shown = None
            if self.silhouette_head is not None:
                shown = self.silhouette_head(with_cues(images, cues), features).float()[:, 0].split(counts)
        split = features.float().split(counts)
        return [ViewMaps(own, None if shown is None else shown[number]) for number, own in enumerate(split)]

    def _cues(self, *scenes: SceneViews) -> Float[Tensor, "views cues h w"] | None:
        """What is seen beside colours; None where the options ask for nothing."""
        found = []
        if self.options.floor_seen_by_others:
            found.append(torch.cat([floor_seen_by_others(views) for views in scenes]))
        if self.options.floor_texture:
            radius = float(self.grid.bounds()[1, :2].max())
            found.append(torch.cat([unlike_floor_texture(views, radius) for views in scenes]))
        return torch.cat(found, dim=1) if found else None

    def volume(self, *scenes: SceneViews, maps: Sequence[ViewMaps] | None = None) -> Float[Tensor, "scenes c x y z"]:
        """The feature volumes F_v of scenes; the order of views changes nothing.

        Where silhouettes are in the volume, the soft hull goes past the 3-D network into its first channel.

        Args:
            scenes: their views, all of one size
            maps: what `maps` gives of them, where it is known
        """
        found = self.maps(*scenes) if maps is None else maps
        voxels = [self._back_projected(own, views) for own, views in zip(found, scenes, strict=True)]
        with self.multiplying():
            joined = torch.stack([v if self.join is None else self.join(v.T).T for v in voxels])
            volume = self.volume_network(joined.unflatten(2, self.grid.shape)).float()
        if not self.options.silhouettes_in_volume:
            return volume
        hull = torch.stack([v[-HULL_CHANNELS] for v in voxels]).unflatten(1, self.grid.shape)
        return torch.cat([volume[:, :1] + hull[:, None], volume[:, 1:]], dim=1)

    def _back_projected(self, maps: ViewMaps, views: SceneViews) -> Float[Tensor, "c2 n"]:
        """Average, and as the options say spread and soft hull."""
        projections, (w, h) = projection_matrices(views.k, views.camera_to_world), views.images.shape[:-3:-1]
        points = self.get_buffer("points")
        voxels = back_project(maps.features, projections, points, (w, h), self.options.spread_of_views)
        if maps.silhouettes is None:
            return voxels
        return torch.cat([voxels, soft_hull(maps.silhouettes, projections, points, (w, h)) / HULL_UNIT])

    def multiplying(self) -> torch.autocast:
        """The context in which layers multiply with the precision of the options."""
        device, wanted = self.get_buffer("points").device.type, self.options.precision
        half = wanted == "bfloat16" or (wanted == "auto" and multiplies_bfloat16(device))
        return torch.autocast(device, torch.bfloat16, enabled=half)

    def raw_density(self, volume: Float[Tensor, "c x y z"]) -> Float[Tensor, "x y z"]:
        """The density volume before its softplus: the logit of a voxel's opacity."""
        with self.multiplying():
            raw = self.density_head(volume.movedim(0, -1)).float()[..., 0]
        return raw if self.hull_share is None else raw + self.hull_share * volume[0]

    def density(self, volume: Float[Tensor, "c x y z"]) -> Float[Tensor, "x y z"]:
        """The density volume, per length of a voxel."""
        return density_of(self.raw_density(volume))

    def boxes(
        self,
        volume: Float[Tensor, "c x y z"],
        occupied: float,
        density: Float[Tensor, "x y z"] | None = None,
        hull: Float[Tensor, " points"] | None = None,
    ) -> Float[Tensor, "n 2 3"]:
        """Boxes of the objects, see `object_boxes`; looked for between voxels as well where the options say so.

        Args:
            volume: F_v
            occupied: see `OCCUPIED`
            density: that of the volume, where it is known
            hull: what `hull_between_voxels` gives, where it is wanted
        """
        if self.options.finer_boxes == 1:
            return object_boxes(self.density(volume) if density is None else density, self.grid, occupied)
        fine = self._finer_grid()
        raw = self.grid.between_voxels(self.raw_density(volume)[None], fine.voxel_centers().to(volume).view(-1, 3))[0]
        raw = raw if hull is None else raw + hull
        return object_boxes(density_of(raw.view(fine.shape)), fine, occupied, FEWEST * self.options.finer_boxes)

    def hull_between_voxels(self, maps: ViewMaps, views: SceneViews) -> Float[Tensor, " points"] | None:
        """What the soft hull at the points of finer boxes adds to the density before its softplus between voxels.

        Silhouettes are finer than voxels, of which a thin object fills none.

        Returns:
            None where silhouettes are not in the volume or boxes are not finer than voxels.
        """
        if maps.silhouettes is None or self.hull_share is None or self.options.finer_boxes == 1:
            return None
        return self._hull_beside_voxels(maps.silhouettes, views, self._finer_grid().voxel_centers().view(-1, 3))

    def raw_density_at(
        self, raw: Float[Tensor, "x y z"], maps: ViewMaps, views: SceneViews, points: Float[Tensor, "n 3"]
    ) -> Float[Tensor, " n"]:
        """The density before its softplus at world points, as fine as silhouettes are where they are in the volume."""
        between = self.grid.between_voxels(raw[None], points)[0]
        if maps.silhouettes is None or self.hull_share is None:
            return between
        return between + self._hull_beside_voxels(maps.silhouettes, views, points)

    def _hull_beside_voxels(
        self, silhouettes: Float[Tensor, "v p q"], views: SceneViews, points: Float[Tensor, "n 3"]
    ) -> Float[Tensor, " n"]:
        assert self.hull_share is not None
        projections, (w, h) = projection_matrices(views.k, views.camera_to_world), views.images.shape[:-3:-1]
        points = points.to(silhouettes)
        there, known = (
            soft_hull(silhouettes, projections, at, (w, h))[0] for at in (points, self.get_buffer("points"))
        )
        interpolated = self.grid.between_voxels(known.view(1, *self.grid.shape), points)[0]
        return self.hull_share / HULL_UNIT * (there - interpolated)

    def _finer_grid(self) -> SceneGrid:
        finer = self.options.finer_boxes
        shape = [finer * n for n in self.grid.shape]
        return replace(self.grid, shape=(shape[0], shape[1], shape[2]), voxel_size=self.grid.voxel_size / finer)

    def color(self, volume: Float[Tensor, "c x y z"]) -> Float[Tensor, "3 x y z"]:
        """The colour volume, RGB in [0, 1]."""
        with self.multiplying():
            raw = self.color_head(volume.movedim(0, -1)).float()
        return color_of(raw).movedim(-1, 0)

    def features(
        self, volume: Float[Tensor, "c x y z"], where: Bool[Tensor, "x y z"] | None = None
    ) -> Float[Tensor, "d x y z"]:
        """The feature field V_f.

        Args:
            volume: F_v
            where: voxels that are wanted, 0 elsewhere; all where not given
        """
        voxels = volume.movedim(0, -1)
        with self.multiplying():
            found = self.projector(voxels if where is None else voxels[where]).float()
        if where is None:
            return found.movedim(-1, 0)
        field = voxels.new_zeros(*where.shape, self.options.feature_channels)
        field[where] = found
        return field.movedim(-1, 0)

    def object_volumes(
        self, volume: Float[Tensor, "c x y z"], places: Float[Tensor, "n a a a 3"], views: SceneViews
    ) -> tuple[Float[Tensor, "n c2 a a a"], Float[Tensor, "n voxels d"] | None]:
        """What objects are compared by, and the feature field at their voxels where that is used.

        Args:
            volume: F_v
            places: in each object's box, see `places_in`
            views: of which F_v is; looked at again where the options say so

        Returns:
            the pooled volumes z_n, and features
        """
        pooled = roi_pool(volume, places, self.grid)
        with self.multiplying():
            features = self.projector(tokens_of(pooled)).float()
            if self.pooled_images is not None and len(pooled):
                pooled = pooled + self.pooled_images(places, views).float()
        return pooled, features

    def places_in(self, boxes: Float[Tensor, "n 2 3"]) -> Float[Tensor, "n a a a 3"]:
        """Where the volumes of objects are read."""
        return roi_places(boxes, self.options.object_size)

    def compare(
        self, volume: Float[Tensor, "c x y z"], places: Float[Tensor, "n a a a 3"], views: SceneViews
    ) -> Float[Tensor, " n"]:
        """Logits of a scene's objects to be anomalous; see `object_volumes`."""
        if len(places) == 0:
            return volume.new_zeros(0)
        return self.comparison(*self.object_volumes(volume, places, views))[0]


def _averages(channels: int, more: int) -> nn.Linear:
    """A layer that takes an average and more, and at first hands on the average."""
    layer = nn.Linear(channels + more, channels)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(channels, channels + more))
        layer.bias.zero_()
    return layer
