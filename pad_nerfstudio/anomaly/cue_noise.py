"""How large a difference a normal view shows at a pixel, learnt from held-out normal views.

A field renders flat faces well, contrasted details less well, and silhouettes worst. What a map shows there in normal
views is expected in queries too, so maps are divided by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.expected_view import ExpectedView
from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.features.filters import gaussian_blur, gradient
from pad_nerfstudio.models.rendering import Rendering

CUES = 4
FLOOR = 0.25
"""Least noise of a pixel, as a share of the object's mean: a plain face is not expected to be perfect."""


@dataclass(frozen=True, eq=False)
class CueSums:
    """What one normal view teaches: its share of the normal equations of the fit."""

    square: Float[Tensor, "c c"]
    """Sum over pixels of cue times cue."""
    product: Float[Tensor, " c"]
    """Sum over pixels of cue times map."""


def noise_cues(reference: Rendering) -> Float[Tensor, "c h w"]:
    """What tells from the reference alone how large the noise is: a constant, detail, silhouette, object."""
    lab = srgb_to_lab(reference.rgb).permute(2, 0, 1) / 100.0
    along_x, along_y = gradient(lab)
    detail = (along_x.square() + along_y.square()).sum(dim=0, keepdim=True).sqrt()
    opacity = reference.accumulation[None]
    edge_x, edge_y = gradient(opacity)
    edge = (edge_x.square() + edge_y.square()).sqrt()
    return torch.cat([torch.ones_like(opacity), gaussian_blur(torch.cat([detail, edge, opacity]), 2.0)])


def cue_sums(anomaly_map: Float[Tensor, "h w"], view: ExpectedView) -> CueSums:
    """The sums of one normal view over the pixels near its object."""
    cues = noise_cues(view.reference)
    near = cues[3] > 1e-3
    chosen, values = cues[:, near].double(), anomaly_map[near].double()
    return CueSums((chosen @ chosen.T).cpu(), (chosen @ values).cpu())


@dataclass(frozen=True, eq=False)
class CueNoise:
    """Expected map of a normal view as a sum of cues."""

    weights: Float[Tensor, " c"]
    """Weight of each cue, not negative."""

    @classmethod
    def from_list(cls, weights: Sequence[float]) -> "CueNoise":
        """The model with these weights, one per cue."""
        return cls(torch.tensor(weights, dtype=torch.float32))

    @classmethod
    def fitted(cls, views: Sequence[CueSums]) -> "CueNoise":
        """Least squares over all views with weights that are not negative."""
        from scipy.optimize import nnls

        square, product = (
            torch.stack([getattr(view, name) for view in views]).sum(0) for name in ("square", "product")
        )
        ridge = square + 1e-9 * torch.trace(square) * torch.eye(CUES, dtype=torch.float64)
        factor = torch.linalg.cholesky(ridge)
        right = torch.linalg.solve_triangular(factor, product[:, None], upper=False)[:, 0]
        weights, _ = nnls(factor.T.numpy(), right.numpy())
        return cls(torch.from_numpy(weights).float())

    def as_list(self) -> list[float]:
        """The weights."""
        return self.weights.tolist()

    def expected(self, reference: Rendering) -> Float[Tensor, "h w"]:
        """Expected value of a normal map."""
        cues = noise_cues(reference)
        return torch.einsum("c,chw->hw", self.weights.to(cues.device), cues)

    def normalised(self, anomaly_map: Float[Tensor, "h w"], view: ExpectedView) -> Float[Tensor, "h w"]:
        """A map in multiples of the value expected at each pixel of a normal view."""
        expected = self.expected(view.reference)
        solid = view.reference.accumulation > 0.5
        floor = FLOOR * (expected[solid] if bool(solid.any()) else expected).mean()
        return anomaly_map / (expected + floor).clamp_min(1e-12)
