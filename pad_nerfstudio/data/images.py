"""Reading photos of every common pixel format as plain 8-bit RGB, and masks as booleans."""

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Integer, UInt8, UInt16
from PIL import Image, ImageOps, UnidentifiedImageError

from pad_nerfstudio.errors import BadImageError, UserError

Pixels = UInt8[np.ndarray, "h w c"] | UInt16[np.ndarray, "h w c"]

EXIF_ORIENTATION = 0x0112
SWAPPED_ORIENTATIONS = (5, 6, 7, 8)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_ORIENTATION_WORDS = (b"eXIf", b"type exif", b"tiff:Orientation")


def read_image(
    path: Path, background: tuple[float, float, float] = (1.0, 1.0, 1.0), size: tuple[int, int] | None = None
) -> UInt8[np.ndarray, "h w 3"]:
    """Read an image as 8-bit RGB, turned upright as its EXIF orientation says.

    Grayscale, palette and 16-bit images are converted (16 bits by 255/65535, rounded); transparent ones are composited
    over `background`.

    Args:
        path: an image file
        background: RGB in [0, 1]
        size: width and height to resize to: area average where the image shrinks, linear where it grows

    Raises:
        UserError: the file is missing, is no image, or is broken
    """
    return as_rgb(read_pixels(path), background, size)


def as_rgb(
    pixels: UInt8[np.ndarray, "_h _w c"],
    background: tuple[float, float, float] = (1.0, 1.0, 1.0),
    size: tuple[int, int] | None = None,
) -> UInt8[np.ndarray, "h w 3"]:
    """What `read_image` makes of the pixels that `read_pixels` returns."""
    image = _three_channels(pixels)
    if pixels.shape[2] in (2, 4):
        image = composite(image, pixels[..., -1], background)
    image = np.ascontiguousarray(image)
    if size is not None and size != (image.shape[1], image.shape[0]):
        shrinks = size[0] <= image.shape[1] and size[1] <= image.shape[0]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return image


def read_pixels(path: Path, upright: bool = True) -> UInt8[np.ndarray, "h w c"]:
    """Read an image with the channels it has: gray, gray and alpha, RGB, or RGBA; 16 bits become 8.

    Args:
        path: an image file
        upright: turn it as its EXIF orientation says; else the rows are those of the file

    Raises:
        UserError: the file is missing, is no image, or is broken
    """
    return _to_8_bit(_decode(path, upright))


def stored_size(path: Path) -> tuple[tuple[int, int], bool]:
    """Width and height as they stand in the file, and whether its EXIF orientation swaps them; nothing is decoded.

    Raises:
        UserError: the file is missing or is no image
    """
    try:
        data = path.read_bytes()
        with Image.open(BytesIO(data)) as image:
            return image.size, _orientation(data) in SWAPPED_ORIENTATIONS
    except Exception as error:
        raise _bad_image(path, error) from error


def read_cutout(
    path: Path, size: tuple[int, int] | None = None, mask: Path | None = None
) -> UInt8[np.ndarray, "h w 4"]:
    """Read an image as 8-bit RGB with straight opacity, turned upright as its EXIF orientation says.

    Args:
        path: an image file; opaque where it has no alpha
        size: width and height to resize to, by area; colours count as much as they are opaque
        mask: of the image's size, its brightest value where the object is; soft edges stay soft

    Raises:
        UserError: a file is missing, is no image, or is broken, or the mask has another size
    """
    pixels = read_pixels(path)
    channels = pixels.shape[2]
    rgb = _three_channels(pixels)
    opacity = (pixels[..., -1] if channels in (2, 4) else np.full(rgb.shape[:2], 255)).astype(np.float32) / 255
    if mask is not None:
        values = read_pixels(mask)
        check_mask_size(mask, (values.shape[1], values.shape[0]), (rgb.shape[1], rgb.shape[0]))
        values = values[..., : 3 if values.shape[2] >= 3 else 1].max(axis=2).astype(np.float32)
        opacity = opacity * values / max(1.0, float(values.max()))
    if size is None or size == (rgb.shape[1], rgb.shape[0]):
        return np.dstack([rgb, np.round(255 * opacity).astype(np.uint8)])
    layers = cv2.resize(np.dstack([rgb * opacity[..., None], opacity]), size, interpolation=cv2.INTER_AREA)
    colors = layers[..., :3] / np.maximum(layers[..., 3:], 1e-6)
    return np.round(np.dstack([colors.clip(0, 255), 255 * layers[..., 3:]])).astype(np.uint8)


