"""Sizes of the network of the learned method."""

from dataclasses import dataclass, field
from typing import Literal

import torch

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.odd_one_out.learned.comparison import Judged, Variant
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.image_encoder import Norm

MULTIPLE = 8
"""Of which all numbers of channels of volumes are, as they are normalised in so many groups."""


@dataclass
class NetworkOptions:
    """Sizes of the network. Where the paper is silent, they are those of its authors' published configuration."""

    grid: SceneGrid = field(default_factory=SceneGrid)
    """Voxels over the scene."""
    backbone: str = "resnet50"
    """Network of timm that sees the images."""
    backbone_levels: tuple[int, ...] = (1, 2, 3, 4)
    """Its feature maps that the pyramid joins; the first sets the stride: 4 for 1, 2 for 0."""
    backbone_norm: Norm = "batch"
    """Over what it normalises: batch as pretrained ones do, group for residual networks trained in small batches."""
    pyramid_width: int = 128
    """Channels of the feature pyramid."""
    channels: int = 32
    """Channels of a voxel: d."""
    spread_of_views: bool = False
    """Whether voxels know how much their views differ, beside the published average: what is no surface looks different
    from everywhere, whatever stands there."""
    floor_seen_by_others: bool = False
    """Whether the backbone sees, beside each photo, how it differs from what the other views show at the same places of
    the floor, the plane z = 0: what stands on a floor is then told from it on floors and of objects never seen."""
    floor_texture: bool = False
    """Whether it sees as well how each photo differs from the floor's texture, which all views tell robustly: shadows
    and what hides the floor from most views are then told from it."""
    silhouettes_in_volume: bool = False
    """Whether silhouettes are told from the images, by a network that --pipeline.model.silhouette-weight trains, and
    voxels know whether views see past objects there: a visual hull, on which the density builds."""
    volume_widths: tuple[int, ...] = (32, 64, 128, 256)
    """Channels of the 3-D network's scales; the first is `channels`, all are multiples of 8."""
    volume_down: tuple[int, ...] = (1, 2, 3, 4)
    """Residual blocks of each scale on its way down."""
    volume_up: tuple[int, ...] = (3, 2, 1)
    """Residual blocks on its way up, coarsest first."""
    hidden: int = 128
    """Channels between the layers that read colour, density and features off a voxel."""
    feature_channels: int = 128
    """Channels of the feature field: d_f, to which the teacher's features are reduced."""
    finer_boxes: int = 1
    """Boxes are found at this many points along each side of a voxel; density is read between voxels before the
    softplus, where thin objects and narrow gaps still are."""
    object_size: int = 8
    """Voxels along each side of an object's pooled volume."""
    pooled_from_images: bool = False
    """Whether pooled volumes are told what images show at eight points of each of their voxels: defects are finer than
    the voxels of a scene."""
    variant: Variant = "final"
    """A: each object alone; B: plain attention; C: and a teacher's features; final: sparse voxel attention."""
    attention_blocks: int = 3
    """Blocks of attention between objects."""
    judged: Judged = "voxels"
    """What is judged after them: voxels, as in the paper, or only how they differ from those they look at. Or, instead
    of attention, how surfaces of objects differ in shape and colour that are laid upon each other, whatever side they
    lie on (surfaces)."""
    heads: int = 8
    """Parallel attentions of a block."""
    head_channels: int = 32
    """Channels of each of them."""
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    """Of what convolutions and layers multiply; sums, density, rays and boxes are float32 in any case. Processors with
    instructions for bfloat16 take half the time or less, others ten times as long; auto looks which this one is."""
    correspondences: int = 20
    """k: corresponding voxels of each other object that a voxel attends to."""


def check_network_options(options: NetworkOptions, prefix: str = "--pipeline.model.network.") -> None:
    """Whether a network can be made of options.

    Args:
        options: the options
        prefix: what stands before each on the command line

    Raises:
        UserError: one of them means nothing, or two do not go together
    """
    import timm

    scales, size = len(options.volume_widths), options.object_size
    counts = (*options.grid.shape, *options.volume_widths, *options.volume_down, *options.volume_up)
    numbers = (options.heads, options.head_channels, options.correspondences, options.hidden, options.pyramid_width)
    mistakes = {
        f"backbone {options.backbone}: timm has no such network; give the name of one": (
            options.backbone not in timm.list_models()
        ),
        f"volume-widths {_listed(options.volume_widths)}: give multiples of {MULTIPLE}, the first of them --channels": (
            any(width % MULTIPLE for width in options.volume_widths) or options.volume_widths[:1] != (options.channels,)
        ),
        f"volume-down {_listed(options.volume_down)}: give as many numbers as volume-widths has": (
            len(options.volume_down) != scales
        ),
        f"volume-up {_listed(options.volume_up)}: give one number less than volume-widths has": (
            len(options.volume_up) != scales - 1
        ),
        f"object-size {size}: give a power of two from 2 on": size < 2 or size & (size - 1) != 0,
        "judged surfaces: cuts objects out by their silhouettes and leaves out attention and features; it needs "
        "silhouettes-in-volume, variant final and no pooled-from-images": options.judged == "surfaces"
        and (options.variant != "final" or options.pooled_from_images or not options.silhouettes_in_volume),
        f"grid.voxel-size {options.grid.voxel_size}: give a number above 0": not options.grid.voxel_size > 0,
        "grid.shape, heads and other sizes: none may be negative, and only numbers of blocks may be 0": (
            min(counts) < 0 or min(numbers) < 1 or min(options.grid.shape) < 1 or options.attention_blocks < 0
        ),
    }
    for said, wrong in mistakes.items():
        if wrong:
            raise UserError(f"{prefix}{said}")


def multiplies_bfloat16(device: str) -> bool:
    """Whether a kind of device, such as `cpu`, has instructions for bfloat16."""
    if device != "cpu":
        return True
    known = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile"))
    return any(bool(supported()) for supported in known if supported is not None)


def _listed(numbers: tuple[int, ...]) -> str:
    return " ".join(map(str, numbers))
