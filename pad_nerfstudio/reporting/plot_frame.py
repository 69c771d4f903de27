"""What every plot has: a drawing as inline SVG, its area, scales and axes."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 40


class Frame:
    """A plot's area and the scales of its two axes."""

    def __init__(self, x_range: tuple[float, float], y_range: tuple[float, float], log_x: bool = False) -> None:
        """Set up.

        Args:
            x_range: least and largest x
            y_range: least and largest y
            log_x: whether x is drawn by its logarithm; its range must then be positive
        """
        self.x_range, self.y_range, self.log_x = x_range, y_range, log_x

    def x(self, value: float) -> float:
        """Horizontal position in the drawing."""
        low, high, value = (math.log(v) if self.log_x else v for v in (*self.x_range, value))
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Vertical position in the drawing."""
        low, high = self.y_range
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def path(self, xs: Sequence[float] | np.ndarray, ys: Sequence[float] | np.ndarray) -> str:
        """A polyline as an SVG path."""
        points = [f"{self.x(float(x)):.1f},{self.y(float(y)):.1f}" for x, y in zip(xs, ys, strict=True)]
        return "M" + "L".join(points)

    def axes(self, x_name: str, y_name: str, whole_y: bool = False) -> str:
        """Grid lines, ticks and names of both axes."""
        parts = []
        for value in _ticks(*self.y_range, whole=whole_y):
            y = self.y(value)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{value:g}</text>')
        for value in _log_ticks(*self.x_range) if self.log_x else _ticks(*self.x_range):
            x = self.x(value)
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{value:g}</text>')
        middle = (TOP + HEIGHT - BOTTOM) / 2
        parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{x_name}</text>')
        parts.append(f'<text transform="translate(11 {middle}) rotate(-90)" text-anchor="middle">{y_name}</text>')
        return "".join(parts)


def svg(parts: Sequence[str], title: str) -> str:
    """A drawing of the size of a plot, with a title for those who cannot see it."""
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        + "".join(parts)
        + "</svg>"
    )


def _ticks(low: float, high: float, whole: bool = False, about: int = 5) -> list[float]:
    """Round numbers from `low` to `high`."""
    raw = (high - low) / about
    power = 10.0 ** np.floor(np.log10(raw))
    step = float(power * min((1, 2, 5, 10), key=lambda factor: abs(factor - raw / power)))
    step = max(step, 1.0) if whole else step
    first = np.ceil(low / step - 1e-9)
    return [round(float(value), 10) + 0.0 for value in np.arange(first, high / step + 1e-9) * step]


def _log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten from `low` to `high`."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    return [10.0**power for power in range(first, last + 1)]
