"""How many photos are scored together, and what to do where that takes too much memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.option_ranges import Range

CHUNK = 16
"""Photos that a GPU works on together by default: by its arrays, one of 400 x 400 pixels with five nearby photos takes
some 100 MB."""


@dataclass(frozen=True)
class Batching:
    """What scoring asks of a device at once."""

    chunk: int = 1
    """Photos that are worked on together; 1 for one per core."""
    mixed_precision: bool = False
    """Whether networks compute in half precision."""


ONE_BY_ONE = Batching()
"""What suits a CPU: each photo by itself, so that its figures do not depend on the others."""


def check_chunk(chunk: int | None) -> None:
    """Check `--chunk`.

    Raises:
        UserError: no photo would be worked on
    """
    if chunk is not None and chunk not in Range(1):
        raise UserError(f"--chunk {chunk}: out of range; give {Range(1)}")


def batching_for(device: torch.device, chunk: int | None = None, mixed_precision: bool = False) -> Batching:
    """What suits a device, or what the options say.

    Args:
        device: where the field is rendered
        chunk: `--chunk`; None for `CHUNK`, and of no consequence on a CPU
        mixed_precision: `--mixed-precision`

    Raises:
        UserError: the chunk is empty, or mixed precision is asked of a CPU
    """
    check_chunk(chunk)
    if device.type == "cpu":
        if mixed_precision:
            raise UserError("--mixed-precision: a CPU gains nothing by it; leave it out or use --device cuda")
        return ONE_BY_ONE
    return Batching(CHUNK if chunk is None else chunk, mixed_precision)


def half_precision(device: torch.device) -> torch.autocast:
    """Convolutions and matrix products in half precision while it is entered; on a CPU, for tests, in bfloat16."""
    return torch.autocast(device.type, torch.bfloat16 if device.type == "cpu" else torch.float16)


@contextmanager
def memory_told_of(batching: Batching) -> Iterator[None]:
    """Say in one sentence that the GPU's memory does not suffice.

    Raises:
        UserError: it does not
    """
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        smaller = f"give a smaller one, such as --chunk {batching.chunk // 2}"
        remedy = smaller if batching.chunk > 1 else "use --device cpu"
        raise UserError(f"--chunk {batching.chunk}: the GPU's memory does not suffice for it; {remedy}") from error
