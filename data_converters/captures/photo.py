"""Photos as the cameras of a capture mean them: as stored or upright, with or without alpha, EXR among them."""

import os
from pathlib import Path

os.environ.setdefault("OPENCV_IO_ENABLE_OPENEXR", "1")  # OpenCV asks when it meets the first EXR

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from jaxtyping import Float32, UInt8  # noqa: E402

from pad_nerfstudio.data.images import read_pixels, stored_size  # noqa: E402
from pad_nerfstudio.errors import BadImageError, UserError  # noqa: E402


def read_photo(path: Path, upright: bool) -> tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w"] | None]:
    """RGB of a photo, and its opacity where the file has one.

    Args:
        path: JPEG, PNG, TIFF and the like, or EXR, whose linear light becomes sRGB
        upright: turn it as its EXIF orientation says; else as it is stored

    Raises:
        UserError: the file is missing, is no image, or is broken
    """
    try:
        pixels = _read_exr(path) if _is_exr(path) else read_pixels(path, upright)
    except BadImageError as error:
        raise UserError(f"{error.fault}; replace it, or remove it from the capture") from error
    channels = pixels.shape[2]
    rgb = pixels[..., :3] if channels >= 3 else np.repeat(pixels[..., :1], 3, axis=2)
    return np.ascontiguousarray(rgb), np.ascontiguousarray(pixels[..., -1]) if channels in (2, 4) else None


def photo_size(path: Path) -> tuple[tuple[int, int], bool]:
    """Width and height as stored, and whether EXIF orientation swaps them.

    Raises:
        UserError: the file is missing or is no image
    """
    try:
        if not _is_exr(path):
            return stored_size(path)
        h, w = _read_exr(path).shape[:2]
        return (w, h), False
    except BadImageError as error:
        raise UserError(f"{error.fault}; replace it, or remove it from the capture") from error


def encoded_srgb(linear: Float32[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    """Linear light 0..1, clipped, as 8-bit sRGB (IEC 61966-2-1)."""
    light = np.clip(np.nan_to_num(linear), 0, 1)
    return np.round(255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)).astype(
        np.uint8
    )


def _is_exr(path: Path) -> bool:
    return path.suffix.lower() == ".exr"


def _read_exr(path: Path) -> UInt8[np.ndarray, "h w c"]:
    try:
        pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such image; check the path") from error
    except (OSError, cv2.error):
        pixels = None
    if pixels is None or pixels.dtype != np.float32:
        raise BadImageError(f"{path}: broken, truncated or no EXR image", "replace it")
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    colours = encoded_srgb(pixels[..., :3])
    if pixels.shape[2] < 4:
        return colours
    return np.concatenate([colours, np.round(255 * np.clip(pixels[..., 3:], 0, 1)).astype(np.uint8)], axis=2)
