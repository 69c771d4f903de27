"""References in the light of a query."""

import pytest
import torch

from pad_nerfstudio.anomaly.query_light import as_query_shows, background_of
from pad_nerfstudio.localization.lighting import UNCHANGED, Light
from tests.anomaly.fakes import WHITE, square


def test_unchanged_light_changes_nothing() -> None:
    reference = square(64, 64)
    colors = reference.rgb[None]
    query = torch.where(reference.accumulation[..., None] > 0, torch.rand(64, 64, 3), WHITE)
    behind = background_of(query, WHITE)
    assert behind.kind == "as trained"
    assert as_query_shows(colors, reference.accumulation, UNCHANGED, WHITE, query, behind) is colors


def test_a_query_in_other_light_on_another_background_is_explained() -> None:
    reference, light = square(64, 64), Light(torch.tensor([0.8, 0.9, 1.1]), torch.tensor([0.02, 0.0, -0.03]))
    on_object = reference.accumulation[..., None] > 0
    behind = torch.tensor([0.9, 0.85, 0.8])
    query = torch.where(on_object, light.gain * reference.rgb + light.bias, behind)
    known = background_of(query, WHITE)
    assert known.kind == "other"
    (lit,) = as_query_shows(reference.rgb[None], reference.accumulation, light, WHITE, query, known)
    assert float((lit - query).abs().max()) < 1e-5
    assert float((reference.rgb - query).abs().max()) > 0.1


@pytest.mark.parametrize("light", [UNCHANGED, Light(torch.tensor([0.8, 0.9, 1.1]), torch.tensor([0.02, 0.0, -0.03]))])
def test_clutter_behind_the_object_explains_itself(light: Light) -> None:
    reference = square(64, 64)
    clutter = torch.rand(64, 64, 3, generator=torch.Generator().manual_seed(0))
    query = torch.where(reference.accumulation[..., None] > 0, light.gain * reference.rgb + light.bias, clutter)
    behind = background_of(query, WHITE)
    assert behind.kind == "unknown"
    (shown,) = as_query_shows(reference.rgb[None], reference.accumulation, light, WHITE, query, behind)
    assert float((shown - query).abs().max()) < 1e-5
    assert background_of(query, WHITE, plain=False).kind == "as trained"


def test_a_wall_that_grows_darker_is_a_known_background() -> None:
    reference = square(64, 64)
    wall = (0.8 - 0.4 * torch.linspace(0, 1, 64)[:, None, None] ** 2).expand(64, 64, 3)
    query = torch.where(reference.accumulation[..., None] > 0, reference.rgb, wall)
    behind = background_of(query, WHITE)
    assert behind.kind == "other"
    (shown,) = as_query_shows(reference.rgb[None], reference.accumulation, UNCHANGED, WHITE, query, behind)
    assert float((shown - query).abs().max()) < 0.01
