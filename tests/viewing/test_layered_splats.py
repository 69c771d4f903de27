"""The layers of a scored run over splats, by the torch rasteriser."""

from pathlib import Path
from typing import Any

import pytest
import torch
from nerfstudio.cameras.cameras import Cameras
from nerfstudio.data.scene_box import SceneBox

from pad_nerfstudio.models.depth import ray_lengths_per_depth
from pad_nerfstudio.models.splat_options import PadSplatModelConfig
from pad_nerfstudio.splats.gaussians import Gaussians
from pad_nerfstudio.viewing.inspection import Inspection
from pad_nerfstudio.viewing.layers import ANOMALY, OVERLAY, REFERENCE
from pad_nerfstudio.viewing.scored_run import read_scored_run
from pad_nerfstudio.viewing.scored_viewer import LayeredModel
from tests.splats.splat_scene import blobs
from tests.viewing.scored_toy import CAMERA, GOOD, POSES, write_scored_toy
from tests.viewing.test_layers import FRAME


def splat_model(gaussians: Gaussians) -> Any:
    """A model of pad-splat that shows these, in its own frame."""
    box = SceneBox(torch.tensor([[-1.0, -1, -1], [1, 1, 1]]))
    config = PadSplatModelConfig(rasterizer="reference", sh_degree=0)
    model: Any = config.setup(scene_box=box, num_train_data=1, metadata={})
    raw = {
        "means": gaussians.means,
        "scales": gaussians.scales.log(),
        "quats": gaussians.quaternions,
        "opacities": gaussians.opacities.logit(),
        "colors": gaussians.harmonics[:, 0],
    }
    model.splats.assign(raw)
    return model.eval()


def test_splats_are_shown_with_their_scores(tmp_path: Path) -> None:
    inspection = Inspection(read_scored_run(*write_scored_toy(tmp_path)), GOOD)
    model = splat_model(blobs())
    layered = LayeredModel(model, inspection, FRAME)
    pose = FRAME.to_nerfstudio(POSES["test/Burrs/0.png"]).float()[None]
    camera = Cameras(pose, CAMERA.fl_x, CAMERA.fl_y, CAMERA.cx, CAMERA.cy, CAMERA.w, CAMERA.h)
    plain, shown = model.get_outputs_for_camera(camera), layered.get_outputs_for_camera(camera)
    assert torch.equal(shown[REFERENCE], plain["rgb"]) and plain["accumulation"].max() > 0.9
    assert shown[ANOMALY].shape == (96, 96, 1) and shown[OVERLAY].shape == (96, 96, 3)
    assert float(shown[ANOMALY].max()) == 1.0, "its scale"
    # the viewer takes a model that it does not know for one whose depth is along the ray
    stretch = ray_lengths_per_depth(CAMERA)[..., None]
    torch.testing.assert_close(shown["depth"], plain["depth"] * stretch)
    assert layered.device == model.device and layered.training is False


@pytest.mark.parametrize("degree", [0, 1])
def test_splats_have_the_names_that_nerfstudio_reads(degree: int) -> None:
    model = (
        splat_model(blobs())
        if degree == 0
        else PadSplatModelConfig(rasterizer="reference").setup(
            scene_box=SceneBox(torch.tensor([[-1.0, -1, -1], [1, 1, 1]])), num_train_data=1, metadata={}
        )
    )
    count = len(model.splats)
    shapes = {name: tuple(values.shape[1:]) for name, values in model.gauss_params.items()}
    assert shapes == {
        "means": (3,), "scales": (3,), "quats": (4,), "opacities": (1,), "features_dc": (3,),
        "features_rest": ((degree + 1) ** 2 - 1, 3),
    }  # fmt: skip
    assert model.num_points == count and model.colors.shape == (count, 3) == model.shs_0.shape
