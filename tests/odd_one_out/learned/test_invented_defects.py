import numpy as np
import torch

from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.invented_defects import LEAST_CHANGE, bent_points, with_invented_defects
from pad_nerfstudio.odd_one_out.learned.roi_pooling import roi_places, roi_pool

GRID = SceneGrid((40, 40, 16), 0.025, (0.0, 0.0, 0.175))
BOXES = torch.tensor([[[x - 0.1, -0.1, 0.0], [x + 0.1, 0.1, 0.2]] for x in (-0.35, 0.0, 0.35)])
PLACES = roi_places(BOXES, 8)
POINTS = PLACES


def balls() -> torch.Tensor:
    centers = BOXES.mean(dim=1)
    away = (GRID.voxel_centers()[None] - centers[:, None, None, None]).norm(dim=-1).amin(dim=0)
    return (away < 0.09).float() * 5


def invent(labels: list[int], chance: float = 1.0, seed: int = 0) -> tuple[torch.Tensor, list[int]]:
    random = np.random.default_rng(seed)
    places, found = with_invented_defects(GRID, balls(), PLACES, torch.tensor(labels), chance, 0.2, random)
    return places, found.tolist()


def test_what_counts_as_bent_has_another_shape() -> None:
    bent = 0
    before = roi_pool(balls()[None], POINTS, GRID)[:, 0] > 0.2
    for seed in range(20):
        points, labels = invent([0, 0, 0], seed=seed)
        after = roi_pool(balls()[None], points, GRID)[:, 0] > 0.2
        for number, label in enumerate(labels):
            assert torch.equal(points[number], POINTS[number]) == (label == 0)
            if label == 1:
                assert float((before[number] ^ after[number]).sum() / before[number].sum()) >= LEAST_CHANGE
        bent += sum(labels)
    assert bent >= 10


def test_the_normal_ones_stay_the_majority_and_known_defects_stay() -> None:
    for seed in range(10):
        assert sum(invent([0, 0, 0], seed=seed)[1]) <= 1
        points, labels = invent([0, 1, -1], seed=seed)
        assert labels == [0, 1, -1] and torch.equal(points, POINTS)
    assert invent([0, 0, 0], chance=0.0)[1] == [0, 0, 0]


def test_places_move_by_less_than_the_object_is_long_and_follow_from_the_draw() -> None:
    full = torch.ones(8, 8, 8, dtype=torch.bool)
    for seed in range(10):
        bent, again = (bent_points(POINTS[0], full, np.random.default_rng(seed)) for _ in range(2))
        assert torch.equal(bent, again) and 0 < float((bent - POINTS[0]).norm(dim=-1).max()) < 0.4
