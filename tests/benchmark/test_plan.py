"""What is run for which class, preset and number of views, and what presets share."""

from pathlib import Path

import pytest

from pad_nerfstudio.benchmark.plan import find_classes, jobs_of, plan_trials
from pad_nerfstudio.benchmark.training_views import training_view_names
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.presets.preset import Preset, read_preset


def preset(folder: Path, name: str, text: str) -> Preset:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return read_preset(str(path))


def test_presets_share_the_steps_in_which_they_agree(tmp_path: Path) -> None:
    presets = [
        preset(tmp_path, "a", "score: {nearby-views: 0}"),
        preset(tmp_path, "b", "score: {nearby-views: 1}"),
        preset(tmp_path, "c", "localize: {hypotheses: 3}"),
        preset(tmp_path, "d", "train: {max-num-iterations: 5}"),
        preset(tmp_path, "e", "score: {nearby-views: 0}\ntrain: {method: pad-nerf}"),
    ]
    trials = plan_trials([tmp_path / "toy"], presets, [None], tmp_path / "out")
    by_name = {trial.preset: trial for trial in trials}
    assert by_name["a"].train == by_name["b"].train == by_name["c"].train != by_name["d"].train
    assert by_name["a"].localize == by_name["b"].localize != by_name["c"].localize
    assert by_name["a"].score != by_name["b"].score and by_name["a"].jobs == by_name["e"].jobs
    jobs = jobs_of(trials)
    assert [job.step for job in jobs].count("train") == 2 and len(jobs) == 2 + 3 + 4
    assert all(job.after is None or jobs.index(job.after) < jobs.index(job) for job in jobs)


def test_commands_are_those_a_user_types(tmp_path: Path) -> None:
    mine = preset(
        tmp_path,
        "mine",
        "train: {max-num-iterations: 5, mad-data: {eval-fraction: 0.2}}\n"
        "localize: {hypotheses: 3}\nscore: {nearby-views: 0}",
    )
    (trial,) = plan_trials([tmp_path / "toy"], [mine], [50], tmp_path / "out", views_seed=7)
    train, localize, score = (" ".join(job.command[1:]) for job in trial.jobs)
    assert train.startswith(f"-m nerfstudio.scripts.train pad-nerf --data {tmp_path / 'toy'} --vis tensorboard")
    assert "--max-num-iterations 5" in train
    assert train.endswith("mad-data --eval-fraction 0.2 --train-views 50 --train-views-seed 7")
    assert localize.startswith(f"-m pad_nerfstudio.commands.localize --load-config {trial.config} --output-dir")
    assert f"--poses {trial.poses}" in score and "50-views" in str(trial.config)
    kept = read_preset(trial.score.command[-1])
    assert kept.sections == {"train": {}, "localize": {"hypotheses": 3}, "score": {"nearby-views": 0}}


def test_an_edited_preset_is_another_job(tmp_path: Path) -> None:
    def planned(text: str):
        return plan_trials([tmp_path / "toy"], [preset(tmp_path, "a", text)], [None], tmp_path / "out")[0]

    before, after = planned("localize: {hypotheses: 3}"), planned("localize: {hypotheses: 4}")
    assert before.train.fingerprint == after.train.fingerprint
    assert before.localize.fingerprint != after.localize.fingerprint
    assert before.score.fingerprint != after.score.fingerprint


def test_classes_are_found_in_natural_order(tmp_path: Path) -> None:
    for name in ("10Sheep", "9Swan", "notes"):
        (tmp_path / name).mkdir()
    for name in ("10Sheep", "9Swan"):
        (tmp_path / name / "transforms.json").write_text("{}")
    assert [path.name for path in find_classes(tmp_path)] == ["9Swan", "10Sheep"]
    assert find_classes(tmp_path, ["10Sheep"]) == find_classes(tmp_path / "10Sheep") == [tmp_path / "10Sheep"]
    with pytest.raises(UserError, match="--classes Cat: no such class in .*; choose from 9Swan, 10Sheep"):
        find_classes(tmp_path, ["Cat"])
    with pytest.raises(UserError, match="holds no class folder"):
        find_classes(tmp_path / "notes")


def test_presets_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = [preset(tmp_path, "a", "score: {}")] * 2
    with pytest.raises(UserError, match="--presets a a: two of them have one name"):
        plan_trials([tmp_path / "toy"], twice, [None], tmp_path / "out")


def test_a_preset_that_trains_on_scenes_is_refused(tmp_path: Path) -> None:
    scenes = read_preset("odd-one-out-small")
    with pytest.raises(UserError, match="--presets odd-one-out-small: odd-one-out trains on scenes and not on classes"):
        plan_trials([tmp_path / "toy"], [scenes], [None], tmp_path / "out")


def test_the_views_trained_on_are_known(mad_class: Path) -> None:
    everything = training_view_names(mad_class, {"eval-fraction": 0.0})
    six = training_view_names(mad_class, {"eval-fraction": 0.0, "train-views": 6})
    four = training_view_names(mad_class, {"eval-fraction": 0.0, "train-views": 4})
    drawn = training_view_names(mad_class, {"eval-fraction": 0.0, "train-views": 4, "train-views-seed": 1})
    assert len(everything) == 12 and len(six) == 6 and set(four) < set(six) < set(everything)
    assert len(drawn) == 4 and drawn != four
    with pytest.raises(UserError, match="--train-views is 13"):
        training_view_names(mad_class, {"eval-fraction": 0.0, "train-views": 13})
