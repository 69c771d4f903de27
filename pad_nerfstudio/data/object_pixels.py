"""What training photos tell of where the object is: by its mask, or by contrast with a background of one colour."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped, UInt8
from torch import Tensor

Around = Literal["plain", "real", "auto"]
"""What photos without masks show around the object: one colour, or real things, before which they do not tell where it
is; `auto` lets their borders decide."""
NEAR, NEXT = 50, 200
"""What lies within this part of a photo's width of an object is near it, or next to it: 8 and 2 of 400 pixels."""


@dataclass(frozen=True, eq=False)
class Photo:
    """One training photo."""

    rgb: UInt8[Tensor, "h w 3"]
    """Colours over the background where it is transparent."""
    opacity: UInt8[Tensor, "h w"] | None = None
    """255 on the object and 0 beside it, from its mask or alpha; None where there is neither."""
    seen: Bool[Tensor, "h w"] | None = None
    """Which pixels it shows; the others, beyond its edge, are neither object nor background. None: all."""

    @property
    def masked(self) -> bool:
        """Whether it tells the object from the background: something that it shows is transparent."""
        if self.opacity is None:
            return False
        return bool(((self.opacity if self.seen is None else self.opacity[self.seen]) < 255).any())


@dataclass(frozen=True, eq=False)
class ObjectPixels:
    """Where the object is in the pixels of all photos; each list holds one map for each photo."""

    background: Float[Tensor, " 3"]
    """Colour behind the object, in [0, 1]."""
    silhouettes: list[Bool[Tensor, "_h _w"]] | None
    """Pixels on or near the object, or not seen; None where photos do not tell."""
    seen: list[Bool[Tensor, "_h _w"]] | None = None
    """Pixels to learn from; None: all."""
    solid: list[Bool[Tensor, "_h _w"]] | None = None
    """Pixels that surely show the object and nothing of the background; None where photos do not tell."""
    opacity: list[UInt8[Tensor, "_h _w"]] | None = None
    """How much of each pixel the object covers, 0 to 255; None without masks."""
    outlines: list[Bool[Tensor, "_h _w"]] | None = None
    """Pixels on the object or next to it, or not seen: tighter than `silhouettes`; None without masks."""
    notes: tuple[str, ...] = ()
    """Sentences on what was decided, for the user."""


def not_told(photos: Sequence[Photo]) -> ObjectPixels:
    """What photos tell that show the object in its surroundings: all their pixels are alike."""
    return ObjectPixels(border_color(photos), None, _seen(photos))


def object_pixels(
    photos: Sequence[Photo],
    under_transparent: Float[Tensor, " 3"],
    around: Around = "plain",
) -> ObjectPixels:
    """Where the object is, by masks where there are any, else by contrast with the border of the photos.

    Args:
        photos: all training photos
        under_transparent: the colour that transparent pixels show, in [0, 1]
        around: what photos without masks show around the object
    """
    if any(photo.masked for photo in photos):
        return _by_mask(photos, under_transparent)
    background = border_color(photos)
    plain = border_is_plain(photos, background)
    if around == "real" or (around == "auto" and not plain):
        told = not_told(photos)
        why = "as asked" if around == "real" else "their borders are not of one colour"
        return replace(told, notes=(f"{why}, what photos show around the object is modelled by direction",))
    near = [near_object(photo.rgb.numpy(), background.numpy()) for photo in photos]
    silhouettes = [_or_not_seen(torch.from_numpy(map_), photo) for map_, photo in zip(near, photos, strict=True)]
    solid = None
    if plain:
        solid = [torch.from_numpy(surely_object(photo.rgb.numpy(), background.numpy())) for photo in photos]
    return ObjectPixels(background, silhouettes, _seen(photos), solid)


