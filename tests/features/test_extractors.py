"""Shapes and weights of every extractor; the weights here are random, only their names and sizes are real."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.features.dinov2_vits14 import Dinov2Vits14, resized_positions
from pad_nerfstudio.features.efficientnet_b4 import BLOCKS_PER_STAGE, timm_names
from pad_nerfstudio.features.named import EXTRACTORS, WITH_WEIGHTS, extractor_named

IMAGE = torch.rand(3, 60, 80, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def efficientnet() -> dict[str, torch.Tensor]:
    return timm.create_model("efficientnet_b4", pretrained=False).state_dict()


def sizes(name: str, weights: Path | None = None) -> list[tuple[int, ...]]:
    """Of an image's maps, which are also those that it has among others."""
    extractor = extractor_named(name, weights)
    alone = extractor(IMAGE)
    for layer, among_others in zip(alone, extractor(torch.stack([1 - IMAGE, IMAGE])), strict=True):
        torch.testing.assert_close(among_others[1], layer, rtol=1e-3, atol=1e-4 * float(layer.abs().max()))
    return [tuple(layer.shape) for layer in alone]


def test_extractors_without_weights() -> None:
    assert sizes("pixels") == [(3, 224, 224)]
    assert sizes("descriptors") == [(8, 224, 224), (8, 224, 224), (8, 112, 112), (8, 56, 56)]


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_efficientnet_has_721_channels(efficientnet: dict[str, torch.Tensor], tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    torch.save(efficientnet, path) if suffix == ".pth" else save_file(efficientnet, path)
    found = sizes("efficientnet_b4", path)
    assert [layer[0] for layer in found] == [24, 32, 56, 160, 448, 1]
    assert [layer[1] for layer in found] == [112, 56, 28, 14, 7, 224]


def test_names_of_efficientnet_pytorch_are_understood(efficientnet: dict[str, torch.Tensor], tmp_path: Path) -> None:
    theirs = efficientnet_pytorch_names(efficientnet)
    known = timm_names(theirs)
    assert all(torch.equal(known[key], efficientnet[key]) for key in known)
    torch.save(theirs, tmp_path / "weights.pth")
    assert [layer[0] for layer in sizes("efficientnet_b4", tmp_path / "weights.pth")] == [24, 32, 56, 160, 448, 1]


def efficientnet_pytorch_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same weights as that library would save them, written down from its source independently of `timm_names`."""
    first = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
    later = {"conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv", "bn2": "_bn1",
             "conv_pwl": "_project_conv", "bn3": "_bn2"}  # fmt: skip
    squeeze = {"conv_reduce": "_se_reduce", "conv_expand": "_se_expand"}
    theirs = {}
    for key, value in state.items():
        parts = key.split(".")
        if parts[0] in ("conv_stem", "bn1"):
            theirs[".".join([{"conv_stem": "_conv_stem", "bn1": "_bn0"}[parts[0]], *parts[1:]])] = value
        if parts[0] == "blocks":
            number = sum(BLOCKS_PER_STAGE[: int(parts[1])]) + int(parts[2])
            named = squeeze[parts[4]] if parts[3] == "se" else (later if int(parts[1]) else first)[parts[3]]
            theirs[f"_blocks.{number}.{named}.{parts[-1]}"] = value
    return theirs


def test_vgg16_has_its_own_channel_counts(tmp_path: Path) -> None:
    features = timm.create_model("vgg16", pretrained=False).features.state_dict()
    torch.save({f"features.{key}": value for key, value in features.items()}, tmp_path / "vgg.pth")
    assert sizes("vgg16", tmp_path / "vgg.pth") == [(128, 32, 32), (256, 16, 16), (512, 8, 8)]


def test_dinov2_takes_the_official_positions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, torch.Tensor] = {}
    module = "pad_nerfstudio.features.dinov2_vits14"
    monkeypatch.setattr(f"{module}.pretrained_state", lambda *_: {"pos_embed": torch.zeros(1, 1370, 384)})
    monkeypatch.setattr(f"{module}.fill", lambda network, given, *_: state.update(network.state_dict(), **given))
    Dinov2Vits14()
    assert state["pos_embed"].shape == (1, 1025, 384)
    monkeypatch.undo()
    torch.save({**state, "pos_embed": torch.randn(1, 1370, 384), "mask_token": torch.zeros(1, 384)}, tmp_path / "w.pth")
    assert sizes("dinov2_vits14", tmp_path / "w.pth") == [(384, 32, 32)] * 3


def test_resizing_positions_keeps_them_where_the_size_is_the_same() -> None:
    positions = torch.randn(1, 1 + 37 * 37, 8, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(resized_positions(positions, 37), positions)


@pytest.mark.parametrize("name", sorted(WITH_WEIGHTS))
def test_without_weights_there_is_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_args, **_kwargs):
        raise OSError("no network")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", offline)
    monkeypatch.setattr("timm.models.helpers.load_state_dict_from_url", offline, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", "/nowhere")
    with pytest.raises(UserError, match=rf"--extractor {name}: its weights .* --weights FILE"):
        extractor_named(name)


def test_wrong_weights_are_refused(efficientnet: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(efficientnet, path)
    with pytest.raises(UserError, match="not the weights of vgg16"):
        extractor_named("vgg16", path)
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"weights\.pth: holds no weights"):
        extractor_named("vgg16", path)
    with pytest.raises(UserError, match="no such file"):
        extractor_named("vgg16", tmp_path / "gone.pth")
    with pytest.raises(UserError, match="leave the option out"):
        extractor_named("pixels", path)
    with pytest.raises(UserError, match=", ".join(EXTRACTORS)):
        extractor_named("resnet")
