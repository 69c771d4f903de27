"""What a field shows from several poses, made comparable with their queries; see `localization.look`."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.localization.batch.lighting import Lights, fit_lights, no_lights
from pad_nerfstudio.localization.batch.pictures import blur_all
from pad_nerfstudio.localization.batch.targets import TargetBatch, mismatches
from pad_nerfstudio.localization.silhouette import SAME_BACKGROUND
from pad_nerfstudio.models.rendering import Renderer, RenderingBatch, render_stack


@dataclass(frozen=True, eq=False)
class LookBatch:
    """Renderings beside their queries."""

    rendering: RenderingBatch
    """As the field gives them."""
    smooth: Float[Tensor, "b h w 3"]
    """Their colour as the queries would show it: relit, on the query's background, smoothed like the target."""
    lights: Lights
    """The queries' light."""
    residual: Float[Tensor, " b"]
    """How badly `smooth` explains each query, see `mismatch`."""


def look_all(
    renderer: Renderer, camera_to_world: Float[Tensor, "b 4 4"], targets: TargetBatch, lighting: bool = True
) -> LookBatch:
    """Render each target's window from its pose, all in one call where the renderer can; see `look`."""
    rendering = render_stack(renderer, targets.cameras(camera_to_world))
    smooth = blur_all(rendering.rgb, targets.sigma)
    lights = no_lights(smooth)
    if lighting:
        on_object = (rendering.accumulation > 0.95) & targets.silhouette
        lights = fit_lights(targets.rgb, smooth, on_object)
        smooth = _as_queries_show_it(rendering, targets, lights, smooth)
    return LookBatch(rendering, smooth, lights, mismatches(smooth, rendering.accumulation, targets))


def _as_queries_show_it(
    rendering: RenderingBatch, targets: TargetBatch, lights: Lights, smooth: Float[Tensor, "b h w 3"]
) -> Float[Tensor, "b h w 3"]:
    empty = ((rendering.accumulation < 0.01) & targets.inside)[..., None]
    count = empty.sum((1, 2))
    behind = (rendering.rgb * empty).sum((1, 2)) / count.clamp_min(1)
    seen = count[:, 0] > 0
    moved = targets.background - behind[:, None, None]
    moves = seen & targets.known & ((moved.abs() * targets.inside[..., None]).amax((1, 2, 3)) > SAME_BACKGROUND)

    # without a background in sight, all that is seen is lit
    opacity = torch.where(seen[:, None, None], rendering.accumulation, torch.ones_like(rendering.accumulation))[
        ..., None
    ]
    shown = (1 - opacity) * behind[:, None, None]
    gain, bias = lights.gain[:, None, None], lights.bias[:, None, None]
    relit = (gain * (rendering.rgb - shown) + opacity * bias + shown).clamp(0, 1)
    rgb = torch.where(lights.changed[:, None, None, None], relit, rendering.rgb)
    shift = (1 - rendering.accumulation)[..., None] * moved
    rgb = torch.where(moves[:, None, None, None], (rgb + shift).clamp(0, 1), rgb)
    changed = (lights.changed | moves)[:, None, None, None]
    return torch.where(changed, blur_all(rgb, targets.sigma), smooth)
