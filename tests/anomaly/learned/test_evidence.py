"""What the network is shown."""

import torch

from pad_nerfstudio.anomaly.lab_envelope import lab_envelope
from pad_nerfstudio.anomaly.learned.evidence import CHANNELS, LEAST_NOISE, evidence
from pad_nerfstudio.models.rendering import Rendering


def test_equal_images_show_no_difference() -> None:
    query = torch.rand(1, 3, 16, 16)
    maps = evidence(query, query[:, None], torch.ones(1, 16, 16))
    assert maps.shape == (1, CHANNELS, 16, 16)
    assert float(maps[:, 3:12].abs().max()) < 1e-5
    assert bool((maps[:, 15] == 1).all())


def test_the_distance_outside_the_range_is_that_of_the_lab_envelope() -> None:
    torch.manual_seed(0)
    query, normal, opacity = torch.rand(20, 20, 3), torch.rand(3, 20, 20, 3) * 0.3 + 0.3, torch.ones(20, 20)
    maps = evidence(query.permute(2, 0, 1)[None], normal.permute(0, 3, 1, 2)[None], opacity[None])
    # back from units of the image's noise, which stands in the last channel
    distance = maps[0, 9:12].norm(dim=0) * maps[0, 16, 0, 0] / 10.0 / 0.2
    smooth = lab_envelope(query, Rendering(normal[0], opacity, opacity), normal[1:])
    assert float(distance.max()) > 0.1
    # the envelope's map is this distance, smoothed: in the mean over the image both agree but for the borders
    assert abs(float(distance.mean()) - float(smooth.mean())) < 0.05 * float(smooth.mean())


def test_alternatives_widen_the_range() -> None:
    query, reference = torch.full((1, 3, 8, 8), 0.8), torch.full((1, 3, 8, 8), 0.5)
    alone = evidence(query, reference[:, None], torch.ones(1, 8, 8))
    explained = evidence(query, torch.stack([reference, query], dim=1), torch.ones(1, 8, 8))
    assert float(alone[:, 9:12].norm()) > 1.0
    assert float(explained[:, 9:12].norm()) < 1e-4
    assert float(explained[:, 12:15].norm()) > 1.0


def test_differences_are_given_in_units_of_the_noise_over_the_object() -> None:
    torch.manual_seed(0)
    reference, opacity = torch.full((1, 3, 40, 40), 0.5), torch.ones(1, 40, 40)
    grain = torch.randn(1, 3, 40, 40)
    little, much = (evidence((reference + s * grain).clamp(0, 1), reference[:, None], opacity) for s in (0.02, 0.04))
    assert 0.9 < float(little[:, 3:6].std() / much[:, 3:6].std()) < 1.1
    assert 1.7 < float(much[0, 16, 0, 0] / little[0, 16, 0, 0]) < 2.1
    alone = evidence(reference, reference[:, None], 0 * opacity)
    assert abs(float(alone[0, 16, 0, 0]) - 10 * LEAST_NOISE) < 1e-6


def test_witnesses_are_the_photos_that_say_something_of_their_own() -> None:
    reference = torch.full((1, 3, 4, 6), 0.5)
    corrected = reference.clone()
    corrected[..., 3:] += 0.01
    half, none = torch.stack([reference, corrected, reference], dim=1), reference[:, None]
    maps = evidence(reference, half, torch.ones(1, 4, 6))
    assert bool((maps[0, 17, :, 3:] == 0.5).all()) and bool((maps[0, 17, :, :3] == 0).all())
    assert bool((evidence(reference, none, torch.ones(1, 4, 6))[0, 17] == 0).all())