def _by_mask(photos: Sequence[Photo], background: Float[Tensor, " 3"]) -> ObjectPixels:
    """Photos without a mask among others with one show what nobody asked for: nothing is learnt from them."""
    silhouettes, outlines, seen, opacity = [], [], [], []
    for photo in photos:
        known = photo.opacity if photo.masked else None
        everywhere = torch.ones(photo.rgb.shape[:2], dtype=torch.bool)
        seen.append(~everywhere if known is None else everywhere if photo.seen is None else photo.seen)
        opacity.append(torch.zeros(photo.rgb.shape[:2], dtype=torch.uint8) if known is None else known)
        for maps, part in ((silhouettes, NEAR), (outlines, NEXT)):
            near = everywhere if known is None else torch.from_numpy(_grown((known > 0).numpy().astype(np.uint8), part))
            maps.append(_or_not_seen(near, photo))
    unmasked = sum(not photo.masked for photo in photos)
    notes = (f"{unmasked} of {len(photos)} training photos have no mask and are not learnt from",) if unmasked else ()
    return ObjectPixels(background, silhouettes, seen, opacity=opacity, outlines=outlines, notes=notes)


def _seen(photos: Sequence[Photo]) -> list[Bool[Tensor, "_h _w"]] | None:
    if all(photo.seen is None for photo in photos):
        return None
    return [torch.ones(p.rgb.shape[:2], dtype=torch.bool) if p.seen is None else p.seen for p in photos]


def _or_not_seen(near: Bool[Tensor, "h w"], photo: Photo) -> Bool[Tensor, "h w"]:
    return near if photo.seen is None else near | ~photo.seen


def pixels_of_all(maps: Sequence[Shaped[Tensor, "_h _w ..."]]) -> Shaped[Tensor, "_pixels ..."]:
    """The pixels of all photos, photo by photo and row by row."""
    return torch.cat([map_.flatten(0, 1) for map_ in maps])


def border_pixels(photos: Sequence[Photo]) -> UInt8[Tensor, "m 3"]:
    """The outermost pixels that each photo shows."""
    return torch.cat([pixels for photo in photos for pixels in _outermost(photo)])


def border_color(photos: Sequence[Photo]) -> Float[Tensor, " 3"]:
    """The median colour of the outermost pixels that each photo shows, in [0, 1]."""
    return border_pixels(photos).median(0).values / 255.0


def _outermost(photo: Photo) -> Sequence[UInt8[Tensor, "_n 3"]]:
    """Without margins the four sides, so that corners count twice."""
    rgb = photo.rgb
    if photo.seen is None:
        return rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]
    seen = photo.seen.numpy().astype(np.uint8)
    inner = cv2.erode(seen, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=(0.0,))
    return (rgb[torch.from_numpy(seen > inner)],)


def differs_from(
    background: Float[np.ndarray, " 3"], image: UInt8[np.ndarray, "h w 3"], tolerance: float
) -> UInt8[np.ndarray, "h w"]:
    """1 where a channel is more than `tolerance` of 255 levels off the background, else 0; OpenCV takes no booleans."""
    return (np.abs(image - background * 255.0).max(-1) > tolerance).astype(np.uint8)


def near_object(
    image: UInt8[np.ndarray, "h w 3"], background: Float[np.ndarray, " 3"], tolerance: float = 6.0
) -> Bool[np.ndarray, "h w"]:
    """Pixels that differ from the background or lie within a fiftieth of the width of one that does."""
    return _grown(differs_from(background, image, tolerance))


def border_is_plain(
    photos: Sequence[Photo], background: Float[Tensor, " 3"], tolerance: float = 6.0, share: float = 0.9
) -> bool:
    """Whether nearly all outermost pixels have the background's colour: else pixels do not tell what is object."""
    plain = (border_pixels(photos) - background * 255.0).abs().amax(dim=-1) <= tolerance
    return bool(plain.float().mean() >= share)


def surely_object(
    image: UInt8[np.ndarray, "h w 3"], background: Float[np.ndarray, " 3"], tolerance: float = 2.0
) -> Bool[np.ndarray, "h w"]:
    """Pixels that differ from the background together with all their neighbours: no light of it reaches them."""
    differs = differs_from(background, image, tolerance)
    return cv2.erode(differs, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE) > 0


def _grown(mask: UInt8[np.ndarray, "h w"], part: int = NEAR) -> Bool[np.ndarray, "h w"]:
    """Grown by a part of the width."""
    reach = max(3 if part == NEAR else 1, mask.shape[1] // part)
    return cv2.dilate(mask, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
