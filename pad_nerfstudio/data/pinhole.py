"""Intrinsics of a pinhole camera without distortion."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from statistics import median


@dataclass(frozen=True)
class Pinhole:
    """Pinhole intrinsics in pixels; pixel centres lie at half-integers (the first at 0.5, 0.5)."""

    fl_x: float
    """Focal length along x, in pixels."""
    fl_y: float
    """Focal length along y, in pixels."""
    cx: float
    """Principal point, x, in pixels from the left edge."""
    cy: float
    """Principal point, y, in pixels from the top edge."""
    w: int
    """Image width in pixels."""
    h: int
    """Image height in pixels."""

    @classmethod
    def from_angle_x(cls, camera_angle_x: float, w: int, h: int) -> "Pinhole":
        """Square pixels and a centred principal point from the horizontal field of view, in radians."""
        focal = 0.5 * w / math.tan(0.5 * camera_angle_x)
        return cls(focal, focal, w / 2, h / 2, w, h)

    def resized(self, w: int, h: int) -> "Pinhole":
        """The same camera seen by an image of `w` x `h` pixels."""
        sx, sy = w / self.w, h / self.h
        return Pinhole(self.fl_x * sx, self.fl_y * sy, self.cx * sx, self.cy * sy, w, h)

    def as_dict(self) -> dict[str, float]:
        """The fields by name, as they stand in `poses.json`."""
        return asdict(self)


def typical_camera(cameras: Sequence[Pinhole]) -> Pinhole:
    """One camera to stand for several: of the usual image size, each other number the median among those of that size.

    Where all are one camera it is that one.

    Raises:
        ValueError: for no cameras
    """
    if not cameras:
        raise ValueError("no cameras to choose from")
    (size, _), *_ = Counter((camera.w, camera.h) for camera in cameras).most_common(1)
    alike = [astuple(camera)[:4] for camera in cameras if (camera.w, camera.h) == size]
    fl_x, fl_y, cx, cy = (median(numbers) for numbers in zip(*alike, strict=True))
    return Pinhole(fl_x, fl_y, cx, cy, *size)
