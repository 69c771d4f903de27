"""Several independent computations at once, on the cores that a single one leaves idle."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch

from pad_nerfstudio.fields.parallel import num_threads

Item = TypeVar("Item")
Result = TypeVar("Result")


def workers_for(renderer: Any) -> int:
    """How many views of a renderer are worth working on at once: one per core, but one alone where a GPU renders."""
    device = getattr(renderer, "device", None)
    return 1 if device is not None and torch.device(device).type != "cpu" else num_threads()


@dataclass(frozen=True)
class AsFinished(Generic[Item, Result]):
    """Pairs of (item, `function(item)`) in the order in which they are finished; has a length, for progress bars.

    The first error that `function` raises is raised here, after the results of all items begun by then; the others are
    left out. In a worker, torch uses one thread: the workers are as many as the cores.

    Example:
        >>> dict(AsFinished(abs, [-1, 2], workers=2)) == {-1: 1, 2: 2}
        True
    """

    function: Callable[[Item], Result]
    """Safe to call from several threads."""
    items: Sequence[Item]
    """What to call it on."""
    workers: int
    """How many threads; with one, everything runs here and in order."""

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[tuple[Item, Result]]:
        if self.workers == 1 or len(self.items) < 2:
            yield from ((item, self.function(item)) for item in self.items)
            return
        pool = ThreadPoolExecutor(self.workers, initializer=torch.set_num_threads, initargs=(1,))
        errors: list[BaseException] = []

        def work(item: Item) -> tuple[Item, Result] | None:
            if errors:
                return None
            try:
                return item, self.function(item)
            except BaseException as error:
                errors.append(error)
                return None

        try:
            for future in as_completed([pool.submit(work, item) for item in self.items]):
                pair = future.result()
                if pair is not None:
                    yield pair
            if errors:
                raise errors[0]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def in_threads(function: Callable[[Item], Result], items: Sequence[Item], workers: int) -> list[Result]:
    """`[function(item) for item in items]`, several at a time."""
    numbered = AsFinished(lambda i: function(items[i]), range(len(items)), workers)
    return [result for _, result in sorted(numbered, key=lambda pair: pair[0])]
