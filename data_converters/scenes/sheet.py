"""A rough plane in space: what a break looks like."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scenes.mesh import Array


@dataclass(frozen=True)
class Sheet:
    """The points `origin + u axes[0] + v axes[1] + height(u, v) axes[2]`."""

    origin: Array  # [3]
    axes: Array  # [3, 3] orthonormal rows; the last one is the normal
    waves: Array  # [W, 4]: a wave vector (u, v) in radians a unit, a phase in radians, an amplitude
    opening: float = 0.0
    """Height gained for each unit of u between 0 and `reach`: openings of either sign enclose a wedge."""
    reach: float = 0.0

    def height(self, uv: Array) -> Array:
        """[N] over the plane's coordinates [N, 2]."""
        waves = (self.waves[:, 3] * np.sin(uv @ self.waves[:, :2].T + self.waves[:, 2])).sum(1)
        return waves + self.opening * np.clip(uv[:, 0], 0, self.reach)

    def coordinates(self, points: Array) -> Array:
        """The plane's coordinates [N, 2] below points [N, 3]."""
        return (points - self.origin) @ self.axes[:2].T

    def above(self, points: Array) -> Array:
        """Height [N] of points [N, 3] over the sheet along its normal."""
        return (points - self.origin) @ self.axes[2] - self.height(self.coordinates(points))

    def points(self, uv: Array) -> Array:
        """Points [N, 3] of the sheet."""
        return self.origin + uv @ self.axes[:2] + self.height(uv)[:, None] * self.axes[2]


def draw_sheet(
    rng: np.random.Generator, origin: Array, normal: Array, roughness: float, wavelength: float = 0.3
) -> Sheet:
    """A sheet through about `origin`; `roughness` is the standard deviation of its height, in the mesh's units."""
    count = 12
    wave = rng.normal(size=(count, 2)) * 2 * np.pi / wavelength * np.geomspace(0.5, 3, count)[:, None]
    amplitude = roughness * np.geomspace(1.0, 0.25, count) * np.sqrt(2 / (np.geomspace(1.0, 0.25, count) ** 2).sum())
    waves = np.column_stack([wave, rng.uniform(0, 2 * np.pi, count), amplitude])
    return Sheet(origin, frame_on(normal, rng.uniform(0, 2 * np.pi)), waves)


def frame_on(normal: Array, turn: float = 0.0) -> Array:
    """Orthonormal right-handed rows [3, 3], the last one along `normal` [3], the others turned by `turn` radians."""
    up = normal / np.linalg.norm(normal)
    helper = np.eye(3)[np.argmin(np.abs(up))]
    u = np.cross(helper, up)
    u /= np.linalg.norm(u)
    v = np.cross(up, u)
    return np.stack([np.cos(turn) * u + np.sin(turn) * v, np.cos(turn) * v - np.sin(turn) * u, up])


def opened(sheet: Sheet, slope: float, reach: float) -> Sheet:
    """The same sheet, rising by `slope` from u = 0 to `reach`."""
    return replace(sheet, opening=slope, reach=reach)
