"""What calibration by normal views does to scores, verdicts and false alarms: none, cues and classes on the same maps.

    python benchmarks/calibration.py --load-config CONFIG --poses POSES --held-out FOLDER --compared FILE

FOLDER is where ns-pad-score left the poses of the held-out views (OUT/held_out). FILE keeps the comparisons, which take
most of the time; it is read where it exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import tyro
from recorded import record
from sklearn.metrics import roc_auc_score

from pad_nerfstudio.anomaly.calibrate import learn_from_maps
from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.anomaly.comparison import comparison_named
from pad_nerfstudio.anomaly.expected_view import ExpectedView
from pad_nerfstudio.anomaly.gather import posed_normal_views, posed_queries
from pad_nerfstudio.anomaly.map_noise import CALIBRATIONS, noise_kind
from pad_nerfstudio.anomaly.object_distance import distance_to_object, distance_to_silhouette
from pad_nerfstudio.anomaly.pixel_class import EDGE_DISTANCE
from pad_nerfstudio.anomaly.scorer import ComparedPhoto, Scorer
from pad_nerfstudio.models.nearby_views import NearbyViews
from pad_nerfstudio.models.rendering import Rendering
from pad_nerfstudio.models.trained_field import load_trained_field

RATES = (0.05, 0.01)
NOISIEST = 1e-3
"""Share of the pixels near good objects that count as the noisiest."""
DETECTED = 0.8
"""Share of anomalous queries that score above the level at which false alarms are counted: the same for each way."""
THIN = 7
"""Parts of the object that a disk of this radius does not fit into are thin, in pixels."""


@dataclass
class CalibrationBenchmark:
    """Options of calibration.py."""

    load_config: Path
    """The config.yml of a trained field."""
    poses: Path
    """The poses.json of its test split."""
    held_out: Path
    """Folder with the poses of its held-out views."""
    compared: Path
    """File that keeps the comparisons."""
    output: Path | None = None
    """Where the figures go; `benchmarks/results/TOY_calibration.json` where not given."""


def scorer_of(field: Any) -> Scorer:
    """The default comparison."""
    nearby = NearbyViews(field, field.training_views, field.background)
    return Scorer(field, field.background, comparison_named("lab-envelope"), nearby=nearby)


def compared_photos(
    options: CalibrationBenchmark, field: Any, scorer: Scorer
) -> list[tuple[int | None, ComparedPhoto]]:
    """Label (None for held-out views) and comparison of every photo."""
    if not options.compared.is_file():
        queries, _ = posed_queries(field, (), options.poses, options.held_out.parent, False)
        photos = [*queries, *posed_normal_views(field, options.held_out)]
        held = len(photos) - len(queries)
        labels = [*(photo.label for photo in queries), *[None] * held]
        torch.save(
            [packed(label, scorer.compared(photo)) for label, photo in zip(labels, photos, strict=True)],
            options.compared,
        )
    return [unpacked(one) for one in torch.load(options.compared)]


def packed(label: int | None, one: ComparedPhoto) -> dict[str, Any]:
    """What is kept of a comparison."""
    view, r = one.view, one.view.reference
    tensors = {
        "rgb": r.rgb.half(),
        "depth": r.depth,
        "accumulation": r.accumulation.half(),
        "spread": view.spread.half(),
        "unconfirmed": view.unconfirmed,
    }
    return {"label": label, "map": one.anomaly_map, "focal_length": view.focal_length, **tensors}


def unpacked(kept: dict[str, Any]) -> tuple[int | None, ComparedPhoto]:
    """The inverse of `packed`; the query itself is not kept."""
    reference = Rendering(kept["rgb"].float(), kept["depth"], kept["accumulation"].float())
    view = ExpectedView(reference, kept["spread"].float(), kept["unconfirmed"], kept["focal_length"])
    return kept["label"], ComparedPhoto(reference.rgb, view, kept["map"])


def places(view: ExpectedView) -> dict[str, np.ndarray]:
    """Masks: near the object, its silhouette, its thin parts."""
    accumulation = view.reference.accumulation
    solid = (accumulation > 0.5).numpy().astype(np.uint8)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * THIN + 1,) * 2)
    return {
        "near": (distance_to_object(accumulation) <= 8).numpy(),
        "silhouette": (distance_to_silhouette(accumulation) < EDGE_DISTANCE).numpy(),
        "thin": (solid > cv2.morphologyEx(solid, cv2.MORPH_OPEN, disk)).astype(bool),
    }


def figures(scorer: Scorer, name: str, photos: Sequence[tuple[int | None, ComparedPhoto]]) -> dict[str, Any]:
    """Of one calibration."""
    learnt = learn_from_maps([one for label, one in photos if label is None], scorer, noise_kind(name))
    judged = Scorer(scorer.renderer, scorer.background, scorer.comparison, noise=learnt.noise)
    labels = np.array([label for label, _ in photos if label is not None])
    maps = [judged.judged(one).anomaly_map.numpy() for label, one in photos if label is not None]
    scores = np.array([one.max() for one in maps])
    found: dict[str, Any] = {"image_auroc": 100 * roc_auc_score(labels, scores), "normal_scores": learnt.scores}
    for rate in RATES:
        calibration = Calibration(np.array(learnt.scores), rate)
        above = scores > calibration.threshold
        worst = scores > max(learnt.scores)
        found[f"rate_{rate}"] = {
            "threshold": calibration.threshold,
            "extrapolated": calibration.extrapolated,
            "false_alarms": f"{int(above[labels == 0].sum())} of {int((labels == 0).sum())}",
            "detected": f"{int(above[labels == 1].sum())} of {int((labels == 1).sum())}",
            "detected_above_worst_normal_view": f"{int(worst[labels == 1].sum())} of {int((labels == 1).sum())}",
        }
    good = [one for label, one in photos if label == 0]
    good_maps = [one for label, one in zip(labels, maps, strict=True) if label == 0]
    level = float(np.quantile(scores[labels == 1], 1 - DETECTED))
    return {**found, "good_queries": false_alarm_places(good, good_maps, level)}


def false_alarm_places(good: Sequence[ComparedPhoto], maps: Sequence[np.ndarray], level: float) -> dict[str, Any]:
    """Where good queries are highest: maxima, share of the noisiest pixels, and pixels above `level`, by place."""
    where = [places(one.view) for one in good]
    near = np.concatenate([one[mask["near"]] for one, mask in zip(maps, where, strict=True)])
    noisiest = near > np.quantile(near, 1 - NOISIEST)
    found: dict[str, Any] = {}
    for place in ("near", "silhouette", "thin"):
        inside = np.concatenate([mask[place][mask["near"]] for mask in where])
        maxima = sum(bool(mask[place].ravel()[one.argmax()]) for one, mask in zip(maps, where, strict=True))
        found[place] = {
            "pixels_percent": 100 * float(inside.mean()),
            "maxima": f"{maxima} of {len(maps)}",
            "noisiest_percent": 100 * float(inside[noisiest].mean()),
            f"pixels_above_level_of_{DETECTED:g}_detected": int((inside & (near > level)).sum()),
        }
    return found


def main(options: CalibrationBenchmark) -> None:
    """Compare once, calibrate in every way."""
    field = load_trained_field(options.load_config, "cpu")
    scorer = scorer_of(field)
    photos = compared_photos(options, field, scorer)
    found = {name: figures(scorer, name, photos) for name in CALIBRATIONS}
    for name, one in found.items():
        print(name, {key: value for key, value in one.items() if key != "normal_scores"})
    record(options.output or Path(__file__).parent / "results" / f"{field.data_root.name}_calibration.json", found)


if __name__ == "__main__":
    main(tyro.cli(CalibrationBenchmark))
