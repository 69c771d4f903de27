"""Distances to the object, against a search over all pixels."""

import pytest
import torch

from pad_nerfstudio.anomaly.object_distance import (
    ONLY_OBJECT_RADIUS,
    distance_to_object,
    distance_to_silhouette,
    restricted_to_object,
)


def slow_distance(chosen: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Distance of each chosen pixel to the nearest other one, 0 elsewhere."""
    found = torch.zeros(chosen.shape)
    places = others.nonzero().float()
    for y, x in chosen.nonzero().tolist():
        found[y, x] = (places - torch.tensor([y, x])).norm(dim=1).min()
    return found


def test_distances_are_those_of_a_search() -> None:
    solid = torch.zeros(24, 30, dtype=torch.bool)
    solid[6:18, 5:20] = True
    solid[10:13, 9:12] = False
    outside, inside = slow_distance(~solid, solid), slow_distance(solid, ~solid)
    assert torch.allclose(distance_to_object(solid.float()), outside, atol=0.1, rtol=0.03)
    assert torch.allclose(distance_to_silhouette(solid.float()), outside + inside, atol=0.1, rtol=0.03)


@pytest.mark.parametrize("opacity", [0.0, 1.0])
def test_an_image_without_silhouette_is_far_from_it(opacity: float) -> None:
    assert float(distance_to_silhouette(torch.full((8, 8), opacity)).min()) > 8
    assert (float(distance_to_object(torch.full((8, 8), opacity)).max()) > 8) == (opacity == 0)


def test_a_restricted_map_ends_where_it_says() -> None:
    accumulation = torch.zeros(400, 400)
    accumulation[:, :100] = 1.0
    found = restricted_to_object(torch.ones(400, 400), accumulation)[200]
    assert int(found.sum()) == 100 + int(ONLY_OBJECT_RADIUS)
    half = restricted_to_object(torch.ones(200, 200), accumulation[:200, :200])[100]
    assert int(half.sum()) == 100 + int(ONLY_OBJECT_RADIUS / 2)
