"""Perceptual colour: equal distances look equally different, on dark and on light toys alike."""

import torch
from jaxtyping import Float
from torch import Tensor

# Linear sRGB to CIE XYZ relative to the D65 white (IEC 61966-2-1), rows X, Y, Z.
_XYZ_OVER_WHITE = torch.tensor(
    [
        [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883],
    ]
)


def srgb_to_lab(rgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    """CIE L*a*b* (D65) of sRGB in [0, 1]; L* runs from 0 to 100, a* and b* from about -100 to 100.

    Values outside [0, 1], which a field may render, are clipped.
    """
    rgb = rgb.clamp(0.0, 1.0)
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _XYZ_OVER_WHITE.to(linear).T
    bent = torch.where(xyz > (6 / 29) ** 3, xyz.clamp_min(1e-8) ** (1 / 3), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = bent.unbind(-1)
    return torch.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], dim=-1)
