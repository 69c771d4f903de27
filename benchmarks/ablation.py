"""What each ingredient of the default method adds, one change a row, on the same field and poses.

    python benchmarks/ablation.py --load-config CONFIG --poses POSES --held-out FOLDER

FOLDER is where ns-pad-score left the poses of the held-out views (OUT/held_out). A last row takes the true poses of the
queries, for what better poses could still give. With `--other-poses`, which may hold some of the queries only, as
inversion takes long, the first and the default row are given again on those queries, at either poses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
import tyro
from recorded import record

from pad_nerfstudio.anomaly.calibrate import learn_from_maps
from pad_nerfstudio.anomaly.comparison import Comparison, comparison_named
from pad_nerfstudio.anomaly.evaluation import ScoredImage, evaluate, pixel_scores
from pad_nerfstudio.anomaly.expected_view import ExpectedView
from pad_nerfstudio.anomaly.gather import posed_normal_views, posed_queries
from pad_nerfstudio.anomaly.lab_envelope import lab_envelope
from pad_nerfstudio.anomaly.learned.comparison import read_comparator
from pad_nerfstudio.anomaly.learned.second_opinion import SecondOpinion
from pad_nerfstudio.anomaly.map_noise import noise_kind
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.scorer import ComparedPhoto, Scorer
from pad_nerfstudio.concurrency import in_threads, workers_for
from pad_nerfstudio.data.images import read_mask
from pad_nerfstudio.localization.true_poses import frames_of
from pad_nerfstudio.models.nearby_views import NearbyViews
from pad_nerfstudio.models.trained_field import load_trained_field

FIGURES = ("image_auroc", "pixel_auroc", "aupro", "pixel_ap", "pixel_f1_max")


@dataclass
class Ablation:
    """Options of ablation.py."""

    load_config: Path
    """The config.yml of a trained field."""
    poses: Path
    """The poses.json of its test split."""
    held_out: Path
    """Folder with the poses of its held-out views."""
    other_poses: Path | None = None
    """A poses.json of some or all of the queries, localised another way."""
    output: Path | None = None
    """Where the figures go; `benchmarks/results/TOY_ablation.json` where not given."""


@dataclass(frozen=True)
class Row:
    """One way to score."""

    name: str
    """What changed against the row before."""
    compare: Comparison
    """Query, reference and alternatives -> map."""
    nearby: bool = True
    """Whether the comparison is given what nearby photos show."""
    calibration: str = "none"
    """See `CALIBRATIONS`."""
    opinion: bool = False
    """Whether maps are weighed by the network's odds."""


def rows() -> list[Row]:
    """From the published pixel term to the default; then the network and embedded features alone."""
    features = comparison_named("feature-layers")
    return [
        Row("published pixel term", comparison_named("squared-error"), nearby=False),
        Row("perceptual colour instead", partial(lab_envelope, window=0), nearby=False),
        Row("+ minimum over a window", lab_envelope, nearby=False),
        Row("+ what nearby photos show", partial(lab_envelope, window_in_doubt=1)),
        Row("+ wider where they do not see", lab_envelope),
        Row("+ calibration by classes", lab_envelope, calibration="classes"),
        Row("+ the network's opinion (default)", lab_envelope, calibration="classes", opinion=True),
        Row("the network alone", comparison_named("learned")),
        Row("embedded features alone", features, nearby=False),
    ]


@dataclass(frozen=True, eq=False)
class Seen:
    """A photo beside all that may be compared with it."""

    photo: PosedPhoto
    query: torch.Tensor
    view: ExpectedView
    alternatives: torch.Tensor
    opinion: torch.Tensor


def seen(field: Any, photos: Sequence[PosedPhoto]) -> list[Seen]:
    """Render every photo's reference once for all rows."""
    nearby = NearbyViews(field, field.training_views, field.background)
    opinion = SecondOpinion(read_comparator())

    def look(photo: PosedPhoto) -> Seen:
        query, reference = photo.rgb(field.background), field.render(photo.camera_to_world, photo.camera)
        others = nearby.alternatives(photo.camera_to_world, photo.camera, reference, 5)
        view = ExpectedView.beside(others, reference, float(photo.camera.fl_x))
        return Seen(photo, query, view, others, opinion(query, reference, others))

    return in_threads(look, photos, workers_for(field))


