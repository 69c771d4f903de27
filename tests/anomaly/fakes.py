"""A renderer that needs no field: a coloured square on white, the same from every camera."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.data.mad_layout import TrainingView
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.models.rendering import Rendering

WHITE = torch.ones(3)


class SquareRenderer:
    """Renders the normal object; counts how often it was asked."""

    def __init__(self) -> None:
        self.renders = 0

    def render(self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> Rendering:
        """The square in the middle of the image."""
        self.renders += 1
        return square(camera.w, camera.h)


def square(w: int, h: int) -> Rendering:
    """A smooth reddish square that covers the middle half of the image."""
    accumulation = torch.zeros(h, w)
    accumulation[h // 4 : 3 * h // 4, w // 4 : 3 * w // 4] = 1.0
    shade = torch.linspace(0.3, 0.7, w).expand(h, w)
    color = torch.stack([shade + 0.2, shade * 0.5, shade * 0.4], dim=-1)
    rgb = torch.where(accumulation[..., None] > 0, color, torch.ones(3))
    return Rendering(rgb, torch.full((h, w), 3.0), accumulation)


def write_photo(
    root: Path, kind: str, index: int, side: int = 48, noise: float = 0.01, mask: bool = True
) -> PosedPhoto:
    """A photo of the square with a little noise; all kinds but `good` show a dark patch and may have a mask."""
    random = np.random.default_rng([index, len(kind)])
    photo = square(side, side).rgb.numpy() + random.normal(0, noise, (side, side, 3))
    defect = np.zeros((side, side), bool)
    if kind != "good":
        top = side // 4 + 2 + index % 4
        defect[top : top + side // 6, top : top + side // 6] = True
        photo[defect] = [0.1, 0.1, 0.15]
    path = root / "test" / kind / f"{index}.png"
    mask_path = root / "ground_truth" / kind / f"{index}_mask.png" if mask and kind != "good" else None
    _save(path, np.clip(photo * 255, 0, 255))
    if mask_path is not None:
        _save(mask_path, defect * 255)
    return PosedPhoto(
        file_path=f"test/{kind}/{index}.png",
        path=path,
        camera_to_world=torch.eye(4, dtype=torch.float64),
        camera=Pinhole.from_angle_x(0.691, side, side),
        converged=True,
        seconds=0.25,
        kind=kind,
        label=int(kind != "good"),
        mask_path=mask_path,
    )


def training_view(root: Path) -> TrainingView:
    """A normal photo with the pose that every photo of the square has."""
    photo = write_photo(root / "train", "good", 99)
    return TrainingView("train/good/99.png", photo.path, np.eye(4), photo.camera)


def _save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path)
