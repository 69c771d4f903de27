"""What Nerfstudio shows of a held-out view, without the metric whose weights would have to be downloaded."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from nerfstudio.utils import colormaps
from torch import Tensor
from torchmetrics.functional import structural_similarity_index_measure


def image_metrics_and_pictures(
    outputs: dict[str, Tensor], photo: Float[Tensor, "h w c"], background: Float[Tensor, " 3"]
) -> tuple[dict[str, float], dict[str, Tensor]]:
    """PSNR and SSIM of a view, and pictures of it.

    Args:
        outputs: `rgb`, `accumulation` and `depth` of one camera
        photo: in [0, 1], with or without alpha
        background: what lies under transparent pixels
    """
    truth = on_background(photo, background)
    predicted = outputs["rgb"]
    images = {
        "img": torch.cat([truth, predicted], dim=1),
        "accumulation": colormaps.apply_colormap(outputs["accumulation"]),
        "depth": colormaps.apply_depth_colormap(outputs["depth"], accumulation=outputs["accumulation"]),
    }
    ours, theirs = (image.permute(2, 0, 1)[None] for image in (predicted, truth))
    ssim = structural_similarity_index_measure(ours, theirs, data_range=1.0)
    assert isinstance(ssim, Tensor)
    psnr = -10 * torch.log10(F.mse_loss(predicted, truth))
    return {"psnr": float(psnr), "ssim": float(ssim)}, images


def on_background(image: Float[Tensor, "h w c"], background: Float[Tensor, " 3"]) -> Float[Tensor, "h w 3"]:
    """An image with alpha composited over a background."""
    if image.shape[-1] == 3:
        return image
    return image[..., :3] * image[..., 3:] + background * (1 - image[..., 3:])
