"""The camera of an unposed photo."""

import time
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.alignment import smoothed
from pad_nerfstudio.localization.gallery import Gallery
from pad_nerfstudio.localization.inversion import InversionConfig, invert
from pad_nerfstudio.localization.polish import polish
from pad_nerfstudio.localization.search import Hypothesis, Round, search
from pad_nerfstudio.localization.target import Target, make_target, mismatch
from pad_nerfstudio.models.rendering import Renderer

RESIDUAL_SIZE = 128
"""Residuals that are reported and compared are taken at this size, so that they mean the same for every photo."""

COARSE = (
    Round(48, sigma=1.5, keep=8, floor=0.15),
    Round(48, sigma=1.0, keep=4, floor=0.1),
    Round(48, sigma=1.0, keep=3, floor=0.1),
    Round(96, sigma=1.0, keep=2, floor=0.1),
)
FINE = (
    Round(96, sigma=1.0, keep=1, floor=0.1),
    Round(200, sigma=1.0, keep=1, floor=0.1),
)
FINEST_SIGMA = 0.7
"""Smoothing at the finest size, in pixels: hides that a rendering samples pixels at one point each."""
FINEST_FLOOR = 0.1
"""Least outlier scale at the finest size."""


@dataclass
class LocalizerConfig:
    """How a query's camera is searched for."""

    refine: Literal["none", "direct", "inversion"] = "direct"
    """What follows retrieval: nothing, direct alignment, or gradient inversion of the field (iNeRF)."""
    hypotheses: int = 8
    """Retrieved poses that the alignment begins with."""
    more_hypotheses: int = 24
    """Retrieved poses tried in all where the first search leaves a doubt."""
    rendered_views: int = 400
    """Views over the whole sphere rendered between the training views for retrieval; 0 for the training views alone."""
    finest_size: int = 400
    """Longer side of the image in the last steps, in pixels; never larger than the query."""
    finest_renders: int = 6
    """Most renderings at the finest size; two are enough for most photos, and no more are made than needed."""
    doubt: float = 2.5
    """A second search is made where the residual is more than this many times that of normal views."""
    tolerance: float = 4.25
    """A query has converged where its residual is at most this many times that of normal views at their true poses.
    (On generated toys, right poses of objects that lack a large part reach 3.7, wrong poses begin at 4.8.)"""
    inversion: InversionConfig = field(default_factory=InversionConfig)
    """Options of `--refine inversion`."""


@dataclass(frozen=True)
class Localization:
    """The camera of one query."""

    camera_to_world: Float[Tensor, "4 4"]
    """OpenGL axes, world frame of the data set, float64."""
    residual: float
    """Mean truncated colour difference between the query and the field's rendering over the object, in [0, 1]."""
    converged: bool
    """Whether the residual is one that a right pose has; where not, the pose is the best found."""
    seconds: float
    """Wall time."""


class Localizer:
    """Finds cameras of photos in one trained field.

    Example:
        >>> localizer = Localizer(field, gallery, LocalizerConfig())
        >>> localizer.localize(photo, camera).camera_to_world
    """

    def __init__(
        self,
        renderer: Renderer,
        gallery: Gallery,
        config: LocalizerConfig | None = None,
        typical_residual: float | None = None,
    ):
        """Set up.

        Args:
            renderer: the trained field
            gallery: known views of the same object
            config: options
            typical_residual: the residual of normal views, see `typical_residual`; None accepts every pose as converged
        """
        self.renderer = renderer
        self.gallery = gallery
        self.config = config or LocalizerConfig()
        self.typical_residual = typical_residual

    def localize(self, query: Float[Tensor, "h w 3"], camera: Pinhole) -> Localization:
        """Find the camera of a photo.

        Args:
            query: colour in [0, 1]
            camera: its intrinsics

        Raises:
            UserError: the field is not differentiable in the camera and the configuration asks for inversion
        """
        start = time.perf_counter()
        query = query.float()
        if self.config.refine == "direct":
            best = self._align(query, camera)
        else:
            pose = self.gallery.retrieve(query, camera, 1)[0]
            if self.config.refine == "inversion":
                pose = invert(self.renderer, query, camera, pose, self.config.inversion)
            best = Hypothesis(pose, residual_at(self.renderer, query, camera, pose))
        return Localization(
            best.camera_to_world,
            best.residual,
            not self._exceeds(best.residual, self.config.tolerance),
            time.perf_counter() - start,
        )

    def _align(self, query: Float[Tensor, "h w 3"], camera: Pinhole) -> Hypothesis:
        @cache
        def target(size: int, sigma: float) -> Target:
            return make_target(query, camera, size, sigma)

        finest = target(self.config.finest_size, FINEST_SIGMA)
        known = self.gallery.retrieve(query, camera, self.config.more_hypotheses)
        tried = 0
        best = None
        for count in (self.config.hypotheses, self.config.more_hypotheses):
            guesses = known[tried:count]
            if not guesses:
                break
            coarse = search(self.renderer, target, guesses, COARSE)
            best_guess = search(self.renderer, target, [each.camera_to_world for each in coarse], FINE)[0]
            pose = polish(self.renderer, finest, best_guess.camera_to_world, FINEST_FLOOR, self.config.finest_renders)
            found = Hypothesis(pose, residual_at(self.renderer, query, camera, pose))
            if best is None or found.residual < best.residual:
                best = found
            if not self._exceeds(best.residual, self.config.doubt):
                break
            tried = count
        assert best is not None
        return best

    def _exceeds(self, residual: float, times: float) -> bool:
        return self.typical_residual is not None and residual > times * self.typical_residual


def residual_at(
    renderer: Renderer, query: Float[Tensor, "h w 3"], camera: Pinhole, camera_to_world: Float[Tensor, "4 4"]
) -> float:
    """The residual of a photo at a given pose; see `mismatch`."""
    target = make_target(query, camera, RESIDUAL_SIZE, 1.0)
    rendering = renderer.render(camera_to_world, target.camera)
    return mismatch(smoothed(rendering, target), rendering.accumulation, target)
