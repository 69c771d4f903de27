"""The whole network of the learned method: images of a scene to fields, object volumes and logits."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.back_projection import back_project, projection_matrices
from pad_nerfstudio.odd_one_out.learned.comparison import Comparison
from pad_nerfstudio.odd_one_out.learned.image_encoder import ImageEncoder
from pad_nerfstudio.odd_one_out.learned.network_options import NetworkOptions, multiplies_bfloat16
from pad_nerfstudio.odd_one_out.learned.object_boxes import FEWEST, object_boxes
from pad_nerfstudio.odd_one_out.learned.roi_pooling import roi_points, roi_pool
from pad_nerfstudio.odd_one_out.learned.volume_network import VolumeNetwork
from pad_nerfstudio.odd_one_out.learned.voxel_attention import tokens_of
from pad_nerfstudio.odd_one_out.learned.voxel_heads import EMPTY_AT_START, VoxelHead, color_of, density_of


class OddOneOutNetwork(nn.Module):
    """Bhunia et al., figure 2. Takes any number of views and of objects.

    Example:
        >>> network = OddOneOutNetwork(NetworkOptions()).eval()
        >>> volume = network.volume(views)
        >>> boxes = network.boxes(volume, occupied=0.2)
        >>> logits = network.compare(volume, network.points_in(boxes))
    """

    def __init__(self, options: NetworkOptions) -> None:
        """Set up with random weights."""
        super().__init__()
        self.options, self.grid = options, options.grid
        channels, hidden = options.channels, options.hidden
        self.image_encoder = ImageEncoder(
            options.backbone, options.backbone_levels, options.pyramid_width, channels, options.backbone_norm
        )
        self.join = _averages(channels) if options.spread_of_views else None
        self.volume_network = VolumeNetwork(options.volume_widths, options.volume_down, options.volume_up)
        self.density_head = VoxelHead(channels, hidden, 1, layers=2, bias=EMPTY_AT_START)
        self.color_head = VoxelHead(channels, hidden, 3, layers=2)
        self.projector = VoxelHead(channels, hidden, options.feature_channels, layers=4)
        self.comparison = Comparison(
            channels, options.object_size, options.variant, options.attention_blocks, options.heads,
            options.head_channels, options.correspondences, options.judged,
        )  # fmt: skip
        self.register_buffer("points", self.grid.voxel_centers().reshape(-1, 3), persistent=False)

    def maps(self, *scenes: SceneViews) -> list[Float[Tensor, "views c a b"]]:
        """Feature maps of the views of each scene; all views have one size."""
        images = torch.cat([views.images for views in scenes])
        with self.multiplying():
            maps = self.image_encoder(images).float()
        return list(maps.split([len(views.images) for views in scenes]))

    def volume(
        self, *scenes: SceneViews, maps: Sequence[Float[Tensor, "views c a b"]] | None = None
    ) -> Float[Tensor, "scenes c x y z"]:
        """The feature volumes F_v of scenes; the order of views changes nothing.

        Args:
            scenes: their views, all of one size
            maps: what `maps` gives of them, where it is known
        """
        found = self.maps(*scenes) if maps is None else maps
        volumes = [self._back_projected(own, views) for own, views in zip(found, scenes, strict=True)]
        with self.multiplying():
            return self.volume_network(torch.stack(volumes).unflatten(2, self.grid.shape)).float()

    def _back_projected(self, maps: Float[Tensor, "v c a b"], views: SceneViews) -> Float[Tensor, "c n"]:
        """Average and spread, joined in as many channels as the average alone has."""
        projections, size = projection_matrices(views.k, views.camera_to_world), views.images.shape[:-3:-1]
        with_spread = self.join is not None
        voxels = back_project(maps, projections, self.get_buffer("points"), (size[0], size[1]), with_spread)
        return voxels if self.join is None else self.join(voxels.T).T

    def multiplying(self) -> torch.autocast:
        """The context in which layers multiply with the precision of the options."""
        device, wanted = self.get_buffer("points").device.type, self.options.precision
        half = wanted == "bfloat16" or (wanted == "auto" and multiplies_bfloat16(device))
        return torch.autocast(device, torch.bfloat16, enabled=half)

    def raw_density(self, volume: Float[Tensor, "c x y z"]) -> Float[Tensor, "x y z"]:
        """The density volume before its softplus: the logit of a voxel's opacity."""
        with self.multiplying():
            return self.density_head(volume.movedim(0, -1)).float()[..., 0]

    def density(self, volume: Float[Tensor, "c x y z"]) -> Float[Tensor, "x y z"]:
        """The density volume, per length of a voxel."""
        return density_of(self.raw_density(volume))

    def boxes(
        self, volume: Float[Tensor, "c x y z"], occupied: float, density: Float[Tensor, "x y z"] | None = None
    ) -> Float[Tensor, "n 2 3"]:
        """Boxes of the objects, see `object_boxes`; looked for between voxels as well where the options say so.

        Args:
            volume: F_v
            occupied: see `OCCUPIED`
            density: that of the volume, where it is known
        """
        grid, finer = self.grid, self.options.finer_boxes
        if finer == 1:
            return object_boxes(self.density(volume) if density is None else density, grid, occupied)
        fine = replace(grid, shape=tuple(finer * n for n in grid.shape), voxel_size=grid.voxel_size / finer)
        raw = grid.between_voxels(self.raw_density(volume)[None], fine.voxel_centers().to(volume).view(-1, 3))
        return object_boxes(density_of(raw.view(fine.shape)), fine, occupied, FEWEST * finer)

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
        self, volume: Float[Tensor, "c x y z"], points: Float[Tensor, "n a a a 3"]
    ) -> tuple[Float[Tensor, "n c a a a"], Float[Tensor, "n voxels d"]]:
        """Pooled volumes z_n of objects, and the feature field at their voxels.

        Args:
            volume: F_v
            points: places in each object's box, see `points_in`
        """
        pooled = roi_pool(volume, points, self.grid)
        with self.multiplying():
            return pooled, self.projector(tokens_of(pooled)).float()

    def points_in(self, boxes: Float[Tensor, "n 2 3"]) -> Float[Tensor, "n a a a 3"]:
        """World points at which the volumes of objects are read."""
        return roi_points(boxes, self.options.object_size)

    def compare(self, volume: Float[Tensor, "c x y z"], points: Float[Tensor, "n a a a 3"]) -> Float[Tensor, " n"]:
        """Logits of a scene's objects to be anomalous; see `object_volumes`."""
        if len(points) == 0:
            return volume.new_zeros(0)
        pooled, features = self.object_volumes(volume, points)
        return self.comparison(pooled, features)[0]


def _averages(channels: int) -> nn.Linear:
    """A layer that takes average and spread, and at first hands on the average."""
    layer = nn.Linear(2 * channels, channels)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(channels, 2 * channels))
        layer.bias.zero_()
    return layer
