"""A finished scoring run made of synthetic pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from pad_nerfstudio.anomaly.calibration import Calibration
from pad_nerfstudio.anomaly.evaluation import ScoredImage, evaluate, pixel_scores
from pad_nerfstudio.anomaly.outputs import OutputFolder, QueryScore, read_map, write_map, write_png
from pad_nerfstudio.anomaly.overlay import overlay
from pad_nerfstudio.anomaly.scoring_run import Residuals, ScoringRun
from pad_nerfstudio.data.images import read_mask


def fake_run(root: Path, per_kind: int = 2, name: str = "<b>toy</b>", side: int = 32) -> ScoringRun:
    """Write photos, masks and outputs below `root`; a bright square is the defect, its score grows with the index."""
    random = np.random.default_rng(0)
    output, scores = OutputFolder(root / "out"), []
    calibration = Calibration(np.linspace(0.1, 0.5, 19), 0.05)
    for kind in ("good", "Burrs", "Stains & <i>scratches</i>"):
        for index in range(per_kind):
            file_path = f"test/{kind}/{index}.png"
            photo = random.integers(150, 255, (side, side, 3), dtype=np.uint8)
            mask = np.zeros((side, side), bool)
            anomaly_map = random.random((side, side)).astype(np.float32) * 0.3
            if kind != "good":
                mask[4 : 4 + side // 4, 6 : 6 + side // 4] = True
                anomaly_map += mask * np.float32(0.1 + index / per_kind)
            path, mask_path = root / file_path, root / "ground_truth" / kind / f"{index}_mask.png"
            for target, pixels in ((path, photo), (mask_path, mask.astype(np.uint8) * 255)):
                target.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(target)
            write_map(output.map_path(file_path), anomaly_map)
            write_png(output.reference_path(file_path), photo)
            write_png(output.overlay_path(file_path), overlay(photo, anomaly_map, 1.0, 0.5))
            scores.append(
                QueryScore(
                    file_path=file_path,
                    path=str(path),
                    kind=kind,
                    label=int(kind != "good"),
                    mask_path=None if kind == "good" else str(mask_path),
                    image_score=float(anomaly_map.max()),
                    converged=index != 1,
                    box=(2, side - 2, 2, side - 2),
                    seconds=0.5 + 0.1 * index,
                )
            )
    images = []
    for score in scores:
        mask = np.zeros((side, side), bool)
        if score.mask_path is not None:
            mask = read_mask(Path(score.mask_path), (side, side))
        box = (slice(score.box[0], score.box[1]), slice(score.box[2], score.box[3]))
        pixels = pixel_scores(read_map(output.map_path(score.file_path)), mask, box)
        images.append(ScoredImage(score.kind, score.label, score.image_score, pixels))
    evaluated = evaluate(images)
    verdicts = [calibration.is_anomalous(score.image_score) for score in scores]
    summary = {
        "object": name,
        "preset": "pad-nerf",
        "comparison": "lab-envelope",
        "calibration": "classes",
        "map_unit": "one standard deviation of normal views at such places",
        **evaluated.figures,
        "verdicts": {"anomalous": verdicts.count(True), "normal": verdicts.count(False)},
        "seed": 42,
        "field": {"config": "/runs/toy/config.yml", "checkpoint": "/runs/toy/step.ckpt"},
        "timings": {"seconds_per_query": 0.6},
        "versions": {"pad-nerfstudio": "0.1.0", "torch": "2.1"},
    }
    residuals = Residuals({score.file_path: 0.02 if score.converged else 0.3 for score in scores}, 0.1)
    notes = ["one.png is broken and was left out"]
    return ScoringRun(output, scores, calibration, summary, notes, evaluated.curves, residuals)


def many_times(run: ScoringRun, count: int) -> ScoringRun:
    """The run with `count` queries, which share the pictures of its own."""
    scores = []
    for index in range(count):
        like = run.scores[index % len(run.scores)]
        name = f"test/{like.kind}/many {index:04}.png"
        for place in (run.output.map_path, run.output.reference_path, run.output.overlay_path):
            place(name).hardlink_to(place(like.file_path))
        scores.append(replace(like, file_path=name, image_score=like.image_score * (1 + index / count)))
    return replace(run, scores=scores)
