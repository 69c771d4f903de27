"""The second stage where surfaces of objects are compared that are laid upon each other."""

import json
from pathlib import Path

import pytest
import torch

from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.odd_one_out.learned import model as learned_model
from pad_nerfstudio.odd_one_out.learned.learned_method import load_learned_method
from tests.odd_one_out.learned.runs import config_of, trained, trainer_config
from tests.scene_factory import make_scene


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenes of three objects to learn from and one to judge."""
    root = tmp_path_factory.mktemp("scenes")
    for number in range(3):
        make_scene(root / f"s{number}", views=6, objects=3, size=(48, 48), anomalous=(number % 3,))
    (root / "split.json").write_text(json.dumps({"train": ["s0", "s1"], "test": ["s2"]}))
    return root


def test_weights_of_measures_learn_from_draws_that_are_measured_once(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[bool] = []

    def counted(*given):
        measured.append(True)
        return laid_objects(*given)

    laid_objects = learned_model.laid_objects
    monkeypatch.setattr(learned_model, "laid_objects", counted)
    config = trainer_config(root, tmp_path, 6, judged="surfaces", silhouettes_in_volume=True)
    config.pipeline.reconstruction_steps, config.pipeline.model.second_stage = 0, "comparison"
    config.pipeline.datamanager.draws, config.pipeline.datamanager.augmentation.stretch = 1, 1.3
    trainer = trained(config)
    assert len(measured) == 4, "both directions of two scenes, in six steps"
    network = trainer.pipeline.model.network
    fresh = type(network.comparison)()
    assert not torch.equal(network.comparison.weigh.bias, fresh.weigh.bias)
    assert "comparing surfaces of objects" in trainer.pipeline.model.remarks["method"]
    data = trainer.pipeline.datamanager
    assert data.rigid_from == 0
    gram = data.scenes_of_step(0)[0].sample.inputs.camera_to_world[0, :3, :3]
    torch.testing.assert_close(gram @ gram.T, torch.eye(3), atol=1e-5, rtol=0)
    judged = load_learned_method(config_of(tmp_path), "cpu")(read_scene(root / "s2"), [0, 2, 4])
    assert all(found.score is None or 0 <= found.score <= 1 for found in judged.objects)


def test_both_losses_go_together_end_to_end(root: Path, tmp_path: Path) -> None:
    config = trainer_config(root, tmp_path, 2, judged="surfaces", silhouettes_in_volume=True)
    trainer = trained(config)
    _, losses, _ = trainer.pipeline.get_train_loss_dict(1)
    assert {"verdict_loss", "mask_loss", "silhouette_loss"} <= set(losses)
    assert trainer.pipeline.datamanager.rigid_from == 1


def test_invented_defects_do_not_go_with_surfaces(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = trainer_config(root, tmp_path, 2, judged="surfaces", silhouettes_in_volume=True)
    config.pipeline.model.invented_defects = 0.5
    with pytest.raises(SystemExit) as stopped:
        config.setup().setup(test_mode="val")
    assert stopped.value.code == 2
    assert "--pipeline.model.invented-defects: bends volumes, but judged surfaces" in " ".join(
        capsys.readouterr().err.split()
    )
