"""The noise model by cues finds out where normal maps are high."""

import torch

from pad_nerfstudio.anomaly.cue_noise import CueNoise, cue_sums, noise_cues
from pad_nerfstudio.anomaly.expected_view import ExpectedView
from tests.anomaly.fakes import square

REFERENCE = square(48, 48)
VIEW = ExpectedView(REFERENCE, torch.zeros(48, 48), torch.zeros(48, 48) > 0, 60.0)


def test_known_weights_are_found_again() -> None:
    weights = torch.tensor([0.02, 0.5, 0.1, 0.03])
    drawn = torch.einsum("c,chw->hw", weights, noise_cues(REFERENCE))
    fitted = CueNoise.fitted([cue_sums(drawn, VIEW)])
    assert torch.allclose(fitted.expected(REFERENCE), drawn, atol=1e-3)


def test_weights_are_never_negative_and_survive_a_round_trip() -> None:
    falling = 0.1 - 0.05 * noise_cues(REFERENCE)[3]
    fitted = CueNoise.fitted([cue_sums(falling, VIEW)])
    assert (fitted.weights >= 0).all()
    assert torch.equal(CueNoise.from_list(fitted.as_list()).weights, fitted.weights)


def test_the_same_difference_counts_less_at_an_edge() -> None:
    noisy = 0.01 + noise_cues(REFERENCE)[2]
    model = CueNoise.fitted([cue_sums(noisy, VIEW)])
    even = model.normalised(torch.ones(48, 48), VIEW)
    assert float(even[24, 24]) > 1.5 * float(even[24, 12])
