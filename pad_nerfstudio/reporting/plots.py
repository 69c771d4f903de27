"""Plots as inline SVG: sharp at any size, coloured by the page's own variables in light and dark."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.reporting.plot_frame import BOTTOM, HEIGHT, TOP, WIDTH, Frame, svg
from pad_nerfstudio.short_number import short_number

IMAGES = ("image score", "queries")
LOG_SPAN = 100.0
"""A histogram is drawn over the logarithm where its values span more than this factor."""
MOST_DECADES = 1e5
"""And values less than their largest by more than this factor count as that small."""


def histogram(
    groups: Mapping[str, Sequence[float]],
    mark: float | None,
    bins: int = 32,
    of_what: tuple[str, str] = IMAGES,
    mark_name: str = "threshold",
) -> str:
    """Stacked histogram with a line at one value; over the logarithm where the values differ by orders of magnitude.

    Args:
        groups: name of a group -> its values; the name is also the CSS class `bar-NAME` of its bars
        mark: where the line stands; none where it is None
        bins: number of bars
        of_what: what a value is called, and what is counted
        mark_name: what stands at the line
    """
    everything = np.array([value for values in groups.values() for value in values], np.float64)
    if not everything.size:
        return ""
    edges, log = _edges(everything, mark, bins)
    counts = {
        name: np.histogram(np.clip(np.asarray(values, np.float64), edges[0], None), edges)[0]
        for name, values in groups.items()
    }
    top = max(int(np.sum(list(counts.values()), axis=0).max()), 1)
    frame = Frame((float(edges[0]), float(edges[-1])), (0.0, float(top)), log)
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
    if mark is not None:
        x = frame.x(max(mark, float(edges[0])))
        offset, anchor = (-5, "end") if x > WIDTH * 0.6 else (5, "start")
        place = f'x="{x + offset:.1f}" y="{TOP + 10}" text-anchor="{anchor}"'
        parts.append(
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
            f'<text class="mark-label" {place}>{escape(mark_name)}</text>'
        )
    return svg(parts, f"Histogram: {of_what[1]} by {of_what[0]}")


def curve_plot(
    curves: Mapping[str, tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]],
    axes: tuple[str, str],
    x_limit: float = 1.0,
    chance: bool = False,
) -> str:
    """Curves of rates, from 0 to 1 upwards; empty where there is none.

    Args:
        curves: name -> (x, y); the first is drawn strong, the others thin
        axes: what x and y are called
        x_limit: where the horizontal axis ends
        chance: whether the diagonal is drawn, on which guesses lie
    """
    if not curves:
        return ""
    frame = Frame((0.0, x_limit), (0.0, 1.0))
    parts = [frame.axes(escape(axes[0]), escape(axes[1]))]
    if chance:
        parts.append(f'<path class="chance" d="{frame.path([0.0, x_limit], [0.0, x_limit])}"/>')
    for index, (name, (x, y)) in reversed(list(enumerate(curves.items()))):
        strength = "curve" if index == 0 else "curve thin"
        parts.append(f'<path class="{strength}" d="{frame.path(x, y)}"><title>{escape(name)}</title></path>')
    return svg(parts, f"{axes[1]} over {axes[0]}")


def roc_plot(curves: Mapping[str, tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]]) -> str:
    """ROC curves: name -> false and true positive rates; the first is drawn strong, the others thin."""
    return curve_plot(curves, ("false positive rate", "true positive rate"), chance=True)


def _edges(values: Float[np.ndarray, " n"], mark: float | None, bins: int) -> tuple[Float[np.ndarray, " edges"], bool]:
    """Edges of the bars, and whether they are even by their logarithm; a bar's rim is above the largest value."""
    high = float(max(values.max(), mark or 0.0)) * 1.03 or 1.0
    positive = values[values > 0]
    low = max(float(positive.min()) / 1.03, high / MOST_DECADES) if positive.size else high
    if values.min() >= 0 and high / low > LOG_SPAN:
        return np.geomspace(low, high, bins + 1), True
    return np.linspace(min(0.0, float(values.min())), high, bins + 1), False
