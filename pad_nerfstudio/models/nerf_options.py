"""Options of the `pad-nerf` model."""

from dataclasses import dataclass, field

from nerfstudio.models.base_model import Model, ModelConfig


def _model() -> type[Model]:
    from pad_nerfstudio.models.pad_nerf import PadNerfModel

    return PadNerfModel


@dataclass
class PadNerfModelConfig(ModelConfig):
    """A sparse voxel grid, refined from coarse to fine while it trains."""

    _target: type = field(default_factory=_model)
    """Target class to instantiate."""
    enable_collider: bool = False
    """Rays are bounded by the grid itself."""
    eval_num_rays_per_chunk: int = 1 << 20
    """Rays per call when whole images are rendered; the kernels keep nothing, so an image fits."""
    resolutions: tuple[int, ...] = (64, 128, 192)
    """Voxels along the longest side of the box around the object, at the start and after each refinement."""
    refine_at: tuple[int, ...] = (200, 500)
    """Steps at which the grid goes to the next resolution."""
    prune_every: int = 100
    """Steps between removals of voxels that have become empty."""
    voxels_per_pixel: float = 1.0
    """The finest grid has no more voxels than this per pixel of the training photos, seen at the object."""
    occupied_above: float = 0.05
    """Opacity of a voxel from which it counts as matter."""
    sh_degree: int = 1
    """Degree of the spherical harmonics of colour: 0 is matte, 1 and 2 let shading depend on the view."""
    steps: tuple[float, ...] = (1.0, 1.0, 1.0)
    """Distance of samples along a ray, in voxels, at each resolution."""
    coarsest_step: float = 2.0
    """Distance of samples in voxels where an image's pixels are much larger than voxels, as in a moving viewer."""
    opacity_weight: float = 0.1
    """Weight of the squared transmittance of rays that surely end on the object, and of the squared difference from
    what a mask says where there are masks. A face that mirrors the background looks the same half transparent, from
    there; 0 for objects that light passes through."""
    floor_texels: int = 256
    """Of a scene, whose photos show what its objects stand on: texels of the floor's texture along each axis."""
    environment_texels: int = 128
    """Of photos with a real background: texels of its textures from pole to pole."""
    solid_from: int = 1200
    """Before a floor or a real background: step from which on what stands there must be opaque."""
    photo_colors: bool = False
    """Learn how exposure and white balance differ from photo to photo: a gain and a bias for each photo and channel.
    For photos of a camera that was left to its automatics; rendered ones have nothing to gain."""
    smooth_density: float = 0.0
    """Weight of total variation on density."""
    smooth_color: float = 0.0
    """Weight of total variation on colour."""
