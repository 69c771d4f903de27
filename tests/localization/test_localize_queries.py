"""The resumable run that writes poses.json."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from PIL import Image

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.inversion import InversionConfig
from pad_nerfstudio.localization.localize_queries import localize_queries
from pad_nerfstudio.localization.localizer import Localization, Localizer
from pad_nerfstudio.localization.queries import Intrinsics, QueryPhoto, gather_queries
from pad_nerfstudio.localization.retrieval import RetrievalName
from tests.localization.analytic_field import CAMERA, QUICK, TRUE_POSES, AnalyticField, save
from tests.localization.analytic_scene import AnalyticScene


def photos_of(root: Path) -> list[QueryPhoto]:
    return gather_queries(root, (), CAMERA, Intrinsics())[0]


def run(root: Path, out: Path, config=QUICK) -> dict:
    return json.loads(localize_queries(AnalyticField(root), photos_of(root), config, out).read_text())


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry a localised photo."""
    seen: list[int] = []
    localize = Localizer.localize

    def counted(self: Localizer, query: torch.Tensor, camera, *how) -> Localization:
        seen.append(1)
        return localize(self, query, camera, *how)

    monkeypatch.setattr(Localizer, "localize", counted)
    return seen


def test_the_file_holds_every_pose_and_what_it_depends_on(analytic_class: Path, tmp_path: Path) -> None:
    content = run(analytic_class, tmp_path / "out")
    assert content["camera"] == CAMERA.as_dict()
    assert [frame["file_path"] for frame in content["frames"]] == [p.file_path for p in photos_of(analytic_class)]
    for frame in content["frames"]:
        pose = torch.tensor(frame["transform_matrix"], dtype=torch.float64)
        degrees, distance = se3.pose_error(pose, TRUE_POSES[frame["file_path"]])
        assert degrees < 3 and distance < 0.2, frame["file_path"]
        assert frame["converged"] and 0 < frame["residual"] < 0.5 and frame["seconds"] > 0
    assert content["method"] == "analytic" and content["settings"] == dataclasses.asdict(QUICK)
    assert {"config", "checkpoint", "versions", "seed"} <= content.keys()
    assert all(frame["converged"] == (frame["residual"] <= content["residual_limit"]) for frame in content["frames"])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["poses.json"]


def test_finished_photos_are_not_computed_again(analytic_class: Path, tmp_path: Path, calls: list[int]) -> None:
    first = run(analytic_class, tmp_path)
    assert len(calls) == 3
    assert run(analytic_class, tmp_path) == first and len(calls) == 3
    # One photo replaced: only that one.
    os.utime(analytic_class / "test" / "good" / "0.png", ns=(1, 1))
    run(analytic_class, tmp_path)
    assert len(calls) == 4
    # Other settings or another checkpoint: all.
    other = dataclasses.replace(QUICK, hypotheses=2)
    run(analytic_class, tmp_path, other)
    assert len(calls) == 7
    (analytic_class / "step-1.ckpt").write_bytes(b"other")
    run(analytic_class, tmp_path, other)
    assert len(calls) == 10


def test_a_killed_run_goes_on(
    analytic_class: Path, tmp_path: Path, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAD_NERFSTUDIO_THREADS", "1")  # one after the other, so that exactly one is finished
    localize = Localizer.localize

    def killed(self: Localizer, query: torch.Tensor, camera, *how) -> Localization:
        if len(calls) == 1:
            raise KeyboardInterrupt
        return localize(self, query, camera, *how)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Localizer, "localize", killed)
        run(analytic_class, tmp_path)
    assert len(json.loads((tmp_path / "poses.json").read_text())["frames"]) == 1
    assert len(run(analytic_class, tmp_path)["frames"]) == 3
    assert len(calls) == 3


def test_a_broken_poses_json_is_started_anew(analytic_class: Path, tmp_path: Path) -> None:
    (tmp_path / "poses.json").write_text('{"camera": ')
    assert len(run(analytic_class, tmp_path)["frames"]) == 3


def test_other_pixel_formats_and_sizes_give_the_same_pose(analytic_class: Path, tmp_path: Path) -> None:
    folder = analytic_class / "test" / "good"
    image = Image.open(folder / "0.png")
    pixels = np.asarray(image)
    alpha = np.where((pixels < 250).any(-1), 255, 0).astype(np.uint8)
    Image.fromarray(np.dstack([pixels * (alpha[..., None] > 0), alpha])).save(folder / "2.png")
    twice_as_large = CAMERA.resized(2 * CAMERA.w, 2 * CAMERA.h)
    save(AnalyticScene().render(TRUE_POSES["test/good/0.png"], twice_as_large).rgb, folder / "3.png")
    frames = {frame["file_path"]: frame for frame in run(analytic_class, tmp_path)["frames"]}
    poses = {name: torch.tensor(frame["transform_matrix"]).double() for name, frame in frames.items()}
    for name in ("test/good/2.png", "test/good/3.png"):
        assert se3.pose_error(poses[name], poses["test/good/0.png"])[0] < 1.5
    assert frames["test/good/3.png"]["fl_x"] == 2 * CAMERA.fl_x and "fl_x" not in frames["test/good/0.png"]


def test_a_photo_that_breaks_meanwhile_is_named(analytic_class: Path, tmp_path: Path) -> None:
    photos, field = photos_of(analytic_class), AnalyticField(analytic_class)
    photos[1].path.write_bytes(b"no image")
    with pytest.raises(UserError, match=str(photos[1].path)):
        localize_queries(field, photos, QUICK, tmp_path)
    assert len(json.loads((tmp_path / "poses.json").read_text())["frames"]) == 1


def test_retrieval_and_light_are_recorded(analytic_class: Path, tmp_path: Path) -> None:
    photo = analytic_class / "test" / "good" / "0.png"
    pixels = np.asarray(Image.open(photo)).astype(np.float32)
    lit = np.where((pixels > 250).all(-1, keepdims=True), pixels, pixels * (0.8, 0.9, 0.7)).astype(np.uint8)
    Image.fromarray(lit).save(photo)
    frames = {frame["file_path"]: frame for frame in run(analytic_class, tmp_path)["frames"]}
    assert all(frame["retrieval"] == "polar" for frame in frames.values())
    assert frames["test/good/1.png"]["gain"] == [1, 1, 1] and frames["test/good/1.png"]["bias"] == [0, 0, 0]
    np.testing.assert_allclose(frames["test/good/0.png"]["gain"], (0.8, 0.9, 0.7), atol=0.12)
    assert frames["test/good/0.png"]["converged"]


@pytest.mark.parametrize("refine", ["none", "direct", "inversion"])
@pytest.mark.parametrize("retrieval", ["image", "sift"])
def test_every_retrieval_goes_with_every_refinement(
    analytic_class: Path, tmp_path: Path, retrieval: RetrievalName, refine: Literal["none", "direct", "inversion"]
) -> None:
    config = dataclasses.replace(
        QUICK, retrieval=retrieval, refine=refine, inversion=InversionConfig(steps=2, rays=100, loss="l1-ssim")
    )
    frames = run(analytic_class, tmp_path, config)["frames"]
    assert len(frames) == 3 and all(frame["retrieval"].startswith(retrieval) for frame in frames)


def test_a_network_without_weights_is_one_sentence(
    analytic_class: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_args, **_kwargs):
        raise OSError("no network")

    monkeypatch.setattr("timm.create_model", offline)
    config = dataclasses.replace(QUICK, retrieval="efficientnet_b4")
    with pytest.raises(UserError, match="--retrieval efficientnet_b4: its weights .* --weights FILE"):
        run(analytic_class, tmp_path, config)
