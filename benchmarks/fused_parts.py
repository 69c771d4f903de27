"""Parts in several photos: does the fused score rank them better than their best photo, or the mean of their photos?

    python benchmarks/fused_parts.py --data TOY [TOY ...] --work-dir FOLDER

TOY is a class folder with physical parts (`render_bricks.py --good-parts 12 --defective-parts 8 --part-views 9`). A
field is trained on its normal views, the first `--views` photos of every part are localised (true poses are not read)
and scored with `--part-id folder`, all by the commands that a user types. One photo more of each part is no query: the
fused scores are rendered by its camera and compared with its mask. What is finished in FOLDER is not done again.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from recorded import record
from sklearn.metrics import average_precision_score, roc_auc_score
from whole_job import run

from pad_nerfstudio.anomaly.fused.parts import read_volume
from pad_nerfstudio.anomaly.fused.rendered_scores import rendered_scores
from pad_nerfstudio.data.images import read_mask, verified_size
from pad_nerfstudio.data.mad_files import QueryFiles, find_queries
from pad_nerfstudio.localization.true_poses import frames_of, pose_figures
from pad_nerfstudio.models.trained_field import load_trained_field

RESAMPLINGS = 1000
SEED = 0
FUSED, BEST, MEAN, SINGLE = "fused", "best view", "mean of views", "a random view"
FEWEST_PIXELS = 10
"""A photo shows a defect where its mask has as many pixels."""


@dataclass
class FusedParts:
    """Options of fused_parts.py."""

    data: tuple[Path, ...]
    """Class folders of generated toys with parts."""
    work_dir: Path
    """Folder for the runs and their results."""
    views: int = 8
    """Photos of each part that are queries; the next one is not."""
    held_out: float = 0.12
    """Share of the normal views that do not train: they must be more than a part has photos."""
    output: Path = Path(__file__).parent / "results" / "fused_parts.json"
    """Where the figures go."""


@dataclass(frozen=True)
class Part:
    """One part with all its scores."""

    name: str
    kind: str
    fused: float
    views: tuple[float, ...]
    """Image scores of its photos."""
    odd: bool
    """The verdict by the fused score."""
    odd_views: int
    """How many of its photos are called anomalous."""

    def by(self, rule: str, view: int = 0) -> float:
        """The score of the part by one of the four rules; the random view is given."""
        return {FUSED: self.fused, BEST: max(self.views), MEAN: float(np.mean(self.views)), SINGLE: self.views[view]}[
            rule
        ]


def photos_of_parts(data: Path) -> dict[str, list[QueryFiles]]:
    """All photos of each part, in order."""
    found: dict[str, list[QueryFiles]] = {}
    for query in find_queries(data.absolute()):
        if query.image.parent.name != query.kind:
            found.setdefault(query.image.parent.name, []).append(query)
    return found


def scored(options: FusedParts, data: Path, photos: dict[str, list[QueryFiles]]) -> Path:
    """Train, localise and score by the commands; returns the folder of the results."""
    work = options.work_dir.absolute() / data.name
    results, config = work / "results", work / "field" / "pad-nerf" / "run" / "config.yml"
    results.mkdir(parents=True, exist_ok=True)
    where = ["--data", data.absolute(), "--output-dir", work, "--experiment-name", "field", "--timestamp", "run"]
    if not list(config.parent.glob("nerfstudio_models/*.ckpt")):
        held_out = ["mad-data", "--eval-fraction", str(options.held_out)]
        run("ns-train", "pad-nerf", *where, *held_out, log=work / "train.log")
    queries = [photo.image for own in photos.values() for photo in own[: options.views]]
    field = ["--load-config", config, "--output-dir", results]
    run("ns-pad-localize", *field, "--queries", *queries, log=work / "localize.log")
    poses = ["--poses", results / "poses.json", "--part-id", "folder"]
    run("ns-pad-score", *field, *poses, "--queries", *queries, log=work / "score.log")
    return results


def parts_of(results: Path, photos: dict[str, list[QueryFiles]]) -> list[Part]:
    """Every part with its scores."""
    by_part: dict[str, list[dict[str, str]]] = {}
    for row in rows_of(results / "scores.csv"):
        by_part.setdefault(Path(row["file_path"]).parent.name, []).append(row)
    found = []
    for row in rows_of(results / "parts.csv"):
        name, own = row["part_id"], by_part[row["part_id"]]
        views, odd = tuple(float(one["image_score"]) for one in own), sum(one["is_anomalous"] == "true" for one in own)
        kind = photos[name][0].kind
        found.append(Part(name, kind, float(row["fused_score"]), views, row["is_anomalous"] == "true", odd))
    return found


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with path.open() as file:
        return list(csv.DictReader(file))


def verdicts(parts: list[Part]) -> dict[str, str]:
    """How many parts are called anomalous: by the fused score, and where any photo is."""
    good, odd = ([p for p in parts if (p.kind == "good") == is_good] for is_good in (True, False))
    rules: dict[str, Callable[[Part], bool]] = {FUSED: lambda p: p.odd, "any photo": lambda p: p.odd_views > 0}
    return {
        f"{rule}: {title}": f"{sum(map(verdict, group))} of {len(group)}"
        for rule, verdict in rules.items()
        for title, group in (("false alarms", good), ("detected", odd))
    }


def auroc(parts: list[Part], rule: str) -> float:
    """In percent; of the random view, the mean over which it is."""
    labels = [part.kind != "good" for part in parts]
    views = range(min(len(part.views) for part in parts)) if rule == SINGLE else range(1)
    return 100 * float(np.mean([roc_auc_score(labels, [part.by(rule, view) for part in parts]) for view in views]))


def interval(parts: list[Part], figure: Callable[[list[Part]], float]) -> list[float]:
    """The middle 95% of a figure over parts drawn anew, good and defective ones apart."""
    draws = np.random.default_rng(SEED)
    groups = [[p for p in parts if p.kind == "good"], [p for p in parts if p.kind != "good"]]
    found = []
    for _ in range(RESAMPLINGS):
        found.append(figure([group[i] for group in groups for i in draws.integers(len(group), size=len(group))]))
    return [round(float(q), 2) for q in np.quantile(found, (0.025, 0.975))]


def ranking(parts: list[Part]) -> dict[str, Any]:
    """Part-level AUROC of each rule with intervals, by kind, and by how much fusing is better."""
    kinds = sorted({part.kind for part in parts} - {"good"})
    found: dict[str, Any] = {}
    for rule in (FUSED, BEST, MEAN, SINGLE):
        of_kinds = {kind: round(auroc([p for p in parts if p.kind in ("good", kind)], rule), 2) for kind in kinds}
        found[rule] = {"auroc": round(auroc(parts, rule), 2), **of_kinds}
        if rule != SINGLE:
            found[rule]["interval"] = interval(parts, lambda some, rule=rule: auroc(some, rule))
    for other in (BEST, MEAN):
        gain = interval(parts, lambda some, other=other: auroc(some, FUSED) - auroc(some, other))
        found[f"{FUSED} - {other}"] = {"interval": gain}
    return found


def unseen_view(results: Path, photos: dict[str, list[QueryFiles]], config: Path, views: int) -> dict[str, Any]:
    """Pixel AUROC and AP, in percent, of fused scores rendered at the camera of a photo that was no query.

    Over all parts, and over those whose defect this photo and any query shows.
    """
    field = load_trained_field(config)
    cameras = frames_of(field.data_root / "true_poses.json")
    maps, masks, shown = [], [], []
    for name, own in photos.items():
        photo = own[views]
        pose = cameras[photo.image.relative_to(field.data_root).as_posix()]["transform_matrix"]
        volume = read_volume(results / "parts" / f"{name}.npz")
        maps.append(rendered_scores(volume, field, torch.tensor(pose, dtype=torch.float64), field.camera).numpy())
        pixels = [_mask(one, maps[-1].shape) for one in (photo, *own[:views])]
        masks.append(pixels[0])
        shown.append(pixels[0].sum() >= FEWEST_PIXELS and max(m.sum() for m in pixels[1:]) >= FEWEST_PIXELS)
    found: dict[str, Any] = {}
    for title, chosen in ("all parts", [True] * len(maps)), ("defect seen", shown):
        scores = np.concatenate([m.ravel() for m, c in zip(maps, chosen, strict=True) if c])
        truth = np.concatenate([m.ravel() for m, c in zip(masks, chosen, strict=True) if c])
        found[title] = {
            "parts": int(np.sum(chosen)),
            "pixel_auroc": round(100 * float(roc_auc_score(truth, scores)), 2),
            "pixel_ap": round(100 * float(average_precision_score(truth, scores)), 2),
            "share_of_defect": round(100 * float(truth.mean()), 3),
        }
    return found


def _mask(photo: QueryFiles, shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape, bool) if photo.mask is None else read_mask(photo.mask, (shape[1], shape[0]))


def seen_in(photos: dict[str, list[QueryFiles]], views: int) -> dict[str, float]:
    """In how many of the queries of a defective part its defect shows."""
    counts = [
        sum(int(_mask(one, verified_size(one.image)[::-1]).sum()) >= FEWEST_PIXELS for one in own[:views])
        for own in photos.values()
        if own[0].kind != "good"
    ]
    return {"mean": float(np.mean(counts)), "least": min(counts), "most": max(counts)}


def main(options: FusedParts) -> None:
    """Toy by toy."""
    found: dict[str, Any] = {}
    for data in options.data:
        photos = photos_of_parts(data)
        results = scored(options, data, photos)
        parts = parts_of(results, photos)
        config = results.parent / "field" / "pad-nerf" / "run" / "config.yml"
        found[data.name] = {
            "good_parts": sum(part.kind == "good" for part in parts),
            "defective_parts": sum(part.kind != "good" for part in parts),
            "photos_of_a_part": options.views,
            "photos_that_show_the_defect": seen_in(photos, options.views),
            "poses": pose_figures(results / "poses.json", data / "true_poses.json"),
            "part_level": ranking(parts),
            "verdicts": verdicts(parts),
            "view_that_was_no_query": unseen_view(results, photos, config, options.views),
        }
        for rule, figures in found[data.name]["part_level"].items():
            print(f"{data.name:12}{rule:28}", figures)
        for name in ("verdicts", "view_that_was_no_query"):
            print(f"{data.name:12}{name:28}", found[data.name][name])
    record(options.output, {"toys": found})


if __name__ == "__main__":
    main(tyro.cli(FusedParts))
