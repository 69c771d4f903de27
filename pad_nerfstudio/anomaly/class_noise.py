"""How large a difference a normal view shows in each class of pixels: maps in standard units.

A pixel class (see `PixelClass`) has one standard deviation, learnt from held-out normal views. A map divided by it is
in units of standard deviations of a normal view at such a place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.expected_view import ExpectedView
from pad_nerfstudio.anomaly.object_distance import distance_to_object, pixel_scale
from pad_nerfstudio.anomaly.pixel_class import PixelClass, pixel_classes
from pad_nerfstudio.features.filters import gaussian_blur

NEAR = 8.0
"""Pixels farther from the object teach nothing, in pixels of an image 400 pixels wide."""
SOFTNESS = 2.0
"""Maps are smooth, so the classes' borders are too: standard deviation of their blur, in the same unit."""


@dataclass(frozen=True, eq=False)
class ClassSums:
    """What one normal view teaches."""

    squares: Float[Tensor, " c"]
    """Sum of the squared map over the pixels of each class."""
    pixels: Float[Tensor, " c"]
    """How many pixels each class has."""


def class_sums(anomaly_map: Float[Tensor, "h w"], view: ExpectedView) -> ClassSums:
    """The sums of one normal view over the pixels near its object."""
    accumulation = view.reference.accumulation
    near = distance_to_object(accumulation) <= NEAR * pixel_scale(*accumulation.shape)
    chosen = pixel_classes(view)[near]
    squares = torch.bincount(chosen, anomaly_map[near].double().square(), minlength=len(PixelClass))
    pixels = torch.bincount(chosen, minlength=len(PixelClass)).double()
    return ClassSums(squares.cpu(), pixels.cpu())


def at_one_level(views: Sequence[ClassSums]) -> list[ClassSums]:
    """The same views, each scaled so that all have one mean square: the geometric mean of theirs.

    Views differ as wholes, as poses and light do, by far more than classes. Unscaled, the worst view alone would say
    how classes differ, of which every view tells as much.
    """
    levels = torch.stack([view.squares.sum() / view.pixels.sum().clamp_min(1.0) for view in views])
    tells = levels > 0  # a view that shows no object has no level
    factors = torch.where(tells, levels[tells].log().mean().exp() / levels, 1.0)
    return [ClassSums(view.squares * factor, view.pixels) for view, factor in zip(views, factors, strict=True)]


def shrunk_variances(views: Sequence[ClassSums]) -> Float[Tensor, " c"]:
    """Mean squared map of each class over views of one level, the ill-known classes pulled towards the common one.

    On a log scale, a class keeps the share tau^2 / (tau^2 + e^2) of its distance to the common level: e is its
    standard error, from how much views differ (pixels of one view say the same thing many times), tau the spread
    between classes (random-effects model of DerSimonian and Laird, Controlled Clinical Trials 7, 1986). A class that no
    view shows is at the common level, as are all classes where there is one view only.
    """
    levelled = at_one_level(views)
    squares, pixels = (torch.stack([getattr(view, name) for view in levelled]) for name in ("squares", "pixels"))
    overall = squares.sum() / pixels.sum().clamp_min(1.0)
    if not overall > 0:
        return torch.ones(squares.shape[1], dtype=squares.dtype)
    count, n = pixels.sum(dim=0), len(views)
    known = count > 0
    variance = torch.where(known, squares.sum(dim=0) / count.clamp_min(1.0), overall).clamp_min(1e-6 * overall)
    if n < 2:
        return overall.expand_as(variance).clone()
    scatter = (squares - pixels * variance).square().sum(dim=0) * n / (n - 1)
    error = (scatter / (count * variance).clamp_min(1e-300).square()).clamp_min(1e-6)
    error = torch.where(known, error, torch.inf)
    level = variance.log()
    weight = 1.0 / error
    mean = (weight * level).sum() / weight.sum()
    excess = (weight * (level - mean).square()).sum() - (int(known.sum()) - 1)
    spread = (excess / (weight.sum() - weight.square().sum() / weight.sum()).clamp_min(1e-12)).clamp_min(0.0)
    weight = 1.0 / (error + spread)
    common = (weight * level).sum() / weight.sum()
    kept = torch.where(known, spread / (spread + error), 0.0)
    return (common + kept * (level - common)).exp()


@dataclass(frozen=True, eq=False)
class ClassNoise:
    """Standard deviation of normal maps per class of pixels."""

    deviations: Float[Tensor, " c"]
    """Root mean square of the map of normal views in each `PixelClass`, in units of the map."""

    @classmethod
    def from_list(cls, deviations: Sequence[float]) -> "ClassNoise":
        """The model with these standard deviations, one per class.

        Raises:
            ValueError: they are those of other classes
        """
        if len(deviations) != len(PixelClass):
            raise ValueError(f"{len(deviations)} standard deviations for {len(PixelClass)} classes")
        return cls(torch.tensor(deviations, dtype=torch.float32))

    @classmethod
    def fitted(cls, views: Sequence[ClassSums]) -> "ClassNoise":
        """See `shrunk_variances`."""
        return cls(shrunk_variances(views).sqrt().float())

    def as_list(self) -> list[float]:
        """The standard deviations."""
        return self.deviations.tolist()

    def expected(self, view: ExpectedView) -> Float[Tensor, "h w"]:
        """Standard deviation of a normal map at each pixel, in units of the map."""
        variance = self.deviations.square().to(view.spread.device)[pixel_classes(view)]
        return gaussian_blur(variance[None], SOFTNESS * pixel_scale(*view.spread.shape))[0].clamp_min(1e-24).sqrt()

    def normalised(self, anomaly_map: Float[Tensor, "h w"], view: ExpectedView) -> Float[Tensor, "h w"]:
        """The map in standard units: not negative, with mean square 1 over each class of normal views.

        That is the scale of a half-normal variable, the absolute value of a standard normal one: maps have no negative
        side, their location is 0. Heavy tails stay heavy, so that 5 is not one in a million.
        """
        return anomaly_map / self.expected(view)
