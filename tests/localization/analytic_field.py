"""The analytic scene as a trained field with a class folder on disk, in place of a Nerfstudio run."""

import json
from pathlib import Path

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.localizer import LocalizerConfig
from tests.localization.analytic_scene import SPUR, TOY, AnalyticScene, look_at, rig

CAMERA = Pinhole.from_angle_x(0.691, 64, 64)
TRUE_POSES = {
    "test/good/0.png": look_at((25, 40), 4.0),
    "test/good/1.png": look_at((-40, 200), 4.2, (0.1, 0.0, 0.1), 12.0),
    "test/Burrs/0.png": look_at((10, 300), 3.8, (0.0, 0.1, 0.0), -8.0),
}
QUICK = LocalizerConfig(rendered_views=0, finest_size=64, hypotheses=4, more_hypotheses=4)


def save(image: Float[Tensor, "h w 3"], path: Path) -> None:
    """Save colour in [0, 1] as an 8-bit image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((image * 255).round().byte().numpy()).save(path)


def make_analytic_class(folder: Path) -> Path:
    """Write training views, transforms.json and the queries of `TRUE_POSES`."""
    scene, frames = AnalyticScene(), []
    for index, pose in enumerate(rig(5, 8)):
        save(scene.render(pose, CAMERA).rgb, folder / f"train/good/{index}.png")
        frames.append({"file_path": f"train/good/{index}.png", "transform_matrix": pose.tolist()})
    (folder / "transforms.json").write_text(json.dumps({"camera_angle_x": 0.691, "frames": frames}))
    for name, pose in TRUE_POSES.items():
        shown = AnalyticScene((*TOY, SPUR) if "Burrs" in name else TOY)
        save(shown.render(pose, CAMERA).rgb, folder / name)
    return folder


class AnalyticField(AnalyticScene):
    """What `load_trained_field` would return, were the toy a trained field."""

    method = "analytic"
    camera = CAMERA
    differentiable = True

    def __init__(self, root: Path):
        super().__init__(supersampling=1)
        self.data_root = root
        self.config_path, self.checkpoint = root / "config.yml", root / "step-1.ckpt"
        if not self.checkpoint.exists():
            self.config_path.write_text("")
            self.checkpoint.write_bytes(b"")
        views = list(read_mad_class(root, skip_bad_images=True).training_views)
        self.training_views, self.held_out_views = views[1:], views[:1]
        self.background = torch.ones(3)
