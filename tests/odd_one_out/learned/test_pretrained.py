from pathlib import Path

import pytest
import torch

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.odd_one_out.learned import pretrained
from pad_nerfstudio.odd_one_out.learned.image_encoder import ImageEncoder
from pad_nerfstudio.odd_one_out.learned.pretrained import start_from_checkpoint, start_from_imagenet
from tests.odd_one_out.learned.scenes import tiny_network


def encoder(seed: int) -> ImageEncoder:
    torch.manual_seed(seed)
    return ImageEncoder("resnet18", (1, 2), 8, 8)


def test_weights_of_a_file_are_taken_and_learn_on(tmp_path: Path) -> None:
    import timm

    torch.save(timm.create_model("resnet18").state_dict(), tmp_path / "weights.pth")
    state = torch.load(tmp_path / "weights.pth")
    filled = encoder(1)
    assert start_from_imagenet(filled, "resnet18", tmp_path / "weights.pth") == ""
    assert torch.equal(filled.backbone.state_dict()["conv1.weight"], state["conv1.weight"])
    assert all(p.requires_grad for p in filled.parameters()) and filled.backbone.training


def test_without_weights_the_backbone_stays_random_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(name: str) -> None:
        raise OSError("no network")

    monkeypatch.setattr(pretrained, "_cached", offline)
    own, untouched = encoder(2), encoder(2)
    said = start_from_imagenet(own, "resnet18", None)
    assert "starts from random weights" in said and "--pipeline.backbone-weights FILE" in said
    for one, other in zip(own.parameters(), untouched.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_wrong_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--pipeline.backbone-weights"):
        start_from_imagenet(encoder(0), "resnet18", tmp_path / "missing.pth")
    torch.save({"a": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(UserError, match="not the weights of resnet18"):
        start_from_imagenet(encoder(0), "resnet18", tmp_path / "other.pth")


def test_another_runs_weights_as_far_as_they_fit(tmp_path: Path) -> None:
    source, own = tiny_network(1), tiny_network(2, feature_channels=9)
    state = {f"_model.network.{key}": value for key, value in source.state_dict().items()}
    state["_model._extra_state"] = {"teacher": "a stand-in"}
    torch.save({"step": 3, "pipeline": state}, tmp_path / "step-000000003.ckpt")
    kept, told = start_from_checkpoint(own, tmp_path / "step-000000003.ckpt")
    assert kept == ["projector.layers.3.weight", "projector.layers.3.bias"] and told == {"teacher": "a stand-in"}
    assert torch.equal(own.density_head.layers[0].weight, source.density_head.layers[0].weight)
    with pytest.raises(UserError, match="no such file"):
        start_from_checkpoint(own, tmp_path / "nowhere.ckpt")
    torch.save({"step": 3, "pipeline": {"_model.grid": torch.zeros(1)}}, tmp_path / "other.ckpt")
    with pytest.raises(UserError, match="no weights of this network"):
        start_from_checkpoint(own, tmp_path / "other.ckpt")


def test_inputs_that_the_other_run_lacked_start_with_weight_0(tmp_path: Path) -> None:
    source = tiny_network(1, spread_of_views=True)
    own = tiny_network(2, spread_of_views=True, floor_seen_by_others=True, silhouettes_in_volume=True)
    torch.save(source.state_dict(), tmp_path / "weights.pth")
    kept, _ = start_from_checkpoint(own, tmp_path / "weights.pth")
    assert kept and all(name.startswith(("silhouette_head.", "hull_share")) for name in kept)
    assert source.join is not None and own.join is not None
    assert torch.equal(own.join.weight[:, :16], source.join.weight) and bool((own.join.weight[:, 16:] == 0).all())
    first = own.image_encoder.backbone.conv1.weight
    assert torch.equal(first[:, :3], source.image_encoder.backbone.conv1.weight) and bool((first[:, 3:] == 0).all())
    more = tiny_network(
        3, spread_of_views=True, floor_seen_by_others=True, floor_texture=True, silhouettes_in_volume=True
    )
    torch.save(own.state_dict(), tmp_path / "weights.pth")
    assert start_from_checkpoint(more, tmp_path / "weights.pth")[0] == []
    assert more.silhouette_head is not None and bool((more.silhouette_head.fine.weight[:, -4:] == 0).all())


def test_pretrained_colours_beside_cues(tmp_path: Path) -> None:
    import timm

    torch.save(timm.create_model("resnet18").state_dict(), tmp_path / "weights.pth")
    filled = ImageEncoder("resnet18", (1, 2), 8, 8, cues=6)
    assert start_from_imagenet(filled, "resnet18", tmp_path / "weights.pth") == ""
    known, own = torch.load(tmp_path / "weights.pth")["conv1.weight"], filled.backbone.conv1.weight
    assert torch.equal(own[:, :3], known) and bool((own[:, 3:] == 0).all())
