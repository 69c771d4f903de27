"""Plots as inline SVG: sharp at any size, coloured by the page's own variables in light and dark."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.short_number import short_number

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 40
IMAGES = ("image score", "queries")


def histogram(
    groups: Mapping[str, Sequence[float]], threshold: float | None, bins: int = 32, of_what: tuple[str, str] = IMAGES
) -> str:
    """Stacked histogram of scores with the threshold as a line.

    Args:
        groups: name of a group -> its scores; the name is also the CSS class `bar-NAME` of its bars
        threshold: where the line stands; none where it is None
        bins: number of bars
        of_what: what a score is called, and what is counted
    """
    everything = np.array([score for scores in groups.values() for score in scores], np.float64)
    if not everything.size:
        return ""
    low, high = 0.0, float(max(everything.max(), threshold or 0.0)) * 1.03 or 1.0
    edges = np.linspace(min(low, float(everything.min())), high, bins + 1)
    counts = {name: np.histogram(np.asarray(scores, np.float64), edges)[0] for name, scores in groups.items()}
    top = max(int(np.sum(list(counts.values()), axis=0).max()), 1)
    frame = Frame((float(edges[0]), float(edges[-1])), (0.0, float(top)))
    parts = [frame.axes(*map(escape, of_what), whole_y=True)]
    base = np.zeros(bins)
    for name, count in counts.items():
        for index in np.flatnonzero(count):
            x0, x1 = frame.x(float(edges[index])) + 0.75, frame.x(float(edges[index + 1])) - 0.75
            y0, y1 = frame.y(float(base[index])), frame.y(float(base[index] + count[index]))
            start, end = (short_number(float(edge)) for edge in edges[index : index + 2])
            hint = f"{escape(name)}: {int(count[index])} from {start} to {end}"
            parts.append(
                f'<rect class="bar-{escape(name)}" x="{x0:.1f}" y="{y1:.1f}" width="{max(x1 - x0, 1):.1f}" '
                f'height="{max(y0 - y1 - 1, 1):.1f}"><title>{hint}</title></rect>'
            )
        base += count
    if threshold is not None:
        x = frame.x(threshold)
        side, anchor = (-5, "end") if x > WIDTH * 0.6 else (5, "start")
        parts.append(
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
            f'<text class="mark-label" x="{x + side:.1f}" y="{TOP + 10}" text-anchor="{anchor}">threshold</text>'
        )
    return svg(parts, f"Histogram of {of_what[0]}s")


def roc_plot(curves: Mapping[str, tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]]) -> str:
    """ROC curves: false against true positive rate.

    Args:
        curves: name -> (false positive rates, true positive rates); the first is drawn strong, the others thin
    """
    if not curves:
        return ""
    frame = Frame((0.0, 1.0), (0.0, 1.0))
    parts = [frame.axes("false positive rate", "true positive rate")]
    parts.append(f'<path class="chance" d="{frame.path([0.0, 1.0], [0.0, 1.0])}"/>')
    for index, (name, (x, y)) in reversed(list(enumerate(curves.items()))):
        strength = "curve" if index == 0 else "curve thin"
        parts.append(f'<path class="{strength}" d="{frame.path(x, y)}"><title>{escape(name)}</title></path>')
    return svg(parts, "ROC curves of the scores")


class Frame:
    """A plot's area and the scales of its two axes."""

    def __init__(self, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
        self.x_range, self.y_range = x_range, y_range

    def x(self, value: float) -> float:
        """Horizontal position in the drawing."""
        low, high = self.x_range
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
        for value in _ticks(*self.x_range):
            x = self.x(value)
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{value:g}</text>')
        middle = (TOP + HEIGHT - BOTTOM) / 2
        parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{x_name}</text>')
        parts.append(f'<text transform="translate(11 {middle}) rotate(-90)" text-anchor="middle">{y_name}</text>')
        return "".join(parts)


def _ticks(low: float, high: float, whole: bool = False, about: int = 5) -> list[float]:
    """Round numbers from `low` to `high`."""
    raw = (high - low) / about
    power = 10.0 ** np.floor(np.log10(raw))
    step = float(power * min((1, 2, 5, 10), key=lambda factor: abs(factor - raw / power)))
    step = max(step, 1.0) if whole else step
    first = np.ceil(low / step - 1e-9)
    return [round(float(value), 10) + 0.0 for value in np.arange(first, high / step + 1e-9) * step]


def svg(parts: Sequence[str], title: str) -> str:
    """A drawing of the size of a plot, with a title for those who cannot see it."""
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        + "".join(parts)
        + "</svg>"
    )
