"""Weights that the training starts from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.features.weights import fill, pretrained_state, read_weights
from pad_nerfstudio.odd_one_out.learned.image_encoder import ImageEncoder
from pad_nerfstudio.odd_one_out.learned.network import OddOneOutNetwork


def start_from_imagenet(encoder: ImageEncoder, name: str, weights: Path | None) -> str:
    """Fill a backbone with weights of ImageNet classification.

    Args:
        encoder: changed in place
        name: of the backbone in timm
        weights: file of timm's state dict; None looks in the usual caches and downloads

    Returns:
        A sentence for the log and the results where there are none, so that the backbone stays random; else empty.

    Raises:
        UserError: a file was named, but does not hold them
    """
    option = "--pipeline.backbone-weights"
    try:
        state = pretrained_state(name, weights, lambda: _cached(name), option)
    except UserError as error:
        if weights is not None:
            raise UserError(str(error).replace("--weights", option)) from error
        return (
            f"the backbone {name} starts from random weights: those of ImageNet are neither cached nor can they be "
            f"downloaded here ({option} FILE takes them)"
        )
    fill(encoder.backbone, widened(state, encoder.backbone.state_dict(), (encoder.first_weight(),)), name, weights)
    encoder.backbone.requires_grad_(True).train()
    return ""


def _cached(name: str) -> Mapping[str, Tensor]:
    import timm

    make: Any = timm.create_model
    return make(name, pretrained=True).state_dict()


def start_from_checkpoint(network: OddOneOutNetwork, checkpoint: Path) -> tuple[list[str], dict[str, str]]:
    """Take over the weights of another run, as far as it has them in the same size, or with fewer kinds of inputs.

    For the second stage of several variants from one first stage.

    Args:
        network: changed in place
        checkpoint: a `step-*.ckpt` of ns-train, or a file of weights

    Returns:
        Names of parameters that keep their own values, and what the run said of itself, see `OddOneOutModel.remarks`.

    Raises:
        UserError: there is no such file, or it has none of the network's weights
    """
    state, remarks = _network_state(checkpoint)
    own = network.state_dict()
    state = widened(state, own, network.widened())
    fitting = {key: value for key, value in state.items() if key in own and own[key].shape == value.shape}
    if not fitting:
        raise UserError(f"{checkpoint}: has no weights of this network; give a checkpoint of odd-one-out")
    network.load_state_dict(fitting, strict=False)
    return [key for key in own if key not in fitting], remarks


def widened(state: Mapping[str, Tensor], own: Mapping[str, Tensor], names: tuple[str, ...]) -> dict[str, Tensor]:
    """A state dict in which weights of `names` that lack the last inputs of `own` have them, with weight 0."""
    wider = dict(state)
    for name in names:
        if name not in state or name not in own or state[name].ndim != own[name].ndim:
            continue
        lacking = own[name].shape[1] - state[name].shape[1]
        if lacking > 0:
            more = state[name].new_zeros(len(state[name]), lacking, *state[name].shape[2:])
            wider[name] = torch.cat([state[name], more], dim=1)
    return wider


def _network_state(checkpoint: Path) -> tuple[Mapping[str, Tensor], dict[str, str]]:
    from pad_nerfstudio.models.checkpoint import load_state

    if not checkpoint.is_file():
        raise UserError(f"{checkpoint}: no such file; give a checkpoint (step-*.ckpt) of odd-one-out")
    if checkpoint.suffix != ".ckpt":
        return read_weights(checkpoint), {}
    prefix = "_model.network."
    pipeline = load_state(checkpoint)["pipeline"]
    weights = {key.removeprefix(prefix): value for key, value in pipeline.items() if key.startswith(prefix)}
    return weights, dict(pipeline.get("_model._extra_state", {}))
