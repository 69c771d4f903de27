"""A set of 3-D Gaussians, and the raw parameters that are learnt for them.

Kerbl et al., "3D Gaussian Splatting for Real-Time Radiance Field Rendering", SIGGRAPH 2023. Names and conventions of
the raw parameters are those that the strategies of gsplat read.
"""

from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float
from scipy.spatial import KDTree
from torch import Tensor, nn

from pad_nerfstudio.fields.spherical_harmonics import C0, num_coefficients

NEIGHBOURS = 3
"""A splat begins as wide as the mean distance of its centre to that many others."""


@dataclass(frozen=True, eq=False)
class Gaussians:
    """Gaussians as they are rendered."""

    means: Float[Tensor, "n 3"]
    """Centres, Nerfstudio's world frame and units."""
    quaternions: Float[Tensor, "n 4"]
    """Rotations, real part first, of any length."""
    scales: Float[Tensor, "n 3"]
    """Standard deviations along the rotated axes."""
    opacities: Float[Tensor, " n"]
    """In [0, 1]."""
    harmonics: Float[Tensor, "n k 3"]
    """Coefficients of colour, all degrees; colour is 0.5 plus their sum with the real spherical harmonics."""

    def some(self, chosen: Bool[Tensor, " n"]) -> "Gaussians":
        """Those chosen."""
        return Gaussians(*(getattr(self, part.name)[chosen] for part in fields(self)))


class Splats(nn.Module):
    """The learnt parameters of a set of Gaussians whose number changes; it begins with none."""

    raw: nn.ParameterDict
    """`means`, `scales` (logarithms), `quats`, `opacities` (logits), `colors` (degree 0) and, above it, `shading`."""

    def __init__(self, sh_degree: int) -> None:
        """Set up for spherical harmonics up to `sh_degree`."""
        super().__init__()
        self.sh_degree = sh_degree
        nothing = raw_parameters(torch.zeros(0, 3), torch.zeros(0, 3), torch.zeros(0), 0.5, sh_degree)
        self.raw = nn.ParameterDict({name: nn.Parameter(values) for name, values in nothing.items()})

    def __len__(self) -> int:
        return len(self.raw["means"])

    def assign(self, raw: dict[str, Tensor]) -> None:
        """Take on other values and another number; the parameters stay the same objects, as an optimiser holds them."""
        for name, parameter in self.raw.items():
            parameter.data = raw[name].to(parameter.device)

    def gaussians(self) -> Gaussians:
        """What is rendered, differentiable in the parameters."""
        raw = self.raw
        harmonics = raw["colors"][:, None]
        if self.sh_degree > 0:
            harmonics = torch.cat([harmonics, raw["shading"]], dim=1)
        return Gaussians(raw["means"], raw["quats"], raw["scales"].exp(), raw["opacities"].sigmoid(), harmonics)

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        """Take on the number of the saved splats."""
        for name, parameter in self.raw.items():
            saved = state_dict.get(f"{prefix}raw.{name}")
            if saved is not None and saved.shape[1:] == parameter.shape[1:]:
                parameter.data = torch.empty_like(saved, device=parameter.device)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)


def raw_parameters(
    points: Float[Tensor, "n 3"], colors: Float[Tensor, "n 3"], sizes: Float[Tensor, " n"], opacity: float, degree: int
) -> dict[str, Tensor]:
    """Raw parameters of round splats.

    Args:
        points: centres
        colors: in [0, 1], the same from all sides
        sizes: standard deviations
        opacity: of all of them
        degree: of the spherical harmonics
    """
    identity = torch.tensor([1.0, 0.0, 0.0, 0.0]).to(points)
    raw = {
        "means": points.clone(),
        "scales": sizes.log()[:, None].repeat(1, 3),
        "quats": identity.repeat(len(points), 1),
        "opacities": torch.full_like(sizes, opacity).logit(),
        "colors": (colors - 0.5) / C0,
    }
    if degree > 0:
        raw["shading"] = points.new_zeros(len(points), num_coefficients(degree) - 1, 3)
    return raw


def spacing(points: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
    """Mean distance of each point to its nearest neighbours, as in section 5.1 of the paper; never zero."""
    places = points.detach().cpu().numpy()
    distances = KDTree(places).query(places, k=min(NEIGHBOURS + 1, len(places)))[0].reshape(len(places), -1)
    mean = torch.from_numpy(distances[:, 1:].mean(axis=1) if distances.shape[1] > 1 else distances[:, 0])
    return mean.to(points).clamp_min(1e-6)
