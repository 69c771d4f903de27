"""References in the light of a query."""

import torch

from pad_nerfstudio.anomaly.query_light import in_query_light
from pad_nerfstudio.localization.lighting import UNCHANGED, Light
from tests.anomaly.fakes import WHITE, square


def test_unchanged_light_changes_nothing() -> None:
    reference = square(64, 64)
    colors = reference.rgb[None]
    assert in_query_light(colors, reference.accumulation, UNCHANGED, WHITE, torch.rand(64, 64, 3)) is colors


def test_a_query_in_other_light_on_another_background_is_explained() -> None:
    reference, light = square(64, 64), Light(torch.tensor([0.8, 0.9, 1.1]), torch.tensor([0.02, 0.0, -0.03]))
    on_object = reference.accumulation[..., None] > 0
    behind = torch.tensor([0.9, 0.85, 0.8])
    query = torch.where(on_object, light.gain * reference.rgb + light.bias, behind)
    (lit,) = in_query_light(reference.rgb[None], reference.accumulation, light, WHITE, query)
    assert float((lit - query).abs().max()) < 1e-5
    assert float((reference.rgb - query).abs().max()) > 0.1
