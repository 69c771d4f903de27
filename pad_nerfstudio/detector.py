"""Everything that judging a single photo needs, loaded once: the library behind `ns-pad-score --watch`."""

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Float64, UInt8
from torch import Tensor

from pad_nerfstudio.anomaly.calibrated_scorer import CalibratedScorer, calibrated_scorer
from pad_nerfstudio.anomaly.gather import posed_normal_views, prepared_localizer
from pad_nerfstudio.anomaly.outputs import OutputFolder, as_bytes
from pad_nerfstudio.anomaly.overlay import map_limit, overlay
from pad_nerfstudio.anomaly.score_queries import Track
from pad_nerfstudio.anomaly.settings import ScoringSettings
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.batch.photos import localize_one
from pad_nerfstudio.localization.field_localizer import read_photo
from pad_nerfstudio.localization.intrinsics import Intrinsics, query_camera
from pad_nerfstudio.localization.jacobian import zoomed
from pad_nerfstudio.localization.localizer import Localizer, LocalizerConfig
from pad_nerfstudio.models.trained_field import load_trained_field
from pad_nerfstudio.odd_one_out.options import field_config


@dataclass(frozen=True, eq=False)
class Result:
    """What a detector says of one photo, `h` x `w` pixels."""

    pose: Float64[np.ndarray, "4 4"]
    """Camera-to-world, OpenGL axes (x right, y up, z back), in the data set's own world frame and units."""
    camera: Pinhole
    """The photo's intrinsics at its own size, its focal length as estimated where that was asked for."""
    converged: bool
    """Whether the photo was localised; if not, everything here comes from the best pose found."""
    residual: float
    """Mean truncated colour difference between photo and rendering over the object, in [0, 1], as in `poses.json`."""
    map: Float32[np.ndarray, "h w"]
    """Not negative, higher is more anomalous; by default in standard deviations of held-out normal views, weighed by
    a network's odds, as `ns-pad-score` writes it."""
    score: float
    """The image score, higher is more anomalous."""
    p_value: float | None
    """Share of normal views that would score as high, this one counted among them; None without held-out views."""
    threshold: float | None
    """Scores above it are anomalous; None without held-out views."""
    is_anomalous: bool | None
    """The verdict; None without a threshold."""
    image: UInt8[np.ndarray, "h w 3"]
    """The photo as it was judged: RGB, upright."""
    reference: UInt8[np.ndarray, "h w 3"]
    """How a good object would look from that pose in the photo's light, RGB."""
    box: tuple[int, int, int, int]
    """Top, bottom, left and right of the object in the reference, in pixels, the ends exclusive."""
    seconds: float
    """Time for localising, rendering and comparing."""

    @property
    def mask(self) -> Bool[np.ndarray, "h w"]:
        """Where the map lies above the threshold; nowhere without one."""
        return np.zeros(self.map.shape, bool) if self.threshold is None else self.map > self.threshold

    @property
    def overlay(self) -> UInt8[np.ndarray, "h w 3"]:
        """The photo in gray with the map on top and a contour around `mask`, RGB."""
        return overlay(self.image, self.map, map_limit(self.threshold, self.score), self.threshold)


class Detector:
    """Localises and scores single photos against one trained field; see `load_detector`.

    May be asked from several threads.
    """

    def __init__(self, field: Any, localizer: Localizer, calibrated: CalibratedScorer) -> None:
        self.field = field
        self.localizer = localizer
        self.calibrated = calibrated

    def score(self, image: Path | str | np.ndarray, intrinsics: Intrinsics | None = None) -> Result:
        """Find the camera of a photo and compare the photo with the normal object seen from there.

        Args:
            image: path of a photo of any common format, or its pixels: uint8 RGB, height x width x 3, upright
            intrinsics: those of the photo; by default those of the training camera, scaled to the photo's size

        Raises:
            UserError: the photo is missing or broken, the array is no such image, its proportions are not those of the
                training photos and no intrinsics are given, or a training photo is missing
        """
        return self.score_query(*self.read(image, intrinsics))

    def read(
        self, image: Path | str | np.ndarray, intrinsics: Intrinsics | None = None
    ) -> tuple[Float[Tensor, "h w 3"], Pinhole, tuple[float, ...]]:
        """Colours in [0, 1], camera and `focal_starts` of a photo, with what `score` says of the arguments.

        Raises:
            UserError: it cannot be read, or its intrinsics are unknown
        """
        if isinstance(image, np.ndarray):
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
                shape = "x".join(map(str, image.shape))
                raise UserError(f"image: an array of {image.dtype}, {shape}; give uint8 RGB, height x width x 3")
            named, query = Path("image"), torch.tensor(image).float() / 255
        else:
            named = Path(image).expanduser().absolute()
            query = read_photo(named, self.field.background)
        h, w = query.shape[:2]
        settled = query_camera(named, w, h, self.field.camera, intrinsics or Intrinsics())
        return query, settled.camera, settled.focal_starts

    def score_query(
        self, query: Float[Tensor, "h w 3"], camera: Pinhole, focal_starts: tuple[float, ...] = ()
    ) -> Result:
        """Localise and judge what `read` has read.

        Raises:
            UserError: a training photo is missing or broken
        """
        start = time.perf_counter()
        scorer, calibration = self.calibrated.scorer, self.calibrated.calibration
        found = localize_one(self.localizer, query, camera, focal_starts)
        camera = zoomed(camera, found.focal)
        scored = scorer.judged(scorer.compare(query, found.camera_to_world, camera, found.light))
        return Result(
            pose=found.camera_to_world.numpy(),
            camera=camera,
            converged=found.converged,
            residual=found.residual,
            map=scored.anomaly_map.float().cpu().numpy(),
            score=scored.image_score,
            p_value=calibration.p_value(scored.image_score),
            threshold=calibration.threshold,
            is_anomalous=calibration.is_anomalous(scored.image_score),
            image=as_bytes(query),
            reference=as_bytes(scored.reference.rgb),
            box=scored.box,
            seconds=time.perf_counter() - start,
        )


def load_detector(
    config: Path | str,
    settings: ScoringSettings | None = None,
    localizer: LocalizerConfig | None = None,
    cache: Path | str | None = None,
    device: str = "auto",
    track: Track = lambda items, _: items,
) -> Detector:
    """Load a trained field, the gallery by which photos are localised, and what held-out normal views teach.

    The numbers are those of `ns-pad-localize` and `ns-pad-score` with the same options.

    Args:
        config: the config.yml of a run of any Nerfstudio method; reading it runs the Python code it names
        settings: how photos are compared and judged; by default as `ns-pad-score` does
        localizer: how cameras are searched for; by default as `ns-pad-localize` does
        cache: folder in which the poses of held-out views and what they teach are kept, so that loading takes seconds
            the next time; the `--output-dir` of `ns-pad-score` is one. By default nothing is kept
        device: where the field is rendered: `auto`, `cpu` or `cuda`
        track: shows the progress

    Raises:
        UserError: there is no such run, or something it needs is missing or broken
    """
    field = load_trained_field(field_config(Path(config).expanduser()), device)
    localizer = localizer or LocalizerConfig()
    with TemporaryDirectory() as nowhere:
        kept = OutputFolder(Path(nowhere if cache is None else cache).expanduser().absolute())
        normal_views = posed_normal_views(field, kept.held_out, localizer)
        settings = settings or ScoringSettings()
        calibrated = calibrated_scorer(field, normal_views, settings, kept.normal_views_path, track)
    return Detector(field, prepared_localizer(field, localizer), calibrated)
