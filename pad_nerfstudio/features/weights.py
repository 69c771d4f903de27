"""Pretrained weights: from a file, from the usual caches, or downloaded; never random."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pad_nerfstudio.errors import UserError


def pretrained_state(
    name: str, weights: Path | None, cached: Callable[[], Mapping[str, Tensor]], asked_by: str = "--extractor"
) -> Mapping[str, Tensor]:
    """The state dict of an extractor's network.

    Args:
        name: of the extractor, for messages
        weights: a file of a state dict; None looks in the caches and downloads
        cached: gives the state dict from a cache or by download, or raises
        asked_by: the option that names the network, for messages

    Raises:
        UserError: the file is missing or broken, or there are no weights on this machine
    """
    if weights is not None:
        return read_weights(weights)
    try:
        return cached()
    except Exception as error:
        raise UserError(
            f"{asked_by} {name}: its weights are neither cached nor can they be downloaded here; "
            "fetch them on another machine and name the file with --weights FILE"
        ) from error


def fill(network: nn.Module, state: Mapping[str, Tensor], name: str, weights: Path | None) -> None:
    """Load a state dict into a network; keys of parts that the network does not have are left out.

    Args:
        network: changed in place
        state: what `pretrained_state` gave, with the network's own key names
        name: of the extractor, for messages
        weights: the file it came from, for messages

    Raises:
        UserError: something that the network needs is missing or of another size
    """
    wanted = network.state_dict()
    needed = [key for key in wanted if not key.endswith("num_batches_tracked")]
    wrong = [key for key in needed if key not in state or state[key].shape != wanted[key].shape]
    if wrong:
        shown = ", ".join(wrong[:3])
        raise UserError(f"{weights or name}: not the weights of {name} ({shown}: missing or of another size)")
    network.load_state_dict({key: state[key] for key in wanted if key in state}, strict=False)
    network.requires_grad_(False).eval()


def read_weights(path: Path) -> Mapping[str, Tensor]:
    """A state dict from a .pth or .safetensors file; nothing in it is run.

    Raises:
        UserError: no such file, or no state dict in it
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; give the weights that --weights is to read")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        state: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise UserError(f"{path}: holds no weights that can be read; give a .pth or .safetensors file") from error
    for key in ("state_dict", "model"):
        state = state.get(key, state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise UserError(f"{path}: holds no state dict; give a .pth or .safetensors file")
    return state
