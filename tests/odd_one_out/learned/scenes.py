"""A network small enough for tests, and scenes for it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.data.scene_set import SceneViews, scene_views
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.network import OddOneOutNetwork
from pad_nerfstudio.odd_one_out.learned.network_options import NetworkOptions

TINY = NetworkOptions(
    grid=SceneGrid((24, 24, 8), 0.05, (0.0, 0.0, 0.15)),
    backbone="resnet18",
    backbone_levels=(0, 1),
    backbone_norm="group",
    pyramid_width=8,
    channels=8,
    volume_widths=(8, 16),
    volume_down=(1, 1),
    volume_up=(1,),
    hidden=16,
    feature_channels=6,
    object_size=4,
    attention_blocks=2,
    heads=2,
    head_channels=4,
    correspondences=5,
)
"""Options of a network that takes milliseconds."""

ADDED = {
    "spread_of_views": True,
    "floor_seen_by_others": True,
    "floor_texture": True,
    "silhouettes_in_volume": True,
    "pooled_from_images": True,
}
"""What may be added to the published network."""


def tiny_network(seed: int = 0, **changes: object) -> OddOneOutNetwork:
    """A network of `TINY` with other options where given."""
    torch.manual_seed(seed)
    return OddOneOutNetwork(replace(TINY, **changes)).eval()


def views_of(folder: Path, numbers: list[int]) -> SceneViews:
    """Views of a scene on disk, with masks."""
    return scene_views(read_scene(folder), numbers, with_masks=True)


def boxes_of(folder: Path) -> torch.Tensor:
    """The true boxes of a scene on disk."""
    return torch.stack([torch.from_numpy(found.bounds).float() for found in read_scene(folder).objects])


def poses_of(folder: Path) -> torch.Tensor:
    """The unit cubes' poses of the objects of a scene on disk."""
    boxes = [found.box for found in read_scene(folder).objects]
    maps = [np.concatenate([b.rotation * b.size, b.center[:, None]], axis=1) for b in boxes if b is not None]
    return torch.from_numpy(np.stack(maps)).float()
