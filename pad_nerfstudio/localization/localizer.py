"""The camera of an unposed photo."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.focal_search import with_focal_starts
from pad_nerfstudio.localization.image_pyramid import resize, scaled_camera
from pad_nerfstudio.localization.inversion import InversionConfig, invert
from pad_nerfstudio.localization.jacobian import zoomed
from pad_nerfstudio.localization.lighting import UNCHANGED, Light
from pad_nerfstudio.localization.look import Look, look
from pad_nerfstudio.localization.polish import polish
from pad_nerfstudio.localization.retrieval import RetrievalName, Retrieved, Retriever
from pad_nerfstudio.localization.search import Hypothesis, Round, search
from pad_nerfstudio.localization.sift_retrieval import SiftConfig
from pad_nerfstudio.localization.target import Target, is_cluttered, make_target
from pad_nerfstudio.models.rendering import Renderer

RESIDUAL_SIZE = 128
"""Residuals that are reported and compared are taken at this size, so that they mean the same for every photo."""

LARGEST = 2
"""Photos are looked at with no more than this many times the pixels of the finest size on their longer side."""

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
FINE_WITH_FOCAL = (
    Round(96, sigma=1.0, keep=4, floor=0.1),
    Round(96, sigma=1.0, keep=2, floor=0.1),
    Round(200, sigma=1.0, keep=1, floor=0.1),
)
"""In place of `FINE` where the focal length is estimated, too."""
FINEST_SIGMA = 0.5
"""Smoothing at the finest size, in pixels: hides that a rendering samples pixels at one point each."""
FINEST_FLOOR = 0.05
"""Least outlier scale at the finest size."""


@dataclass
class LocalizerConfig:
    """How a query's camera is searched for."""

    retrieval: RetrievalName = "polar"
    """How the first poses are found: `polar` compares views at every roll, aim and distance; `image` and
    `efficientnet_b4` take the most similar training view; `sift` matches features and solves for the camera."""
    weights: Path | None = None
    """File with the weights of `--retrieval efficientnet_b4`; else the caches of timm and torch, or a download."""
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
    nearby_views: int = 4
    """Training photos near the query that correct the renderings of the last steps; 0 for the field alone."""
    lighting: bool = True
    """Whether direct alignment also finds the query's gain and bias for each colour channel, where they clearly differ
    from those of the training photos."""
    doubt: float = 2.5
    """A second search is made where the residual is more than this many times that of normal views."""
    tolerance: float = 4.25
    """A query has converged where its residual is at most this many times that of normal views at their true poses, or
    --doubt times where its background is unknown.
    (On generated toys, right poses of objects that lack a large part reach 3.7, wrong poses begin at 4.8.)"""
    batch: int = 0
    """Photos that direct alignment takes at once, all their hypotheses rendered together; 0 for 16 where a GPU renders
    splats and 1 elsewhere."""
    inversion: InversionConfig = field(default_factory=InversionConfig)
    """Options of `--refine inversion`."""
    sift: SiftConfig = field(default_factory=SiftConfig)
    """Options of `--retrieval sift`."""


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
    light: Light = UNCHANGED
    """How the photo's light differs from that of the training photos; found by direct alignment only."""
    retrieval: str = "polar"
    """What found the pose that refinement began with, see `Retrieved.account`."""
    focal: float = 1.0
    """Factor on the focal lengths of the camera given, by which they are estimated; 1 where they were known."""


