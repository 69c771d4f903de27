"""What a scored run adds to a model's outputs for one camera."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pixel_rays import is_plain_pinhole
from pad_nerfstudio.models.trained_field import WorldFrame
from pad_nerfstudio.viewing.inspection import Inspection
from pad_nerfstudio.viewing.pictures import relative, scores_over, with_photo, with_scale
from pad_nerfstudio.viewing.reprojection import reprojected
from pad_nerfstudio.viewing.view import View, view_of_outputs

if TYPE_CHECKING:
    from nerfstudio.cameras.cameras import Cameras

REFERENCE, ANOMALY, OVERLAY = "reference_rgb", "anomaly", "anomaly_overlay"


class Layers(dict[str, Any]):
    """Outputs by name; one that is a function is called when it is first asked for: a viewer shows one of several."""

    def __getitem__(self, name: str) -> Any:
        """The output."""
        value = super().__getitem__(name)
        if callable(value):
            value = self[name] = value()
        return value


def layered(inspection: Inspection, frame: WorldFrame, camera: "Cameras", outputs: Mapping[str, Tensor]) -> Layers:
    """A model's outputs with the selected photo over `rgb`, `reference_rgb` without it, and the layers of scores.

    For cameras that are no plain pinholes the layers of scores hold nothing.

    Args:
        inspection: what is looked at
        frame: how the data set's world became Nerfstudio's
        camera: one camera, in Nerfstudio's frame
        outputs: `rgb`, `depth` (distance along the ray), `accumulation` and whatever else
    """
    rgb = outputs["rgb"]
    if not is_plain_pinhole(camera):
        return Layers({**outputs, REFERENCE: rgb, ANOMALY: torch.zeros_like(rgb[..., :1]), OVERLAY: rgb})
    seen = _Seen(inspection, view_of_outputs(frame, camera, outputs))
    shown = {"rgb": _later(seen.rgb, rgb)} if inspection.opacity > 0 else {}
    scores = {ANOMALY: _later(seen.anomaly, rgb), OVERLAY: _later(seen.overlay, rgb)}
    return Layers({**outputs, **shown, REFERENCE: rgb, **scores})


@dataclass(frozen=True, eq=False)
class _Seen:
    """The pictures of one view."""

    inspection: Inspection
    view: View

    def rgb(self) -> Float[np.ndarray, "h w 3"]:
        rgb, shown = self.view.rendering.rgb.numpy(), self.inspection
        if shown.opacity <= 0:
            return rgb
        photo, seen = reprojected(shown.photo, shown.taken, self.view)
        return with_photo(rgb, photo, seen, shown.opacity)

    def anomaly(self) -> Float[np.ndarray, "h w 1"]:
        scores = self.inspection.source.seen_from(self.view)
        return with_scale(relative(scores, self.inspection.limit))[..., None]

    def overlay(self) -> Float[np.ndarray, "h w 3"]:
        scores = self.inspection.source.seen_from(self.view)
        return scores_over(self.rgb(), scores, self.inspection.limit, self.inspection.threshold)


def _later(picture: Callable[[], np.ndarray], like: Tensor) -> Callable[[], Tensor]:
    """A picture as a tensor of another one's type and device, made when it is called."""
    return lambda: torch.from_numpy(np.ascontiguousarray(picture())).to(like)
