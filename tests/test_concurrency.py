"""Several computations at once: every result once, with its item; the first error stops the rest."""

import threading
import time

import pytest

from pad_nerfstudio.concurrency import AsFinished, in_threads, workers_for


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_item_comes_once_with_its_result(workers: int) -> None:
    found = list(AsFinished(lambda x: x * x, range(20), workers))
    assert sorted(found) == [(x, x * x) for x in range(20)]
    assert len(AsFinished(abs, [1, 2], workers)) == 2


def test_order_is_kept_however_long_each_takes() -> None:
    def slow_at_first(x: int) -> int:
        time.sleep(0.02 if x == 0 else 0)
        return -x

    assert in_threads(slow_at_first, [0, 1, 2, 3], 2) == [0, -1, -2, -3]


def test_workers_do_work_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)
    assert sorted(in_threads(lambda _: both.wait(), [0, 1], 2)) == [0, 1]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_is_raised_here_and_the_rest_is_not_begun(workers: int) -> None:
    begun = []

    def fail_at_three(x: int) -> int:
        begun.append(x)
        time.sleep(0.01)
        if x == 3:
            raise ValueError("three")
        return x

    with pytest.raises(ValueError, match="three"):
        in_threads(fail_at_three, range(100), workers)
    assert len(begun) < 20


def test_what_was_begun_before_an_error_is_not_lost() -> None:
    both = threading.Barrier(2, timeout=10)

    def one_fails(x: int) -> int:
        both.wait()
        if x == 0:
            raise ValueError
        time.sleep(0.05)
        return x

    found = []
    with pytest.raises(ValueError):
        for pair in AsFinished(one_fails, [0, 1], 2):
            found.append(pair)
    assert found == [(1, 1)]


def test_one_view_at_a_time_where_a_gpu_renders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAD_NERFSTUDIO_THREADS", "3")

    class OnGpu:
        device = "cuda:0"

    class OnCpu:
        device = "cpu"

    assert workers_for(OnGpu()) == 1
    assert workers_for(OnCpu()) == workers_for(object()) == 3
