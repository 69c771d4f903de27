"""A photo as defects are pasted on it: colours, what is transparent, and where the object is."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from pad_nerfstudio.data.images import composite, read_mask, read_pixels
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.localization.silhouette import border_colour, contrast


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo with defects or without."""

    rgb: Float32[np.ndarray, "h w 3"]
    """Colours in [0, 1], those under transparency included."""
    alpha: Float32[np.ndarray, "h w"]
    """Opacity in [0, 1]; 1 everywhere where the file has none."""
    on_object: Bool[np.ndarray, "h w"]
    """Where the object is seen in the photo before any defect."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.rgb.shape[1], self.rgb.shape[0]

    def pixels(self, with_alpha: bool) -> UInt8[np.ndarray, "h w c"]:
        """8-bit RGB, or RGBA."""
        layers = np.dstack([self.rgb, self.alpha]) if with_alpha else self.rgb
        return np.round(255 * layers.clip(0, 1)).astype(np.uint8)


def read_photo(path: Path, mask: Path | None = None) -> tuple[Photo, bool]:
    """Read a photo, and whether it has transparency.

    The object is where `mask` says; else where the photo is not transparent; else where its colours differ from those
    of a plain border.

    Args:
        path: the photo
        mask: an image as large: its transparency, or where it has none its bright half, tells the object

    Raises:
        UserError: a file is missing or broken, or nothing tells where the object is
    """
    pixels = read_pixels(path)
    channels = pixels.shape[2]
    rgb = pixels[..., :3] if channels >= 3 else np.repeat(pixels[..., :1], 3, axis=2)
    rgb = (rgb / np.float32(255)).astype(np.float32)
    opaque = np.ones(rgb.shape[:2], np.float32)
    transparent = channels in (2, 4)
    alpha = (pixels[..., -1] / np.float32(255)).astype(np.float32) if transparent else opaque
    if mask is not None:
        on_object = _object_of(mask, (rgb.shape[1], rgb.shape[0]))
    elif transparent:
        on_object = alpha > 0.5
    else:
        on_object = _contrasting(rgb)
    if not on_object.any() or on_object.all():
        raise UserError(
            f"{path}: neither transparency nor a plain border tells where the object is; name a folder of masks by "
            "--object-masks"
        )
    return Photo(rgb, alpha, on_object), transparent


def _object_of(path: Path, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    pixels = read_pixels(path)
    if pixels.shape[2] in (2, 4) and pixels.shape[1::-1] == size:
        return pixels[..., -1] > 127
    return read_mask(path, size)


def _contrasting(rgb: Float32[np.ndarray, "h w 3"]) -> Bool[np.ndarray, "h w"]:
    image = torch.from_numpy(rgb)
    clear = (contrast(image, border_colour(image)) > 0.5).numpy().astype(np.uint8)
    clear = cv2.morphologyEx(clear, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return ndimage.binary_fill_holes(clear).astype(bool)


def color_change(
    before: UInt8[np.ndarray, "h w c"], after: UInt8[np.ndarray, "h w c"], background: tuple[float, float, float]
) -> Float32[np.ndarray, "h w"]:
    """How different two pictures look: CIE76 colour difference; transparent ones over `background`."""
    difference = np.zeros(before.shape[:2], np.float32)
    rows, columns = np.nonzero((before != after).any(axis=-1))
    if len(rows):  # colour spaces take their time, and most of a picture is as it was
        window = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
        shown = (_shown(pixels[window], background) / np.float32(255) for pixels in (before, after))
        first, second = (srgb_to_lab(torch.from_numpy(rgb)) for rgb in shown)
        difference[window] = (second - first).norm(dim=-1).numpy()
    return difference


def _shown(pixels: UInt8[np.ndarray, "h w c"], background: tuple[float, float, float]) -> UInt8[np.ndarray, "h w 3"]:
    return composite(pixels[..., :3], pixels[..., 3], background) if pixels.shape[2] == 4 else pixels
