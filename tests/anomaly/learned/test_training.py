"""The comparator learns from normal views alone."""

import numpy as np
import torch

from pad_nerfstudio.anomaly.learned.comparison import LearnedComparison, read_comparator, write_comparator
from pad_nerfstudio.anomaly.learned.evidence import CHANNELS
from pad_nerfstudio.anomaly.learned.network import Comparator
from pad_nerfstudio.anomaly.learned.pairs import NormalPair, sample_batch
from pad_nerfstudio.anomaly.learned.training import TrainingSettings, loss_of, train
from pad_nerfstudio.models.rendering import Rendering


def noisy_pair(seed: int) -> NormalPair:
    """A coloured disc, and a rendering of it with grain."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:64, :64]
    disc = ((rows - 32) ** 2 + (columns - 32) ** 2 < 24**2).astype(np.float32)
    photo = 1.0 - disc[..., None] * random.uniform(0.2, 0.8, 3)
    normal = np.stack([photo + disc[..., None] * random.normal(0.0, 0.02, photo.shape) for _ in range(3)])
    as_bytes = [(x.clip(0, 1) * 255).round().astype(np.uint8) for x in (photo, normal)]
    return NormalPair(as_bytes[0], as_bytes[1], disc)


def test_half_of_the_examples_are_normal_and_all_shapes_agree() -> None:
    batch = sample_batch([noisy_pair(0)], 40, 32, np.random.default_rng(0))
    assert batch.query.shape == (40, 3, 32, 32) and batch.normal.shape == (40, 3, 3, 32, 32)
    assert batch.accumulation.shape == batch.changed.shape == (40, 32, 32)
    with_defect = batch.changed.flatten(1).any(dim=1)
    assert 10 <= int(with_defect.sum()) <= 25
    # without a defect only grain and a slight misalignment are left
    normal = (batch.query - batch.normal[:, 0])[~with_defect].abs().mean()
    assert float(normal) < 0.05


def test_the_loss_falls_with_the_truth() -> None:
    changed = torch.zeros(2, 8, 8)
    changed[0, 2:6, 2:6] = 1.0
    right, nothing, wrong = (
        loss_of(20 * logits, changed) for logits in (changed - 0.5, changed * 0 - 0.5, 0.5 - changed)
    )
    assert float(right) < 0.01 < float(nothing) < float(wrong)


def test_a_small_defect_that_is_missed_costs_as_much_as_a_large_one() -> None:
    small, large = torch.zeros(1, 64, 64), torch.zeros(1, 64, 64)
    small[0, 30:34, 30:34], large[0, 10:50, 10:50] = 1.0, 1.0
    costs = []
    for changed in (small, large):
        found, missed = loss_of(20 * (changed - 0.5), changed), loss_of(-10 + 0 * changed, changed)
        costs.append(float(missed - found))
    assert costs[0] > 0.1 * costs[1] and costs[0] > 1.0


def test_a_short_training_finds_a_blot_and_not_the_grain() -> None:
    settings = TrainingSettings(steps=60, batch=8, side=32)
    network = train([noisy_pair(seed) for seed in range(4)], settings)
    compare = LearnedComparison(network)
    unseen = noisy_pair(9)
    photo, normal = (torch.from_numpy(x).float() / 255.0 for x in (unseen.photo, unseen.normal))
    reference = Rendering(normal[0], torch.ones(64, 64), torch.from_numpy(unseen.opacity))
    good = compare(photo, reference, normal[1:])
    query = photo.clone()
    query[28:36, 28:36] = torch.tensor([0.0, 0.9, 0.1])
    bad = compare(query, reference, normal[1:])
    assert bad.shape == (64, 64) and float(bad.min()) >= 0
    row, column = divmod(int(bad.argmax()), 64)
    assert 26 <= row <= 37 and 26 <= column <= 37
    assert float(bad.max()) > 2 * float(good.max())


def test_training_is_decided_by_its_seed() -> None:
    settings = TrainingSettings(steps=2, batch=2, side=32)
    first, again = (train([noisy_pair(0)], settings).state_dict() for _ in range(2))
    assert all(torch.equal(first[key], again[key]) for key in first)


def test_training_goes_on_from_the_shipped_weights() -> None:
    before, after = (
        read_comparator().state_dict(),
        train([noisy_pair(0)], TrainingSettings(steps=2, batch=2, side=32), read_comparator()).state_dict(),
    )
    assert not torch.equal(before["head.weight"], after["head.weight"])
    assert torch.allclose(before["head.weight"], after["head.weight"], atol=0.05)


def test_weights_survive_a_file(tmp_path) -> None:
    network = Comparator().eval()
    write_comparator(tmp_path / "c.safetensors", network, {"command": "test"})
    again = read_comparator(tmp_path / "c.safetensors")
    maps = torch.rand(1, CHANNELS, 37, 50)
    with torch.no_grad():
        assert torch.allclose(network(maps), again(maps), atol=1e-2)
        assert again(maps).shape == (1, 37, 50)


def test_the_network_stays_small() -> None:
    assert sum(p.numel() for p in Comparator().parameters()) < 2_000_000
