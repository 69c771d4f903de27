"""Photos brought to the exposure and white balance that all have in common."""

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.photo_light import PhotoLight


def in_common_look(
    rgb: Float[Tensor, "h w 3"], light: PhotoLight, opacity: Float[Tensor, "h w"], background: Float[Tensor, "3"]
) -> Float[Tensor, "h w 3"]:
    """A photo as it would be in the common look; the background's share of each pixel stays as it is.

    Args:
        rgb: colours in [0, 1] over `background`
        light: of the photo
        opacity: of the object in each pixel, in [0, 1]
        background: colour behind the object
    """
    gain, bias = torch.tensor(light.gain).to(rgb), torch.tensor(light.bias).to(rgb)
    behind = (1 - opacity)[..., None] * background.to(rgb)
    return ((rgb - behind - opacity[..., None] * bias) / gain + behind).clamp(0, 1)
