"""Defects pasted on photos of a good object: the only anomalies that the comparator ever sees."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from pad_nerfstudio.anomaly.learned.shapes import Generator, Mask, blob, line, polygon, spur

Photo = Float[np.ndarray, "h w 3"]

VISIBLE = 0.02
"""Least difference of a colour channel by which a pixel counts as changed."""
LARGEST = 0.35
"""Largest radius of a defect as a share of the crop's side."""


@dataclass(frozen=True)
class Defective:
    """A photo with defects."""

    photo: Photo
    """Colours in [0, 1]."""
    changed: Mask
    """1 where a defect can be seen, 0 elsewhere."""


def with_defects(photo: Photo, opacity: Mask, random: Generator) -> Defective:
    """Paste one to three defects on a square crop.

    Args:
        photo: colours in [0, 1]
        opacity: accumulation of the reference, in [0, 1]
        random: decides everything
    """
    result = photo
    for _ in range(int(random.choice((1, 2, 3), p=(0.6, 0.25, 0.15)))):
        result = _KINDS[int(random.integers(len(_KINDS)))](result, opacity, random)
    result = np.clip(result, 0.0, 1.0).astype(np.float32)
    return Defective(result, (np.abs(result - photo).max(axis=-1) > VISIBLE).astype(np.float32))


def _stain(photo: Photo, opacity: Mask, random: Generator) -> Photo:
    """Colour on the surface, from barely visible to opaque, that does not reach beyond the object."""
    shape = (blob, blob, polygon, line)[int(random.integers(4))]
    mask = shape(len(photo), _place(opacity, random), _radius(photo, random), random) * opacity
    mask = cv2.GaussianBlur(mask, (0, 0), random.uniform(0.3, 1.2))
    if random.random() < 0.5:
        paint = photo + random.normal(0.0, 1.0) * random.uniform(0.03, 0.25) + random.normal(0.0, 0.06, 3)
        return _blend(photo, paint, mask)
    paint = random.uniform(0.0, 1.0, 3) * np.exp(0.15 * random.standard_normal((*photo.shape[:2], 1)))
    return _blend(photo, cv2.GaussianBlur(paint, (0, 0), 0.8), mask * random.uniform(0.2, 1.0))


def _own_texture(photo: Photo, opacity: Mask, random: Generator) -> Photo:
    """A piece of the object where another belongs: a part moved, or gone so that the one behind shows."""
    shift = random.integers(6, len(photo) - 6, 2)
    texture = np.roll(photo, tuple(shift), axis=(0, 1)) * np.exp(random.normal(0.0, 0.1))
    shape = (blob, polygon, polygon)[int(random.integers(3))]
    mask = shape(len(photo), _place(opacity, random), _radius(photo, random), random)
    return _blend(photo, texture, cv2.GaussianBlur(mask, (0, 0), 0.5))


def _plain(photo: Photo, opacity: Mask, random: Generator) -> Photo:
    """A face of one colour, shaded: a part swapped, or a stud gone."""
    shape = (blob, polygon, polygon)[int(random.integers(3))]
    mask = shape(len(photo), _place(opacity, random), _radius(photo, random), random) * opacity
    color = _color_of(photo, opacity, random) * np.exp(random.normal(0.0, 0.15))
    ramp = np.linspace(-1, 1, len(photo))[:, None, None] * random.normal(0.0, 0.05)
    return _blend(photo, color + (ramp if random.random() < 0.5 else ramp.swapaxes(0, 1)), mask)


def _removed(photo: Photo, opacity: Mask, random: Generator) -> Photo:
    """Background where the object should be."""
    outside = opacity < 0.02
    background = np.median(photo[outside], axis=0) if outside.any() else np.ones(3)
    shape = (blob, polygon, spur)[int(random.integers(3))]
    place = _place(_rim(opacity) if random.random() < 0.7 else opacity, random)
    mask = shape(len(photo), place, _radius(photo, random), random)
    return _blend(photo, background, cv2.GaussianBlur(mask, (0, 0), 0.5))


def _grown(photo: Photo, opacity: Mask, random: Generator) -> Photo:
    """The object's own colour where background should be, or standing out in front of it."""
    shape = (spur, spur, blob, polygon)[int(random.integers(4))]
    place = _place(_rim(opacity) if random.random() < 0.7 else opacity, random)
    mask = shape(len(photo), place, min(_radius(photo, random), 0.2 * len(photo)), random)
    color = _color_of(photo, opacity, random) * np.exp(random.normal(0.0, 0.2))
    shade = cv2.GaussianBlur(random.standard_normal(photo.shape[:2]).astype(np.float32), (0, 0), 2.0)[..., None]
    return _blend(photo, color * np.exp(0.4 * shade), cv2.GaussianBlur(mask, (0, 0), 0.5))


def _relief(photo: Photo, opacity: Mask, random: Generator) -> Photo:
    """A bump, a dent or a splinter of the object's own material, seen by its shading alone."""
    shape = (spur, spur, blob, polygon, line)[int(random.integers(5))]
    radius = float(np.exp(random.uniform(np.log(3.0), np.log(0.2 * len(photo)))))
    mask = shape(len(photo), _place(opacity, random), radius, random)
    # A roof over the shape: its slopes face away from the outline, so each catches the light differently.
    roof = cv2.GaussianBlur(cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5), (0, 0), 0.7)
    slope = np.stack(np.gradient(roof), axis=-1)
    turn, strength = random.uniform(0, 2 * np.pi), np.exp(random.uniform(np.log(0.04), np.log(0.5)))
    shade = strength * (slope @ np.array([np.sin(turn), np.cos(turn)]) + random.normal(0.0, 0.3))[..., None]
    material = photo if random.random() < 0.3 else _color_of(photo, opacity * mask, random)
    return _blend(photo, material * np.exp(shade), cv2.GaussianBlur(mask, (0, 0), 0.5))


_KINDS = (_stain, _stain, _own_texture, _plain, _removed, _grown, _relief, _relief)


def _blend(photo: Photo, paint: np.ndarray, mask: Mask) -> Photo:
    return photo + mask[..., None] * (paint - photo)


def _radius(photo: Photo, random: Generator) -> float:
    """Small ones are as likely as large ones, measured by their logarithm."""
    return float(np.exp(random.uniform(np.log(1.5), np.log(LARGEST * len(photo)))))


def _place(weight: Mask, random: Generator) -> tuple[float, float]:
    """A pixel (x, y) where the weight is at least a half; any pixel where there is none."""
    rows, columns = np.nonzero(weight > 0.5)
    if not len(rows):
        return float(random.uniform(0, len(weight))), float(random.uniform(0, len(weight)))
    chosen = int(random.integers(len(rows)))
    return float(columns[chosen]), float(rows[chosen])


def _rim(opacity: Mask) -> Mask:
    """The pixels along the silhouette."""
    solid = (opacity > 0.5).astype(np.uint8)
    return (cv2.dilate(solid, np.ones((5, 5))) - cv2.erode(solid, np.ones((5, 5)))).astype(np.float32)


def _color_of(photo: Photo, opacity: Mask, random: Generator) -> Float[np.ndarray, "3"]:
    x, y = _place(opacity, random)
    return photo[int(y), int(x)]
