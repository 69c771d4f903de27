"""The camera models of COLMAP and Nerfstudio: rays to pixels of a distorted photo, and back."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

WIDEST = np.radians(60)
"""Largest angle from the optical axis, in radians; a pinhole image that reaches further is mostly stretched corners."""
TABLE_SIZE = 8192


@dataclass(frozen=True)
class Lens:
    """Intrinsics in pixels (centre of the first at 0.5, 0.5) and a distortion polynomial.

    A ray is given by (x / z, y / z) with x right, y down, z forward. The models are those of OpenCV and COLMAP
    (OPENCV, OPENCV_FISHEYE and what they generalise); k4 is the coefficient of the eighth power, as in Nerfstudio.
    """

    fl_x: float
    """Focal length along x, in pixels."""
    fl_y: float
    """Focal length along y, in pixels."""
    cx: float
    """Principal point, x, in pixels from the left edge."""
    cy: float
    """Principal point, y, in pixels from the top edge."""
    w: int
    """Width of the photo in pixels."""
    h: int
    """Height of the photo in pixels."""
    radial: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """k1 to k4: coefficients of the 2nd, 4th, 6th and 8th power of the radius."""
    tangential: tuple[float, float] = (0.0, 0.0)
    """p1 and p2."""
    fisheye: bool = False
    """Whether the polynomial is in the angle from the axis (equidistant model) instead of its tangent."""

    @property
    def is_pinhole(self) -> bool:
        """Whether there is no distortion at all."""
        return not self.fisheye and not any((*self.radial, *self.tangential))

    def resized(self, w: int, h: int) -> "Lens":
        """The same lens before an image of `w` x `h` pixels."""
        sx, sy = w / self.w, h / self.h
        return replace(self, fl_x=self.fl_x * sx, fl_y=self.fl_y * sy, cx=self.cx * sx, cy=self.cy * sy, w=w, h=h)

    def project(self, rays: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 2"]:
        """Pixel coordinates of rays; meaningless where the lens does not `see` them."""
        if self.is_pinhole:
            return rays * (self.fl_x, self.fl_y) + (self.cx, self.cy)
        bent = rays * self._bend(np.linalg.norm(rays, axis=-1, keepdims=True))
        square = (bent**2).sum(-1, keepdims=True)
        distorted = bent * self._growth(square) + self._shift(bent, square)
        return distorted * (self.fl_x, self.fl_y) + (self.cx, self.cy)

    def sees(
        self, rays: Float[np.ndarray, "*batch 2"], pixels: Float[np.ndarray, "*batch 2"] | None = None
    ) -> Bool[np.ndarray, "*batch"]:
        """Which rays fall into the photo; distorted ones up to `WIDEST` and to where the polynomial turns back.

        Args:
            rays: (x / z, y / z)
            pixels: what `project` gives for them, where that is known already
        """
        pixels = self.project(rays) if pixels is None else pixels
        inside = ((pixels >= 0) & (pixels <= (self.w, self.h))).all(-1)
        if self.is_pinhole:
            return inside
        radius = np.linalg.norm(rays, axis=-1)
        return inside & ((np.arctan(radius) if self.fisheye else radius) <= self._table[0][-1])

    def rays(self, pixels: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 2"]:
        """The rays of pixel coordinates, to 1e-6; those beyond the limits of `sees` are drawn in to them."""
        wanted = (pixels - (self.cx, self.cy)) / (self.fl_x, self.fl_y)
        if self.is_pinhole:
            return wanted
        ideal, distorted = self._table
        bent = wanted
        for _ in range(30):  # the tangential part is small, so this contracts fast
            radial_only = wanted - self._shift(bent, (bent**2).sum(-1, keepdims=True))
            radius = np.linalg.norm(radial_only, axis=-1, keepdims=True)
            bent = radial_only * np.interp(radius, distorted, ideal) / np.maximum(radius, 1e-12)
        angle = np.linalg.norm(bent, axis=-1, keepdims=True)
        return bent * np.tan(angle) / np.maximum(angle, 1e-12) if self.fisheye else bent

    @cached_property
    def _table(self) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Radii before and after the radial polynomial, as far as they grow with each other."""
        ideal = np.linspace(0, WIDEST if self.fisheye else np.tan(WIDEST), TABLE_SIZE)
        distorted = ideal * self._growth(ideal**2)
        falling = np.flatnonzero(np.diff(distorted) <= 0)
        end = falling[0] + 1 if len(falling) else TABLE_SIZE
        return ideal[:end], distorted[:end]

    def _bend(self, radius: Float[np.ndarray, "*batch 1"]) -> Float[np.ndarray, "*batch 1"]:
        if not self.fisheye:
            return np.ones_like(radius)
        return np.where(radius > 1e-12, np.arctan(radius) / np.maximum(radius, 1e-12), 1.0)

    def _growth(self, square: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
        k1, k2, k3, k4 = self.radial
        return 1 + square * (k1 + square * (k2 + square * (k3 + square * k4)))

    def _shift(
        self, bent: Float[np.ndarray, "*batch 2"], square: Float[np.ndarray, "*batch 1"]
    ) -> Float[np.ndarray, "*batch 2"]:
        p1, p2 = self.tangential
        product = 2 * bent[..., :1] * bent[..., 1:]
        return product * (p1, p2) + (square + 2 * bent**2) * (p2, p1)
