"""What is shown, from the results on disk to layers, without a viewer."""

from pathlib import Path

import numpy as np
import pytest
import torch
from nerfstudio.cameras.cameras import Cameras, CameraType

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.models.depth import ray_lengths_per_depth
from pad_nerfstudio.models.trained_field import WorldFrame
from pad_nerfstudio.viewing.inspection import Inspection
from pad_nerfstudio.viewing.layers import ANOMALY, OVERLAY, REFERENCE, layered
from pad_nerfstudio.viewing.panel_text import about_click, about_query, literal
from pad_nerfstudio.viewing.scored_run import read_scored_run
from pad_nerfstudio.viewing.view import along_ray
from tests.localization.analytic_scene import look_at
from tests.viewing.scored_toy import BAD, CAMERA, GOOD, POSES, write_scored_toy

FRAME = WorldFrame(torch.tensor([[0.0, -1, 0, 0.1], [1, 0, 0, -0.2], [0, 0, 1, 0.3]]), 0.4)
POSE = POSES["test/Burrs/0.png"]


@pytest.fixture
def inspection(tmp_path: Path) -> Inspection:
    return Inspection(read_scored_run(*write_scored_toy(tmp_path)), GOOD)


def model_outputs(pose: torch.Tensor) -> tuple[Cameras, dict[str, torch.Tensor]]:
    """What a model in Nerfstudio's frame gives: depth along the ray, scaled."""
    shown = GOOD.render(pose, CAMERA)
    depth = shown.depth * ray_lengths_per_depth(CAMERA) * FRAME.scale
    outputs = {"rgb": shown.rgb, "depth": depth[..., None], "accumulation": shown.accumulation[..., None]}
    matrix = FRAME.to_nerfstudio(pose).float()[None]
    return Cameras(matrix, CAMERA.fl_x, CAMERA.fl_y, CAMERA.cx, CAMERA.cy, CAMERA.w, CAMERA.h), outputs


def without_scale(anomaly: torch.Tensor) -> np.ndarray:
    """The layer with zeros where its scale is."""
    inner = anomaly[..., 0].numpy().copy()
    inner[:, -2:] = 0
    return inner


def spur() -> np.ndarray:
    """Where the photo with the spur differs."""
    return np.abs(BAD.render(POSE, CAMERA).rgb - GOOD.render(POSE, CAMERA).rgb).amax(dim=-1).numpy() > 0.5


def test_the_layers_of_a_query_at_its_pose(inspection: Inspection) -> None:
    inspection.show_part(None)
    layers = layered(inspection, FRAME, *model_outputs(POSE))
    assert set(layers) == {"rgb", "depth", "accumulation", REFERENCE, ANOMALY, OVERLAY}
    torch.testing.assert_close(layers[REFERENCE], GOOD.render(POSE, CAMERA).rgb)
    anomaly = layers[ANOMALY]
    assert anomaly.shape == (96, 96, 1) and anomaly.dtype == torch.float32
    assert anomaly.min() == 0 and anomaly.max() == 1, "the scale keeps the viewer from stretching"
    inner = without_scale(anomaly)
    assert inner[spur()].min() > 0.4 > np.quantile(inner[~spur()], 0.95)
    changed = (layers[OVERLAY] - layers[REFERENCE].mean(dim=-1, keepdim=True)).std(dim=-1).numpy() > 0.15
    assert (changed & spur()).sum() > 0.7 * spur().sum()


def test_a_part_from_a_side_that_no_photo_shows(inspection: Inspection) -> None:
    pose = look_at((32, 40), 3.7)
    anomaly = without_scale(layered(inspection, FRAME, *model_outputs(pose))[ANOMALY])
    assert anomaly.max() > 0.3
    nobody = model_outputs(look_at((-70, 200), 4.0))
    assert without_scale(layered(inspection, FRAME, *nobody)[ANOMALY]).max() < 0.2


def test_the_photo_lies_over_rgb_by_its_opacity(inspection: Inspection) -> None:
    camera, outputs = model_outputs(POSE)
    shown = []
    for opacity in (0.0, 0.5, 1.0):
        inspection.opacity = opacity
        layers = layered(inspection, FRAME, camera, outputs)
        torch.testing.assert_close(layers[REFERENCE], outputs["rgb"])
        shown.append(layers["rgb"].numpy())
    assert shown[0] is not None and np.array_equal(shown[0], outputs["rgb"].numpy())
    np.testing.assert_allclose(shown[2], inspection.photo / 255, atol=0.01)
    np.testing.assert_allclose(shown[1], (shown[0] + shown[2]) / 2, atol=0.01)


def test_nothing_is_computed_before_it_is_asked_for(inspection: Inspection, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = layered(inspection, FRAME, *model_outputs(POSE))
    monkeypatch.setattr(Inspection, "source", property(lambda _: pytest.fail("computed")))
    assert list(layers.keys()) and layers["rgb"].shape == (96, 96, 3)


def test_other_cameras_have_the_same_layers_without_scores(inspection: Inspection) -> None:
    camera, outputs = model_outputs(POSE)
    camera.camera_type = torch.full_like(camera.camera_type, CameraType.EQUIRECTANGULAR.value)
    layers = layered(inspection, FRAME, camera, outputs)
    assert {REFERENCE, ANOMALY, OVERLAY} <= set(layers) and not layers[ANOMALY].any()


def test_a_click_reads_the_score_on_the_object(inspection: Inspection) -> None:
    inspection.show_part(None)
    row, column = np.argwhere(spur() & inspection.taken.solid)[0]
    target = torch.from_numpy(inspection.taken.points[row, column])
    found = inspection.ahead(along_ray(POSE[:3, 3], target - POSE[:3, 3]))
    assert found is not None and found.score is not None and found.score > 3
    np.testing.assert_allclose(found.point, target, atol=0.03)
    assert about_click(found).startswith("score ")
    assert inspection.ahead(along_ray(POSE[:3, 3], POSE[:3, 2])) is None
    hidden = inspection.ahead(look_at((-60, 200), 4.0))
    assert hidden is not None and hidden.score is None and "not seen" in about_click(hidden)
    inspection.show_part(inspection.run.parts[0])
    fused = inspection.ahead(along_ray(POSE[:3, 3], target - POSE[:3, 3]))
    assert fused is not None and fused.score is not None and found.score > fused.score > 0.2


def test_what_is_gone_leaves_the_former_selection(inspection: Inspection) -> None:
    first, second = inspection.run.queries
    second.photo.unlink()
    with pytest.raises(UserError, match="1.png"):
        inspection.select(second)
    assert inspection.query is first


def test_names_say_nothing_in_markdown(inspection: Inspection) -> None:
    assert literal("a`{alert(1)}\n<b>") == "`a'{alert(1)}'<b>`"
    text = about_query(inspection.run.queries[1], 5.0)
    assert "**normal**" in text and "not localised" in text