def _three_channels(pixels: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w 3"]:
    """Colours without alpha; gray in all three."""
    return pixels[..., :3] if pixels.shape[2] >= 3 else np.repeat(pixels[..., :1], 3, axis=2)


def composite(
    rgb: UInt8[np.ndarray, "h w 3"], alpha: UInt8[np.ndarray, "h w"], background: tuple[float, float, float]
) -> UInt8[np.ndarray, "h w 3"]:
    """`rgb` with straight (not premultiplied) `alpha` over a `background` of RGB in [0, 1], rounded."""
    opacity = alpha[..., None].astype(np.float32) / 255
    blended = rgb * opacity + 255 * np.asarray(background, np.float32) * (1 - opacity)
    return np.round(blended).astype(np.uint8)


def read_mask(path: Path, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Read a defect mask: true above half of the image's brightest value, so 0/1 and 0/255 masks both work.

    Args:
        path: the mask image
        size: width and height of the photo it belongs to

    Raises:
        UserError: the mask is broken, or its size is not that of the photo
    """
    pixels = _decode(path)
    h, w, channels = pixels.shape
    check_mask_size(path, (w, h), size)
    values = pixels[..., : 3 if channels >= 3 else 1].max(axis=2).astype(np.float32)
    if channels in (2, 4):
        values *= pixels[..., -1] / np.float32(np.iinfo(pixels.dtype).max)
    return values > values.max() / 2


def check_mask_size(path: Path, mask_size: tuple[int, int], image_size: tuple[int, int]) -> None:
    """Raise a UserError unless a mask is as large as its photo; both sizes are (width, height)."""
    if mask_size != image_size:
        raise UserError(
            f"{path}: the mask has {mask_size[0]}x{mask_size[1]} pixels but its image {image_size[0]}x{image_size[1]}; "
            "give the mask at the image's size or remove it"
        )


def verified_size(path: Path) -> tuple[int, int]:
    """Width and height of the upright image, after a check that the file is whole.

    A PNG is checked by its checksums, which is some ten times faster than decoding it; other formats are decoded.

    Raises:
        UserError: the file is missing, is no image, or is broken
    """
    try:
        data = path.read_bytes()
        with Image.open(BytesIO(data)) as image:
            if image.format != "PNG":
                return ImageOps.exif_transpose(image).size
            w, h = image.size
            image.verify()
        return (h, w) if _orientation(data) in SWAPPED_ORIENTATIONS else (w, h)
    except Exception as error:  # decoders raise whatever they like on broken files
        raise _bad_image(path, error) from error


def decodes_plainly(path: Path) -> bool:
    """Whether a reader that knows nothing of orientation, palettes or 16 bits gets the pixels of `read_image`.

    True for upright 8-bit gray, RGB and RGBA files, which is what Nerfstudio's own dataset reads correctly.

    Raises:
        UserError: the file is missing or is no image
    """
    try:
        data = path.read_bytes()
        with Image.open(BytesIO(data)) as image:
            plain = image.mode in ("L", "RGB", "RGBA") and "transparency" not in image.info and not _is_deep(image)
        return plain and _orientation(data) == 1
    except Exception as error:
        raise _bad_image(path, error) from error


def _decode(path: Path, upright: bool = True) -> Pixels:
    """Pixels at the depth of the file: gray, gray and alpha, RGB, or RGBA."""
    try:
        data = path.read_bytes()
        with Image.open(BytesIO(data)) as image:
            if not _is_deep(image):
                turned = ImageOps.exif_transpose(image) if upright else image
                return _channels_last(np.asarray(_simple_mode(turned)))
            image.verify() if image.format == "PNG" else image.load()  # OpenCV is silent about missing rows
        return _turned_upright(_decode_deep(data), _orientation(data) if upright else 1)
    except Exception as error:
        raise _bad_image(path, error) from error


def _decode_deep(data: bytes) -> Pixels:
    """16-bit pixels, which Pillow would cut down to 8 bits in colour images."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("the pixels cannot be decoded")
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"pixels of type {pixels.dtype} have no meaning as a photo")
    pixels = _channels_last(pixels)
    if pixels.shape[2] >= 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    return pixels


def _orientation(data: bytes) -> int:
    """EXIF orientation of an image file, 1 where it has none.

    Pillow decodes a whole PNG in search of it, so the words that can announce it are looked for first.
    """
    if data.startswith(PNG_SIGNATURE) and not any(word in data for word in PNG_ORIENTATION_WORDS):
        return 1
    with Image.open(BytesIO(data)) as image:
        return int(image.getexif().get(EXIF_ORIENTATION, 1))


def _turned_upright(pixels: Pixels, orientation: int) -> Integer[np.ndarray, "upright_h upright_w c"]:
    """The eight EXIF orientations: 2-4 flip or turn by 180 degrees, 5-8 swap the axes first."""
    if orientation in SWAPPED_ORIENTATIONS:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _simple_mode(image: Image.Image) -> Image.Image:
    """Palette, 1-bit, CMYK and the like as gray, RGB or their kin with alpha."""
    if "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        return image
    return image.convert({"1": "L", "La": "LA", "PA": "RGBA", "RGBa": "RGBA"}.get(image.mode, "RGB"))


def _is_deep(image: Image.Image) -> bool:
    """Whether the file holds more than 8 bits a channel; Pillow shows it in the raw mode of its tiles."""
    return image.mode[0] in "IF" or any(";16" in str(tile) for tile in getattr(image, "tile", ()))


def _channels_last(pixels: np.ndarray) -> np.ndarray:
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _to_8_bit(pixels: Pixels) -> UInt8[np.ndarray, "h w c"]:
    if pixels.dtype == np.uint8:
        return pixels
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _bad_image(path: Path, error: Exception) -> UserError:
    if isinstance(error, FileNotFoundError):
        return UserError(f"{path}: no such image; check the path")
    if isinstance(error, PermissionError):
        return UserError(f"{path}: may not be read; check the file's permissions")
    reason = str(error).split("\n")[0] or type(error).__name__
    if isinstance(error, UnidentifiedImageError):
        reason = "of no known format"  # Pillow's own words hold an address in memory
    return BadImageError(
        f"{path}: broken, truncated or no image at all ({reason})",
        "replace it, or go on without it by --skip-bad-images",
    )
