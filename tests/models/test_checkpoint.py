"""What a user can get wrong about a run, one sentence each."""

from pathlib import Path

import pytest
import torch

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.models.checkpoint import choose_device, latest_checkpoint, load_state, read_config, without_lpips


def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="config.yml: no such file; give the config.yml that ns-train printed"):
        read_config(tmp_path / "config.yml")


@pytest.mark.parametrize("text", ["a: [1", "just: a mapping", "!!python/object:no.such.Thing {}", ""])
def test_a_config_that_is_no_config(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yml"
    path.write_text(text)
    with pytest.raises(UserError, match="config.yml: not the config of a Nerfstudio run"):
        read_config(path)


def test_a_checkpoint_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no checkpoint"):
        latest_checkpoint(tmp_path / "nerfstudio_models")


def test_a_checkpoint_that_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "step-000000001.ckpt"
    torch.save({"step": 1}, path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match="a broken checkpoint"):
        load_state(path)


@pytest.mark.parametrize("content", [{"step": 1}, {"pipeline": {}}, {"step": 1, "pipeline": 2}, [1], torch.zeros(2)])
def test_a_checkpoint_of_another_program(tmp_path: Path, content: object) -> None:
    path = tmp_path / "step-000000001.ckpt"
    torch.save(content, path)
    with pytest.raises(UserError, match="step-000000001.ckpt: not a checkpoint that ns-train wrote; train again"):
        load_state(path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_asked_for_and_absent() -> None:
    with pytest.raises(UserError, match="--device cuda: this machine has no usable CUDA device; use --device cpu"):
        choose_device("cuda")
    assert choose_device("auto").type == "cpu"


def test_nerfstudio_s_models_are_built_without_downloading_a_metric() -> None:
    from torchmetrics.image import lpip

    original = lpip.LearnedPerceptualImagePatchSimilarity
    with without_lpips():
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

        assert LearnedPerceptualImagePatchSimilarity(normalize=True).state_dict() == {}
    assert lpip.LearnedPerceptualImagePatchSimilarity is original
