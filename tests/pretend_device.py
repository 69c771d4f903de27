"""A device that is none: its tensors hold their values on the CPU, and it refuses what a GPU would wait for or refuse.

It is called `meta`, the one kind of device beside the CPU that torch knows without a driver. While `PretendDevice` is
active, tensors on it compute as usual; an operation on tensors of both sides raises, as it does with a GPU, and what
makes the host wait for a GPU, or copies between the two, is noted in `waits`.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

DEVICE = torch.device("meta")
aten = torch.ops.aten
WAITS = {
    aten._local_scalar_dense, aten.nonzero, aten.masked_select, aten.equal, aten.is_nonzero, aten._unique2,
    aten.unique_dim, aten.unique_consecutive, aten.bincount, aten._assert_async,
}  # fmt: skip
"""Their results, or the sizes of these, have to be known to the host."""
INDEXING = {aten.index, aten.index_put, aten.index_put_, aten._index_put_impl_}
COPIES = {aten._to_copy, aten.copy_, aten._copy_from, aten.lift_fresh}


class OnDevice(torch.Tensor):
    """A tensor that says it is on `DEVICE`."""

    held: torch.Tensor

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> "OnDevice":
        where = {"strides": held.stride(), "storage_offset": held.storage_offset()}
        made = torch.Tensor._make_wrapper_subclass(cls, held.size(), dtype=held.dtype, device=DEVICE, **where)
        made.held = held
        return made

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"OnDevice({self.held})"

    __torch_function__ = torch._C._disabled_torch_function_impl

    def tolist(self) -> Any:  # torch has none for subclasses
        return self.to("cpu").tolist()

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        raise AssertionError(f"{func} on a pretended device outside of PretendDevice")


class OfTheHost(torch.Generator):
    """A generator of the CPU, whatever device is asked for."""

    def __new__(cls, device: Any = None) -> "OfTheHost":
        return super().__new__(cls)


class PretendDevice(TorchDispatchMode):
    """See above; `waits` names what would have waited, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []
        self._patches = ExitStack()

    def __enter__(self) -> "PretendDevice":
        # these two make a tensor before anybody is asked, and generators know nothing of a device that is none
        for name in ("tensor", "as_tensor"):
            self._patches.enter_context(mock.patch.object(torch, name, _made_on_host(getattr(torch, name))))
        self._patches.enter_context(mock.patch.object(torch, "Generator", OfTheHost))
        return super().__enter__()

    def __exit__(self, *reason: Any) -> None:
        self._patches.close()
        super().__exit__(*reason)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        ours = [t for t in tensors if isinstance(t, OnDevice)]
        wanted = kwargs.get("device")
        if not ours and wanted != DEVICE:
            return func(*args, **kwargs)
        packet = func.overloadpacket
        others = [t for t in tensors if not isinstance(t, OnDevice)]
        if packet in COPIES:
            if others or (wanted is not None and torch.device(wanted) != DEVICE):
                self.waits.append(f"{packet} between host and device")
        elif packet in INDEXING and (others or _by_mask(args[1])):
            self.waits.append(f"{packet} by a mask or by indices of the host")
        elif packet in WAITS:
            self.waits.append(str(packet))
        elif any(t.dim() for t in others):
            raise RuntimeError(f"{func}: tensors on the CPU and on the device together")
        to_host = packet is aten._to_copy and wanted is not None and torch.device(wanted) != DEVICE
        if wanted is not None:
            kwargs["device"] = torch.device("cpu")
        inner = tree_map(_held, (args, kwargs))
        found = func(*inner[0], **inner[1])
        if to_host:
            return found.clone()  # a copy, as from a GPU
        wrappers = {id(t.held): t for t in ours}
        if packet is aten.copy_ and not isinstance(args[0], OnDevice):
            return args[0]
        return tree_map(lambda t: wrappers.get(id(t)) if id(t) in wrappers else _wrapped(t), found)


def _by_mask(indices: Any) -> bool:
    return any(t.dtype in (torch.bool, torch.uint8) for t in tree_leaves(indices) if t is not None)


def _made_on_host(make: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def made(*args: Any, device: Any = None, **kwargs: Any) -> torch.Tensor:
        there = make(*args, **kwargs)
        return there if device is None else there.to(device)

    return made


def _held(value: Any) -> Any:
    return value.held if isinstance(value, OnDevice) else value


def _wrapped(value: Any) -> Any:
    return OnDevice(value) if isinstance(value, torch.Tensor) else value
