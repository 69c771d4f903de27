"""Options of the `pad-splat` model."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nerfstudio.models.base_model import Model, ModelConfig

from pad_nerfstudio.splats.rasterization import RasterizerName
from pad_nerfstudio.splats.strategy import Densification


def _model() -> type[Model]:
    from pad_nerfstudio.models.pad_splat import PadSplatModel

    return PadSplatModel


@dataclass
class PadSplatModelConfig(ModelConfig):
    """Gaussian splats of one object before a plain background."""

    _target: type = field(default_factory=_model)
    """Target class to instantiate."""
    enable_collider: bool = False
    """There are no rays."""
    sh_degree: int = 1
    """Degree of the spherical harmonics of colour: 0 is matte, 1 and 2 let shading depend on the view."""
    sh_degree_every: int = 500
    """Steps until the next degree comes in, up to `sh_degree`."""
    background: Literal["photo", "random"] = "photo"
    """Before what splats learn: the colour that the photos show behind the object, or another colour at each step
    wherever the photos surely show the object or surely do not, which makes half transparent splats dear."""
    opacity_weight: float = 0.1
    """Weight of the squared difference of opacity from what masks say, or without masks of the squared transmittance of
    pixels that surely show the object alone; 0 for objects that light passes through."""
    antialiased: bool = True
    """Splats keep their look at all image sizes, also at those of the coarse steps of localisation."""
    start_from: Path | None = None
    """The config.yml of a trained run (a short one of `pad-nerf` will do) on whose surface splats begin; without, they
    begin in the visual hull of the silhouettes."""
    start_splats: int = 20_000
    """How many splats there are at the beginning."""
    start_opacity: float = 0.1
    """Their opacity."""
    start_size: float = 1.0
    """Their standard deviation, in mean distances to the nearest others (with `mcmc`, gsplat's examples take an opacity
    of 0.5 and a size of 0.1)."""
    seed: int = 42
    """Seed of where they begin."""
    densification: Densification = field(default_factory=Densification)
    """How their number changes."""
    rasterizer: RasterizerName = "gsplat"
    """`gsplat` needs CUDA; `reference` is plain torch, for tests: minutes for what takes the other a second."""
