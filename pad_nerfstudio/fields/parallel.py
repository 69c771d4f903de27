"""Running compiled kernels over ranges of work in threads.

The kernels release the GIL and are given disjoint ranges, so plain threads suffice: no threading layer that dislikes
being entered from the viewer's thread and the trainer's at once, none that spins while another program wants the core,
and results that do not depend on the number of threads.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import torch


def num_threads() -> int:
    """How many threads kernels run in: `PAD_NERFSTUDIO_THREADS`, or as many cores as this process may use."""
    given = os.environ.get("PAD_NERFSTUDIO_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    # gradients of hidden voxels are so small that their squares are denormal, which costs a hundredfold
    return ThreadPoolExecutor(threads, "field", initializer=torch.set_flush_denormal, initargs=(True,))


def over_ranges(kernel: Callable[..., None], n: int, grain: int, *arguments: object) -> None:
    """Call `kernel(start, end, *arguments)` for ranges of about `grain` that cover [0, n).

    Args:
        kernel: compiled with `nogil`; calls on disjoint ranges must not write to the same place
        n: how many items there are
        grain: items per call; small enough to balance uneven work, large enough to hide the cost of a call
        arguments: passed on as they are
    """
    pool = _pool(num_threads())
    futures = [pool.submit(kernel, i, min(i + grain, n), *arguments) for i in range(0, n, grain)]
    for future in futures:
        future.result()


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Keep torch's own operations in the calling thread.

    Between kernels they are small, and torch's other threads spin for a while after each: they take the cores from the
    kernels, which made images of 110 x 110 pixels a third slower.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