class Localizer:
    """Finds cameras of photos in one trained field.

    Example:
        >>> localizer = Localizer(field, gallery, LocalizerConfig())
        >>> localizer.localize(photo, camera).camera_to_world
    """

    def __init__(
        self,
        renderer: Renderer,
        gallery: Retriever,
        config: LocalizerConfig | None = None,
        typical_residual: float | None = None,
        corrected: Renderer | None = None,
        plain: bool = False,
    ):
        """Set up.

        Args:
            renderer: the trained field
            gallery: known views of the same object
            config: options
            typical_residual: the residual of normal views, see `typical_residual`; None accepts every pose as converged
            corrected: a slower and more truthful renderer for the last steps, see `CorrectedRenderer`
            plain: whether the field shows its object before a plain background, so that what else a query shows is
                nothing that it should explain
        """
        self.plain = plain
        self.renderer = renderer
        self.corrected = corrected or renderer
        self.gallery = gallery
        self.config = config or LocalizerConfig()
        self.typical_residual = typical_residual

    @property
    def residual_limit(self) -> float | None:
        """The residual up to which a query has converged; None where every pose is accepted."""
        return None if self.typical_residual is None else self.config.tolerance * self.typical_residual

    def localize(
        self, query: Float[Tensor, "h w 3"], camera: Pinhole, focal_starts: Sequence[float] = ()
    ) -> Localization:
        """Find the camera of a photo.

        Args:
            query: colour in [0, 1]
            camera: its intrinsics
            focal_starts: factors on its focal lengths from which direct alignment estimates them with the pose; none
                where they are known

        Raises:
            UserError: the field is not differentiable in the camera and the configuration asks for inversion
        """
        start = time.perf_counter()
        query, camera = self.made_smaller(query, camera)
        cluttered = self.plain and is_cluttered(query, camera)
        direct = self.config.refine == "direct"
        known = self.gallery.retrieve(query, camera, self.config.more_hypotheses if direct else 1)
        if direct:
            best = self._align(query, camera, known, focal_starts, cluttered)
        else:
            pose = known.poses[0]
            if self.config.refine == "inversion":
                pose = invert(self.renderer, query, camera, pose, self.config.inversion)
            best = self._judged(query, camera, pose, lighting=False, cluttered=cluttered)
        return replace(
            best,
            converged=self.is_converged(best, cluttered),
            seconds=time.perf_counter() - start,
            retrieval=known.account,
        )

    def _judged(
        self,
        query: Float[Tensor, "h w 3"],
        camera: Pinhole,
        pose: Float[Tensor, "4 4"],
        lighting: bool,
        focal: float = 1.0,
        cluttered: bool = False,
    ) -> Localization:
        seen = final_look(self.renderer, query, zoomed(camera, focal), pose, lighting, cluttered)
        return Localization(pose, seen.residual, True, 0.0, seen.light, focal=focal)

    def _align(
        self,
        query: Float[Tensor, "h w 3"],
        camera: Pinhole,
        known: Retrieved,
        focal_starts: Sequence[float],
        cluttered: bool,
    ) -> Localization:
        lighting, free = self.config.lighting, bool(focal_starts)

        @cache
        def target(size: int, sigma: float) -> Target:
            return make_target(query, camera, size, sigma, cluttered=cluttered)

        finest = target(self.config.finest_size, FINEST_SIGMA)
        tried = 0
        best = None
        for count in (self.config.hypotheses, self.config.more_hypotheses):
            guesses = [Hypothesis(pose) for pose in known.poses[tried:count]]
            if not guesses:
                break
            survivors = search(self.renderer, target, guesses, COARSE, lighting=lighting)
            if free:
                small = scaled_camera(camera, COARSE[-1].size)
                survivors = with_focal_starts(self.renderer, small, survivors, focal_starts)
            fine = FINE_WITH_FOCAL if free else FINE
            guess = search(self.renderer, target, survivors, fine, lighting=lighting, free_focal=free)[0]
            renders = self.config.finest_renders
            resting = polish(self.corrected, finest, guess, FINEST_FLOOR, renders, lighting=lighting, free_focal=free)
            found = self._judged(query, camera, resting.camera_to_world, lighting, resting.focal, cluttered)
            if best is None or found.residual < best.residual:
                best = found
            if not self.is_doubtful(best):
                break
            tried = count
        assert best is not None
        return best

    def is_doubtful(self, found: Localization) -> bool:
        """Whether a second search from more guesses is worth while."""
        return self._exceeds(found.residual, self.config.doubt)

    def is_converged(self, found: Localization, cluttered: bool = False) -> bool:
        """Whether the residual is one that a right pose has.

        Where only the rendering's own pixels count, a wrong pose leaves less unexplained: a doubt is enough.
        """
        tolerance = min(self.config.tolerance, self.config.doubt) if cluttered else self.config.tolerance
        return not self._exceeds(found.residual, tolerance)

    def made_smaller(self, query: Float[Tensor, "h w 3"], camera: Pinhole) -> tuple[Float[Tensor, "_h _w 3"], Pinhole]:
        """The photo as large as alignment looks at it: one of many megapixels then costs no more than others."""
        camera = scaled_camera(camera, LARGEST * max(self.config.finest_size, RESIDUAL_SIZE))
        return resize(query.float(), camera.w, camera.h), camera

    def _exceeds(self, residual: float, times: float) -> bool:
        return self.typical_residual is not None and residual > times * self.typical_residual


def final_look(
    renderer: Renderer,
    query: Float[Tensor, "h w 3"],
    camera: Pinhole,
    camera_to_world: Float[Tensor, "4 4"],
    lighting: bool = True,
    cluttered: bool = False,
) -> Look:
    """A photo and its rendering at a given pose, at the one size at which residuals are compared; see `look`."""
    target = make_target(query, camera, RESIDUAL_SIZE, 1.0, cluttered=cluttered)
    return look(renderer, camera_to_world, target, lighting)


def residual_at(
    renderer: Renderer,
    query: Float[Tensor, "h w 3"],
    camera: Pinhole,
    camera_to_world: Float[Tensor, "4 4"],
    lighting: bool = True,
) -> float:
    """The residual of a photo at a given pose; see `mismatch`."""
    return final_look(renderer, query, camera, camera_to_world, lighting).residual
