"""Threads of the kernels, and of torch beside them."""

import numpy as np
import pytest
import torch

from pad_nerfstudio.fields.parallel import num_threads, one_torch_thread, over_ranges


@pytest.mark.parametrize("n", [0, 1, 7, 64])
def test_ranges_cover_everything_once(n: int) -> None:
    counts = np.zeros(n, int)

    def kernel(start: int, end: int, seen: np.ndarray) -> None:
        seen[start:end] += 1

    over_ranges(kernel, n, 3, counts)
    assert (counts == 1).all()


def test_the_environment_sets_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAD_NERFSTUDIO_THREADS", "3")
    assert num_threads() == 3


def test_torch_has_its_threads_back_after_an_error() -> None:
    before = torch.get_num_threads()
    with pytest.raises(ValueError), one_torch_thread():
        assert torch.get_num_threads() == 1
        raise ValueError
    assert torch.get_num_threads() == before
