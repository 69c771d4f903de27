"""Which places made the network judge an object odd."""

import torch
from torch import Tensor

from pad_nerfstudio.odd_one_out.learned.decisive_places import decisive_places


def judge(objects: Tensor) -> Tensor:
    """Objects are odd by one place, less so by another, and not by a third."""
    return 3 * objects[:, 0, 1, 2, 3] + objects[:, 1, 0, 0, 0] - 2 * objects[:, 0, 2, 2, 2]


def test_the_places_that_speak_for_oddness_are_told() -> None:
    solid = torch.ones(4, 4, 4, dtype=torch.bool)
    with torch.inference_mode():  # as where scenes are judged
        told = decisive_places(judge, torch.ones(2, 2, 4, 4, 4), 1, solid)
    assert told.nonzero().tolist() == [[0, 0, 0], [1, 2, 3]]


def test_what_is_empty_is_not_told() -> None:
    solid = torch.ones(4, 4, 4, dtype=torch.bool)
    solid[1, 2, 3] = False
    told = decisive_places(judge, torch.ones(2, 2, 4, 4, 4), 0, solid)
    assert told.nonzero().tolist() == [[0, 0, 0]]
    assert not decisive_places(judge, torch.ones(2, 2, 4, 4, 4), 0, torch.zeros_like(solid)).any()


def test_few_places_are_told() -> None:
    solid = torch.ones(8, 8, 8, dtype=torch.bool)
    told = decisive_places(lambda objects: objects.flatten(1).sum(1), torch.rand(1, 2, 8, 8, 8), 0, solid)
    assert told.sum() == int(0.15 * 512)
