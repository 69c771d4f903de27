"""Figures per kind and overall, and reasons where there are none."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from pad_nerfstudio.anomaly.evaluation import AUPRO_LIMIT, METRIC_NAMES, ScoredImage, evaluate, pixel_scores

SIDE = 20


def image(kind: str, score: float, seed: int, with_mask: bool = True) -> tuple[ScoredImage, np.ndarray, np.ndarray]:
    """A scored image with its map and mask; the object fills the box from 3 to 17."""
    random = np.random.default_rng(seed)
    mask = np.zeros((SIDE, SIDE), bool)
    if kind != "good":
        mask[5:9, 5:8] = mask[14, 14] = True
    anomaly_map = (random.random((SIDE, SIDE)) + 0.7 * mask).astype(np.float32)
    box = (slice(3, 17), slice(3, 17))
    pixels = pixel_scores(anomaly_map, mask, box) if with_mask else None
    return ScoredImage(kind, int(kind != "good"), float(score), pixels), anomaly_map, mask


def test_each_kind_is_measured_against_the_good_ones() -> None:
    made = [image("good", 1, 0), image("good", 3, 1), image("Burrs", 2, 2), image("Stains", 4, 3)]
    answer = evaluate([one[0] for one in made]).figures
    assert answer["kinds"]["Burrs"]["image_auroc"] == 0.5
    assert answer["kinds"]["Stains"]["image_auroc"] == 1.0
    assert answer["overall"]["image_auroc"] == 0.75
    assert answer["overall"]["n"] == 4 and answer["kinds"]["Burrs"]["n"] == 1
    assert answer["overall"]["reasons"] == {} and set(METRIC_NAMES) < set(answer["overall"])
    maps, masks = np.stack([one[1] for one in made]), np.stack([one[2] for one in made])
    assert answer["overall"]["pixel_auroc"] == pytest.approx(roc_auc_score(masks.ravel(), maps.ravel()))
    assert answer["overall"]["pixel_ap"] == pytest.approx(average_precision_score(masks.ravel(), maps.ravel()))
    boxed = np.s_[:, 3:17, 3:17]
    expected = roc_auc_score(masks[boxed].ravel(), maps[boxed].ravel())
    assert answer["overall"]["seg_pixel_auroc"] == pytest.approx(expected)


def test_without_labels_every_figure_is_none_with_a_reason() -> None:
    answer = evaluate([ScoredImage("", None, 1.0, None)]).figures
    assert answer["kinds"] == {} and answer["overall"]["n"] == 1
    assert all(answer["overall"][name] is None and answer["overall"]["reasons"][name] for name in METRIC_NAMES)


def test_good_queries_alone_have_no_auroc() -> None:
    answer = evaluate([image("good", 1, 0)[0]]).figures
    assert answer["overall"]["reasons"]["image_auroc"] == "no anomalous query"
    assert answer["overall"]["reasons"]["pixel_auroc"] == "no anomalous pixel with a ground-truth mask"


def test_queries_without_a_mask_are_counted_and_left_out_of_the_pixels() -> None:
    made = [image("good", 1, 0), image("Burrs", 2, 1), image("Burrs", 3, 2, with_mask=False)]
    answer = evaluate([one[0] for one in made]).figures
    assert answer["overall"]["n_without_mask"] == 1
    assert answer["overall"]["pixel_auroc"] == evaluate([one[0] for one in made[:2]]).figures["overall"]["pixel_auroc"]


def area(curve: tuple[np.ndarray, np.ndarray]) -> float:
    x, y = curve
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def test_the_areas_under_the_curves_are_the_metrics() -> None:
    made = [image(kind, seed % 5, seed) for seed, kind in enumerate(["good", "good", "Burrs", "Stains", "Stains"])]
    answer = evaluate([one[0] for one in made])
    assert list(answer.curves) == ["all", "Burrs", "Stains"]
    for name, curves in answer.curves.items():
        figures = answer.figures["overall"] if name == "all" else answer.figures["kinds"][name]
        assert curves.roc is not None and curves.overlap is not None and curves.pixel_precision_recall is not None
        assert area(curves.roc) == pytest.approx(figures["image_auroc"])
        assert curves.overlap[0][-1] == AUPRO_LIMIT
        assert area(curves.overlap) / AUPRO_LIMIT == pytest.approx(figures["aupro"], abs=2e-3)
        recall, precision = curves.pixel_precision_recall
        assert np.sum(np.diff(recall) * precision[1:]) == pytest.approx(figures["pixel_ap"], abs=5e-3)


def test_curves_are_thinned_to_what_can_be_seen() -> None:
    random = np.random.default_rng(0)
    mask = random.random((400, 400)) < 0.1
    fine = pixel_scores((random.random(mask.shape) + mask / 3).astype(np.float32), mask, (slice(0, 400),) * 2)
    answer = evaluate([ScoredImage("Burrs", 1, 1.0, fine), ScoredImage("good", 0, 0.0, None)])
    curve = answer.curves["all"].overlap
    assert curve is not None and 500 < len(curve[0]) < 8000 < mask.sum()
    assert area(curve) / AUPRO_LIMIT == pytest.approx(answer.figures["overall"]["aupro"], abs=1e-3)


def test_without_masks_or_without_both_labels_there_are_no_curves() -> None:
    without_masks = evaluate([image("good", 1, 0)[0], image("Burrs", 2, 1, with_mask=False)[0]]).curves["all"]
    assert without_masks.roc is not None and without_masks.overlap is None
    assert without_masks.pixel_precision_recall is None
    one_label = evaluate([image("Burrs", 2, 1)[0]]).curves["all"]
    assert one_label.roc is None and one_label.precision_recall is None and one_label.overlap is not None
