"""A photo with the camera that localisation found for it."""

from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.field_localizer import read_photo
from pad_nerfstudio.localization.lighting import UNCHANGED, Light


@dataclass(frozen=True, eq=False)
class PosedPhoto:
    """A query, or a held-out normal view treated like one."""

    file_path: str
    """Path relative to the class folder; absolute for a photo from elsewhere."""
    path: Path
    """Absolute path of the image."""
    camera_to_world: Float[Tensor, "4 4"]
    """Estimated pose: OpenGL axes, the data set's world frame and units."""
    camera: Pinhole
    """Intrinsics at the photo's own size."""
    converged: bool = True
    """Whether localisation succeeded; if not, the pose is the best one found."""
    seconds: float = 0.0
    """What localising took."""
    kind: str = ""
    """`good`, a kind of defect, or empty where unknown."""
    label: int | None = None
    """0 normal, 1 anomalous, None unknown."""
    light: Light = UNCHANGED
    """How its light differs from that of the training photos."""
    mask_path: Path | None = None
    """Ground-truth mask, where there is one."""
    residual: float | None = None
    """How far the photo is from the field's rendering at this pose, see `Localization`; None where unknown."""
    residual_limit: float | None = None
    """The residual up to which localisation counts as successful; None where unknown."""
    object_mask: Path | None = None
    """Says which pixels are the object; None where nothing does."""

    def rgb(self, background: Float[Tensor, "3"]) -> Float[Tensor, "h w 3"]:
        """Colours in [0, 1]; transparent pixels and those beside the object's mask show `background`.

        Raises:
            UserError: the image or the object's mask is missing or broken
        """
        return read_photo(self.path, background, mask=self.object_mask)
