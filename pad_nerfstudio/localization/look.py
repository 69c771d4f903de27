"""What a field shows from one pose, made comparable with a query: as smooth, in its light, on its background."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.localization.alignment import smoothed
from pad_nerfstudio.localization.image_pyramid import blur
from pad_nerfstudio.localization.lighting import UNCHANGED, Light, fit_light, relit
from pad_nerfstudio.localization.target import Target, mismatch
from pad_nerfstudio.models.rendering import Renderer, Rendering

SAME_BACKGROUND = 0.02
"""Backgrounds that differ by less than this in every channel are one."""


@dataclass(frozen=True, eq=False)
class Look:
    """One rendering beside the query."""

    rendering: Rendering
    """As the field gives it."""
    smooth: Float[Tensor, "h w 3"]
    """Its colour as the query would show it: relit, on the query's background, smoothed like the target."""
    light: Light
    """The query's light."""
    residual: float
    """How badly `smooth` explains the query, see `mismatch`."""


def look(renderer: Renderer, camera_to_world: Float[Tensor, "4 4"], target: Target, lighting: bool = True) -> Look:
    """Render the target's window from a pose and bring it to the target's smoothing, light and background.

    Args:
        renderer: the trained field
        camera_to_world: OpenGL axes, world frame
        target: the query
        lighting: whether the query's light may differ; without, its background is taken for the field's, too
    """
    rendering = renderer.render(camera_to_world, target.camera)
    smooth, light = smoothed(rendering, target), UNCHANGED
    if lighting:
        on_object = (rendering.accumulation > 0.95) & target.silhouette
        light = fit_light(target.rgb, smooth, on_object)
        smooth = _as_query_shows_it(rendering, target, light, smooth)
    return Look(rendering, smooth, light, mismatch(smooth, rendering.accumulation, target))


def _as_query_shows_it(
    rendering: Rendering, target: Target, light: Light, smooth: Float[Tensor, "h w 3"]
) -> Float[Tensor, "h w 3"]:
    empty = rendering.accumulation < 0.01
    behind = rendering.rgb[empty].mean(0) if empty.any() else None
    moved = None
    if behind is not None and target.background is not None:
        moved = target.background - behind
        moved = moved if float(moved.abs().max()) > SAME_BACKGROUND else None
    if light is UNCHANGED and moved is None:
        return smooth
    opacity = None if behind is None else rendering.accumulation
    rgb = rendering.rgb if light is UNCHANGED else relit(rendering.rgb, light.gain, light.bias, opacity, behind)
    if moved is not None:
        rgb = (rgb + (1 - rendering.accumulation)[..., None] * moved).clamp(0, 1)
    return blur(rgb, target.sigma)
