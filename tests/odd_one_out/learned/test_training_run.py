"""The learned method through Nerfstudio's trainer, on scenes of a few boxes."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.odd_one_out.learned.learned_method import load_learned_method
from pad_nerfstudio.odd_one_out.verdicts import NO_OBJECT
from pad_nerfstudio.plugin.pad_nerf import pad_nerf
from tests.odd_one_out.learned.runs import config_of, trained, trainer_config
from tests.odd_one_out.learned.scenes import ADDED
from tests.scene_factory import make_scene, read_metadata, write_metadata
from tests.test_readme import example_with

RECONSTRUCTION = ("image_loss", "mask_loss", "hull_loss", "silhouette_loss", "correspondence_loss")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four scenes and a split of them."""
    root = tmp_path_factory.mktemp("scenes")
    for number in range(4):
        make_scene(root / f"s{number}", views=6, objects=3, size=(48, 48), anomalous=(number % 3,))
    (root / "split.json").write_text(json.dumps({"train": ["s0", "s1", "s2"], "test": ["s3"]}))
    return root


def test_two_steps_two_stages_and_a_verdict(root: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    trainer = trained(trainer_config(root, tmp_path, steps=2))
    pipeline: Any = trainer.pipeline
    code = example_with("load_learned_method").replace('"outputs/.../config.yml"', repr(str(config_of(tmp_path))))
    exec(code.replace('"SCENE"', repr(str(root / "s3"))).replace("[0, 4, 8, 12, 16]", "[0, 2, 4]"), {})

    (checkpoint,) = (config_of(tmp_path).parent / "nerfstudio_models").glob("*.ckpt")
    torch.load(checkpoint, weights_only=True)  # as ns-train itself does when a run goes on

    method = load_learned_method(config_of(tmp_path), "cpu")
    assert any("descriptors" in remark for remark in method.remarks)
    assert any("random weights" in remark for remark in method.remarks)
    scene = read_scene(root / "s3")
    judged = method(scene, [0, 2, 4])
    assert judged.name == "s3" and judged.views == (0, 2, 4) and judged.seconds > 0
    assert judged.notes or judged.objects
    own, theirs = pipeline.model.network.state_dict(), method.network.state_dict()
    assert all(torch.equal(own[key], theirs[key]) for key in own)
    assert [set(pipeline.get_train_loss_dict(step)[1]) for step in (0, 1)] == [
        {*RECONSTRUCTION, "feature_loss"},
        {*RECONSTRUCTION, "feature_loss", "verdict_loss"},
    ]


def test_what_is_added_to_the_published_network_learns_and_is_named(root: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    trainer = trained(trainer_config(root, tmp_path, steps=2, **ADDED))
    pipeline: Any = trainer.pipeline
    assert pipeline.model.silhouette is None, "the network has its own"
    losses = pipeline.get_train_loss_dict(1)[1]
    assert set(losses) == {*RECONSTRUCTION, "feature_loss", "verdict_loss"}
    pipeline.model.zero_grad()
    losses["silhouette_loss"].backward()
    assert all(p.grad is not None for p in pipeline.model.network.silhouette_head.parameters())
    method = load_learned_method(config_of(tmp_path), "cpu")
    (remark,) = (remark for remark in method.remarks if remark.startswith("beside the published method"))
    for name in (
        "spread of views",
        "other views show of the floor",
        "silhouettes in the volume",
        "images within objects",
    ):
        assert name in remark
    judged = method(read_scene(root / "s3"), [0, 2, 4])
    assert judged.notes or judged.objects


def test_a_run_goes_on_from_its_checkpoint(root: Path, tmp_path: Path) -> None:
    trained(trainer_config(root, tmp_path, steps=1))
    config = trainer_config(root, tmp_path, steps=1)
    config.load_dir, config.timestamp = config_of(tmp_path).parent / "nerfstudio_models", "later"
    assert trained(config)._start_step == 1


@pytest.mark.parametrize("variant", ["A", "B"])
def test_variants_without_a_teacher_share_a_first_stage(root: Path, tmp_path: Path, variant: str) -> None:
    first = trained(trainer_config(root, tmp_path / "final", steps=1))
    config = trainer_config(root, tmp_path / variant, steps=1, variant=variant)
    (config.pipeline.start_from,) = (config_of(tmp_path / "final").parent / "nerfstudio_models").glob("*.ckpt")
    trainer = config.setup()
    trainer.setup(test_mode="val")
    pipeline: Any = trainer.pipeline
    assert pipeline.datamanager.teacher is None and f"variant {variant}" in pipeline.model.remarks["variant"]
    own, theirs = (p.model.network.state_dict() for p in (pipeline, first.pipeline))
    assert torch.equal(own["density_head.layers.0.weight"], theirs["density_head.layers.0.weight"])
    assert set(pipeline.get_train_loss_dict(0)[1]) == {*RECONSTRUCTION, "verdict_loss"}


@pytest.mark.parametrize("images", [False, True])
def test_a_second_stage_of_the_comparison_alone_leaves_the_reconstruction(
    root: Path, tmp_path: Path, images: bool
) -> None:
    torch.manual_seed(0)
    config = trainer_config(root, tmp_path, steps=4, pooled_from_images=images)
    config.pipeline.reconstruction_steps = 0
    config.pipeline.model.second_stage, config.pipeline.model.invented_defects = "comparison", 0.5
    trainer = config.setup()
    trainer.setup(test_mode="val")
    pipeline: Any = trainer.pipeline
    assert pipeline.datamanager.teacher is None and "invented defects" in pipeline.model.remarks["method"]
    before = deepcopy(pipeline.model.network.state_dict())
    trainer.train()
    changed = {
        key.split(".")[0] for key, now in pipeline.model.network.state_dict().items() if not now.equal(before[key])
    }
    assert changed == {"comparison", *(["pooled_images"] if images else [])}
    assert set(pipeline.get_train_loss_dict(4)[1]) == {"verdict_loss"}


def test_draws_that_come_again_are_computed_once(root: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = trainer_config(root, tmp_path, steps=1)
    config.pipeline.reconstruction_steps, config.pipeline.model.second_stage = 0, "comparison"
    config.pipeline.datamanager.draws, config.pipeline.datamanager.both_ways = 2, True
    pipeline = config.pipeline.setup(device="cpu", test_mode="val")
    asked: list[int] = []
    volume = pipeline.model.network.volume
    pipeline.model.network.volume = lambda *views, **more: asked.append(1) or volume(*views, **more)
    scenes = [pipeline.datamanager.scenes_of_step(step) for step in range(12)]
    assert [(s.draw, s.sample.name) for (s,) in scenes[6:]] != [(s.draw, s.sample.name) for (s,) in scenes[:6]]
    by_draw = {(s.draw, s.sample.name): s.sample.inputs for (s,) in scenes}
    assert len(by_draw) == 6 and all(
        torch.equal(by_draw[s.draw, s.sample.name].camera_to_world, s.sample.inputs.camera_to_world) for (s,) in scenes
    )
    pipeline.train()
    first = [float(pipeline.get_train_loss_dict(step)[1]["verdict_loss"]) for step in range(12)]
    assert len(asked) == 12, "two directions of three scenes in two draws"
    assert np.isfinite(first).all()


def test_what_a_step_sees_follows_from_seed_and_step(root: Path, tmp_path: Path) -> None:
    config = trainer_config(root, tmp_path, steps=1).pipeline.datamanager
    config.batch_size = 2
    managers = [config.setup(device="cpu", test_mode="val", feature_channels=4) for _ in range(2)]
    for step in (0, 1, 5):
        (one, _), (other, _) = (manager.next_train(step) for manager in managers)
        assert len(one) == 4  # each of two scenes both ways
        for here, there in zip(one, other, strict=True):
            assert torch.equal(here.sample.inputs.images, there.sample.inputs.images)
            assert torch.equal(here.target_features, there.target_features)
        assert torch.equal(one[0].sample.inputs.images, one[2].sample.targets.images)
    names = [scene.sample.name for step in range(3) for scene in managers[0].scenes_of_step(step)]
    assert sorted(names) == sorted(["s0", "s1", "s2"] * 2)


def test_reconstruction_learns(root: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = trainer_config(root, tmp_path, steps=60)
    config.pipeline.reconstruction_steps = 60
    trainer = config.setup()
    trainer.setup(test_mode="val")
    pipeline: Any = trainer.pipeline

    def held_out_loss() -> float:
        found = pipeline.get_eval_loss_dict(0)[1]
        del found["correspondence_loss"]  # 0 as long as there is nothing
        return float(sum(found.values()))

    before = held_out_loss()
    trainer.train()
    assert held_out_loss() < 0.7 * before


def test_scenes_without_masks_are_named(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = make_scene(tmp_path / "bare", views=6, size=(32, 32), masks=False)
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"train": ["bare"], "test": []}))
    config = trainer_config(tmp_path, tmp_path, steps=1)
    config.pipeline.datamanager.data, config.pipeline.datamanager.split = bare, split
    trainer = config.setup()
    trainer.setup(test_mode="val")
    with pytest.raises(SystemExit):
        trainer.pipeline.get_train_loss_dict(0)
    assert "scene bare: not every object has a mask" in capsys.readouterr().err


def test_scenes_of_other_categories_need_a_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_scene(tmp_path / "scenes" / "s", instance="widget_001", size=(16, 16))
    config = trainer_config(tmp_path / "scenes", tmp_path, steps=1).pipeline.datamanager
    config.split = None
    with pytest.raises(SystemExit):
        config.setup(device="cpu", test_mode="val")
    assert "no scene is of a category that trains" in capsys.readouterr().err
    content = read_metadata(folder)
    for entry in content["objects"]:
        entry["path"] = entry["path"].replace("widget", "apple")
    write_metadata(folder, content)
    make_scene(tmp_path / "more" / "t", size=(16, 16))  # bananas are unseen
    from pad_nerfstudio.odd_one_out.learned.scene_choice import chosen_scenes

    assert chosen_scenes(tmp_path, None)[1] == [tmp_path / "more" / "t"]


def test_another_methods_config_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text(yaml.dump(pad_nerf.config))
    with pytest.raises(UserError, match="not a run of odd-one-out"):
        load_learned_method(tmp_path / "config.yml")


def test_judging_a_scene_whose_density_is_known(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained(trainer_config(root, tmp_path, steps=1))
    method = load_learned_method(config_of(tmp_path), "cpu")
    scene, grid = read_scene(root / "s3"), method.network.grid
    points, density = grid.voxel_centers(), torch.zeros(grid.shape)
    for found in scene.objects:
        assert found.bounds is not None
        least, greatest = (torch.from_numpy(end).float() for end in found.bounds)
        density[((points > least) & (points < greatest)).all(dim=-1)] = 5.0
    monkeypatch.setattr(type(method.network), "density", lambda self, volume: density)
    probable = torch.tensor([-2.0, 2.0, -2.0])
    forward = type(method.network.comparison).forward
    monkeypatch.setattr(
        type(method.network.comparison),
        "forward",
        lambda self, objects, features: (
            (found := forward(self, objects, features))[0] * 0.1 + probable[: len(objects)],
            found[1],
        ),
    )
    judged = method(scene, [0, 1, 2, 3, 4])
    assert len(judged.objects) == 3 and judged.features is not None and judged.features.max() > 0
    for found in judged.objects:
        assert found.score is not None and 0 < found.score < 1 and found.is_anomalous == (found.score > 0.5)
    odd = judged.objects[1]
    assert odd.is_anomalous and len(odd.part) > 0, "the part that made it odd"
    assert np.all((odd.part >= odd.bounds[0]) & (odd.part <= odd.bounds[1]))
    assert all(len(found.part) == 0 for found in judged.objects if not found.is_anomalous)
    assert [match.objects for match in judged.matches] == [(0, 1), (0, 2), (1, 2)]
    for match in judged.matches:
        for number, points_of in zip(match.objects, match.points, strict=True):
            box = judged.objects[number].bounds
            assert len(points_of) > 0 and np.all((points_of >= box[0]) & (points_of <= box[1]))

    least, greatest = (torch.from_numpy(end).float() for end in judged.objects[2].bounds)
    density[((points >= least) & (points <= greatest)).all(dim=-1)] = 0.0
    two = method(scene, [0, 1, 2, 3, 4])
    assert [found.is_anomalous for found in two.objects] == [None, None], "neither is the majority"
    assert two.notes[0].startswith("two equal groups")
    density.zero_()
    nothing = method(scene, [0, 1, 2, 3, 4])
    assert nothing.objects == () and nothing.matches == () and nothing.notes == (NO_OBJECT,)