def figures_of(row: Row, field: Any, queries: Sequence[Seen], held_out: Sequence[Seen]) -> dict[str, Any]:
    """Metrics of one row in percent, overall and the image AUROC of each kind."""

    def compared(one: Seen) -> ComparedPhoto:
        others = one.alternatives if row.nearby else one.alternatives[:0]
        anomaly_map = row.compare(one.query, one.view.reference, others)
        return ComparedPhoto(one.query, one.view, anomaly_map, one.opinion if row.opinion else None)

    def all_compared(photos: Sequence[Seen]) -> list[ComparedPhoto]:
        return in_threads(compared, photos, workers_for(field))

    scorer = Scorer(field, field.background, row.compare)
    learnt = learn_from_maps(all_compared(held_out), scorer, noise_kind(row.calibration))
    scorer = replace(scorer, noise=learnt.noise)
    images = [image_of(one.photo, scorer, c) for one, c in zip(queries, all_compared(queries), strict=True)]
    found = evaluate(images).figures
    kinds = {kind: 100 * values["image_auroc"] for kind, values in found["kinds"].items()}
    return {**{name: 100 * found["overall"][name] for name in FIGURES}, "image_auroc_of_kinds": kinds}


def image_of(photo: PosedPhoto, scorer: Scorer, compared: ComparedPhoto) -> ScoredImage:
    """What the metrics need."""
    scored = scorer.judged(compared)
    anomaly_map = scored.anomaly_map.numpy()
    h, w = anomaly_map.shape
    mask = (anomaly_map != anomaly_map) if photo.mask_path is None else read_mask(photo.mask_path, (w, h))
    top, bottom, left, right = scored.box
    pixels = pixel_scores(anomaly_map, mask, (slice(top, bottom), slice(left, right)))
    return ScoredImage(photo.kind, photo.label, scored.image_score, pixels)


def at_poses(photos: Sequence[PosedPhoto], poses: Path) -> list[PosedPhoto]:
    """The queries that a poses.json or true_poses.json knows, with the cameras it gives them."""
    frames = frames_of(poses)

    def posed(photo: PosedPhoto) -> PosedPhoto:
        pose = torch.tensor(frames[photo.file_path]["transform_matrix"], dtype=torch.float64)
        return replace(photo, camera_to_world=pose)

    return [posed(photo) for photo in photos if photo.file_path in frames]


def main(options: Ablation) -> None:
    """Score by every row."""
    field = load_trained_field(options.load_config)
    photos, _ = posed_queries(field, (), options.poses, options.held_out.parent, False)
    held_out = seen(field, posed_normal_views(field, options.held_out))
    queries = seen(field, photos)
    found = {row.name: figures_of(row, field, queries, held_out) for row in rows()}
    default = next(row for row in rows() if "default" in row.name)
    truth = field.data_root / "true_poses.json"
    if truth.is_file():
        found["default at the true poses"] = figures_of(default, field, seen(field, at_poses(photos, truth)), held_out)
    if options.other_poses is not None:
        others = at_poses(photos, options.other_poses)
        names = {photo.file_path for photo in others}
        for name, some in ("own", [q for q in queries if q.photo.file_path in names]), ("other", seen(field, others)):
            for row in (rows()[0], default):
                found[f"{row.name}, {len(others)} queries, {name} poses"] = figures_of(row, field, some, held_out)
    for name, figures in found.items():
        print(f"{name:60}", *(f"{figures[key]:6.2f}" for key in FIGURES))
    output = options.output or Path(__file__).parent / "results" / f"{field.data_root.name}_ablation.json"
    record(output, {"rows": found})


if __name__ == "__main__":
    main(tyro.cli(Ablation))
