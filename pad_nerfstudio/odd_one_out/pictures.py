"""Pictures of judged scenes: boxes on a view, the part that differs, correspondences (Bhunia et al., figures 3, 4)."""

import colorsys
from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from pad_nerfstudio.data.object_box import ObjectBox
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.odd_one_out.judged_scene import Matches
from pad_nerfstudio.odd_one_out.projection import pixels_in_front
from pad_nerfstudio.odd_one_out.scored_scene import ScoredObject

GREEN, RED, BLUE, ORANGE, MAGENTA = (40, 200, 80), (230, 40, 40), (70, 140, 240), (240, 150, 40), (255, 0, 200)
EDGES = ((0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (0, 4), (1, 5), (2, 6), (3, 7))
"""Numbers of the corners of a box, as `ObjectBox.corners` has them, that an edge joins."""
SIDE = 512
"""Pictures are drawn at least this wide, so that lines are thin beside the objects."""
MOST_LINES = 24
"""Correspondences of one pair of objects that are drawn."""


def draw_objects(
    view: UInt8[np.ndarray, "h w 3"],
    objects: Sequence[ScoredObject],
    camera_to_world: Float[np.ndarray, "4 4"],
    camera: Pinhole,
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """The view with a box around each object: green right, red wrong or missed; blue normal, orange anomalous where
    the truth is unknown. Objects called anomalous have thick lines.

    Args:
        view: the photo
        objects: found and missed ones, boxes in the world frame
        camera_to_world: pose of the view, OpenGL axes
        camera: intrinsics for the size of the photo
    """
    picture, camera = _enlarged(view, camera)
    for found in objects:
        color, thickness = box_color(found), 5 if found.is_anomalous else 2
        corners = ObjectBox(found.bounds.mean(axis=0), found.bounds[1] - found.bounds[0], np.eye(3)).corners()
        pixels = pixels_in_front(corners, camera_to_world, camera)
        for i, j in EDGES:
            _line(picture, pixels[i], pixels[j], color, thickness)
        top = pixels[np.nanargmin(pixels[:, 1])] if np.isfinite(pixels).any() else pixels[0]
        _text(picture, box_title(found), top - [12, 6], color)
    return picture


def box_color(found: ScoredObject) -> tuple[int, int, int]:
    """Green right, red wrong; where that is unknown, orange anomalous, blue normal or without verdict."""
    if found.correct is not None:
        return GREEN if found.correct else RED
    return ORANGE if found.is_anomalous else BLUE


def box_title(found: ScoredObject) -> str:
    """What stands at a box."""
    if found.number is None:
        return "missed"
    return {None: f"{found.number} ?", True: f"{found.number} odd", False: f"{found.number}"}[found.is_anomalous]


def draw_parts(
    view: UInt8[np.ndarray, "h w 3"],
    parts: Sequence[Float[np.ndarray, "_ 3"]],
    camera_to_world: Float[np.ndarray, "4 4"],
    camera: Pinhole,
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """The view in faded gray with the parts that differ in magenta.

    Args:
        view: the photo
        parts: world points of each object's part
        camera_to_world: pose of the view, OpenGL axes
        camera: intrinsics for the size of the photo
    """
    picture, camera = _enlarged(view, camera)
    gray = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    marked = np.zeros_like(picture)
    for part in parts:
        pixels = pixels_in_front(part, camera_to_world, camera)
        for pixel in pixels[np.isfinite(pixels).all(axis=1)]:
            cv2.circle(marked, _whole(pixel), max(2, camera.w // 128), (255, 255, 255), thickness=-1)
    faded = (gray * 0.7 + 64).clip(0, 255)
    tinted = 0.45 * faded + 0.55 * np.array(MAGENTA)
    return np.where(marked > 0, tinted, faded).astype(np.uint8)


def draw_matches(
    view: UInt8[np.ndarray, "h w 3"],
    matches: Sequence[Matches],
    camera_to_world: Float[np.ndarray, "4 4"],
    camera: Pinhole,
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """The view with lines between corresponding places of objects, in a colour of its own each."""
    picture, camera = _enlarged(view, camera)
    for match in matches:
        count = match.points.shape[1]
        chosen = np.unique(np.linspace(0, count - 1, min(count, MOST_LINES)).round().astype(int)) if count else []
        pixels = pixels_in_front(match.points, camera_to_world, camera)
        for place, index in enumerate(chosen):
            red, green, blue = colorsys.hsv_to_rgb(place / len(chosen), 0.9, 1.0)
            color = (round(255 * red), round(255 * green), round(255 * blue))
            _line(picture, pixels[0, index], pixels[1, index], color, 2)
            for end in pixels[:, index]:
                if np.isfinite(end).all():
                    cv2.circle(picture, _whole(end), 3, color, thickness=-1, lineType=cv2.LINE_AA)
    return picture


def view_facing(
    points: Float[np.ndarray, "n 3"],
    center: Float[np.ndarray, "3"],
    cameras_to_world: Sequence[Float[np.ndarray, "4 4"]],
) -> int:
    """Which camera looks at the side of an object on which some of its points lie, so that they are not hidden; where
    they lie all around, one that is near.

    Args:
        points: some of the object's points, world frame
        center: the object's centre
        cameras_to_world: poses to choose from
    """
    offsets = points - center
    outward = offsets.mean(axis=0) / max(float(np.linalg.norm(offsets, axis=1).max()), 1e-9)
    towards = np.stack([pose[:3, 3] - center for pose in cameras_to_world])
    distance = np.linalg.norm(towards, axis=1)
    return int(np.argmax(towards @ outward / distance + 0.5 * distance.min() / distance))


def _enlarged(view: UInt8[np.ndarray, "h w 3"], camera: Pinhole) -> tuple[UInt8[np.ndarray, "h2 w2 3"], Pinhole]:
    factor = max(1, -(-SIDE // view.shape[1]))
    size = (view.shape[1] * factor, view.shape[0] * factor)
    picture = cv2.resize(view, size, interpolation=cv2.INTER_CUBIC) if factor > 1 else view.copy()
    return np.asarray(picture), camera.resized(*size)


def _line(
    picture: UInt8[np.ndarray, "h w 3"],
    start: Float[np.ndarray, "2"],
    end: Float[np.ndarray, "2"],
    color: tuple[int, int, int],
    thickness: int,
) -> None:
    """Drawn in place; not at all where an end lies behind the camera."""
    if np.isfinite([start, end]).all():
        cv2.line(picture, _whole(start), _whole(end), color, thickness, cv2.LINE_AA)


def _text(
    picture: UInt8[np.ndarray, "h w 3"], text: str, place: Float[np.ndarray, "2"], color: tuple[int, int, int]
) -> None:
    """Drawn in place, with a dark rim, kept inside the picture."""
    if not np.isfinite(place).all():
        return
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    h, w = picture.shape[:2]
    where = _whole(np.clip(place, [0, height], [max(w - width, 0), h - 2]))
    for rim, thickness in (((0, 0, 0), 3), (color, 1)):
        cv2.putText(picture, text, where, cv2.FONT_HERSHEY_SIMPLEX, 0.5, rim, thickness, cv2.LINE_AA)


def _whole(place: Float[np.ndarray, "2"]) -> tuple[int, int]:
    """Numbers of column and row that OpenCV can hold, however far outside the picture; it counts from pixel centres."""
    x, y = (np.clip(place, -30_000, 30_000) - 0.5).round().astype(int).tolist()
    return x, y
