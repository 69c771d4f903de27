"""How far a rendering is from a photo."""

from jaxtyping import Float
from torch import Tensor
from torchmetrics.functional import structural_similarity_index_measure

DISSIMILARITY = 0.2
"""Share of 1 - SSIM beside L1 (Kerbl et al. 2023, equation 7; the same in SplatPose's refinement of poses)."""


def l1_dssim(rendered: Float[Tensor, "b h w 3"], photo: Float[Tensor, "b h w 3"]) -> Float[Tensor, ""]:
    """0.8 L1 + 0.2 (1 - SSIM), with SSIM's usual 11 x 11 window (sigma 1.5)."""
    ours, theirs = (image.permute(0, 3, 1, 2) for image in (rendered, photo))
    similarity = structural_similarity_index_measure(ours, theirs, data_range=1.0)
    assert isinstance(similarity, Tensor)
    return (1 - DISSIMILARITY) * (rendered - photo).abs().mean() + DISSIMILARITY * (1 - similarity)
