"""The noise model finds out where normal maps are high."""

import torch

from pad_nerfstudio.anomaly.noise import NoiseModel, NoiseSums, noise_cues, noise_sums
from tests.anomaly.fakes import square

REFERENCE = square(48, 48)


def test_known_weights_are_found_again() -> None:
    weights = torch.tensor([0.02, 0.5, 0.1, 0.03])
    drawn = torch.einsum("c,chw->hw", weights, noise_cues(REFERENCE))
    fitted = NoiseModel.fitted(noise_sums(drawn, REFERENCE))
    assert torch.allclose(fitted.expected(REFERENCE), drawn, atol=1e-3)


def test_weights_are_never_negative_and_survive_a_round_trip() -> None:
    falling = 0.1 - 0.05 * noise_cues(REFERENCE)[3]
    fitted = NoiseModel.fitted(noise_sums(falling, REFERENCE))
    assert (fitted.weights >= 0).all()
    assert torch.equal(NoiseModel.from_weights(fitted.weights.tolist()).weights, fitted.weights)


def test_a_view_is_left_out_by_subtraction() -> None:
    one, other = (noise_sums(torch.rand(48, 48, generator=torch.Generator().manual_seed(s)), REFERENCE) for s in (0, 1))
    total = sum([one, other], NoiseSums.nothing())
    assert torch.allclose(NoiseModel.fitted(total - other).weights, NoiseModel.fitted(one).weights, atol=1e-6)


def test_the_same_difference_counts_less_at_an_edge() -> None:
    noisy = 0.01 + noise_cues(REFERENCE)[2]
    model = NoiseModel.fitted(noise_sums(noisy, REFERENCE))
    even = model.normalised(torch.ones(48, 48), REFERENCE)
    assert float(even[24, 24]) > 1.5 * float(even[24, 12])
