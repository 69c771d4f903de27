"""Named series of points as SVG, inline or as a file of its own."""

from collections.abc import Mapping, Sequence
from html import escape

from pad_nerfstudio.reporting.plot_frame import LEFT, TOP, WIDTH, Frame, svg

COLORS = ("#2a6fbf", "#d1590f", "#1d7a3e", "#a3005f", "#7a7a73")
"""Of the series in a file of its own; in a page, its style sheet decides."""
Points = Sequence[tuple[float, float, str]]
"""x, y, and what is shown when the pointer rests on the point."""


def point_plot(series: Mapping[str, Points], x_name: str, y_name: str, joined: bool = False) -> str:
    """Points by series, with a legend; empty where there is none.

    Args:
        series: name -> points
        x_name: along the horizontal axis
        y_name: along the vertical axis
        joined: whether the points of a series are joined by a line, in their order
    """
    everything = [point for points in series.values() for point in points]
    if not everything:
        return ""
    frame = Frame(_range([x for x, _, _ in everything]), _range([y for _, y, _ in everything]))
    parts = [frame.axes(escape(x_name), escape(y_name))]
    for index, (name, points) in enumerate(series.items()):
        color = f"s{index % len(COLORS)}"
        if joined and len(points) > 1:
            line = frame.path([x for x, _, _ in points], [y for _, y, _ in points])
            parts.append(f'<path class="line {color}" d="{line}"/>')
        for x, y, hint in points:
            place = f'cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="3.5"'
            parts.append(f'<circle class="{color}" {place}><title>{escape(f"{name}: {hint}")}</title></circle>')
        where = f'x="{LEFT + 8}" y="{TOP + 10 + 13 * index}"'
        parts.append(f'<text class="name {color}" {where}>{escape(name)}</text>')
    return svg(parts, f"{y_name} over {x_name}")


def as_svg_file(plot: str) -> str:
    """An inline plot as an SVG file that brings its colours along."""
    rules = [
        ".plot { background: #fff; font-family: sans-serif } .plot text { fill: #62625d; font-size: 11px }",
        ".plot .grid { stroke: #e2e2dd } .plot .line { fill: none; stroke-width: 1.8 }",
        *(f".plot circle.s{i}, .plot .name.s{i} {{ fill: {color} }}" for i, color in enumerate(COLORS)),
        *(f".plot .line.s{i} {{ stroke: {color} }}" for i, color in enumerate(COLORS)),
    ]
    opened = plot.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH}" ', 1)
    return opened.replace(">", f"><style>{' '.join(rules)}</style>", 1) + "\n"


def _range(values: Sequence[float]) -> tuple[float, float]:
    """From the least to the largest value and a little beyond; never so narrow that noise looks like a trend."""
    low, high = min(values), max(values)
    margin = max(0.08 * (high - low), 0.01 * abs(high)) or 0.5
    return low - margin, high + margin
