"""Attributes of the objects, and how the figures of each preset go with them: PAD, section 5.2 and figure 6."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pad_nerfstudio.benchmark.attributes import mapped_to_100
from pad_nerfstudio.benchmark.correlation import correlate
from pad_nerfstudio.benchmark.results import Result
from pad_nerfstudio.benchmark.tables import HEADLINE, in_percent
from pad_nerfstudio.reporting.benchmark_files import Section
from pad_nerfstudio.reporting.point_plot import point_plot
from pad_nerfstudio.reporting.result_table import Cell, ResultTable
from pad_nerfstudio.reporting.tables import TITLES

TITLES_OF_ATTRIBUTES = {"color_contrast": "colour contrast", "shape_complexity": "shape complexity"}


@dataclass(frozen=True)
class Attributes:
    """Of one class."""

    color_contrast: float | None
    """See `color_contrast`; None where it cannot be told."""
    triangles: int | None
    """Of a mesh or of the field's surface; None where there is neither."""
    reason: str = ""
    """Why one of them is None."""


def attribute_section(attributes: Mapping[str, Attributes]) -> Section:
    """The attributes of every class."""
    complexity = _complexity(attributes)
    rows: list[list[Cell]] = [
        [name, a.color_contrast, complexity.get(name), None if a.triangles is None else float(a.triangles)]
        for name, a in attributes.items()
    ]
    notes = [f"{name}: {a.reason}." for name, a in attributes.items() if a.reason]
    if complexity and None in complexity.values():
        notes.append("Shape complexity runs from 0 to 100 over the classes, so it needs two that differ.")
    columns = ["class", *TITLES_OF_ATTRIBUTES.values(), "triangles"]
    return Section(ResultTable("attributes", "Attributes of the objects", columns, rows, [0, 1, 1, 0], notes))


def correlation_section(attributes: Mapping[str, Attributes], results: Sequence[Result]) -> Section:
    """Correlation of image and pixel AUROC with the attributes over classes, for every preset, with all views."""
    first = next(iter(results), {"views": None})["views"]
    full = [result for result in results if result["views"] == first]
    values = {
        "color_contrast": {name: a.color_contrast for name, a in attributes.items()},
        "shape_complexity": _complexity(attributes),
    }
    presets = list(dict.fromkeys(result["preset"] for result in full))
    rows: list[list[Cell]] = []
    plots: dict[str, str] = {}
    for key, title in TITLES_OF_ATTRIBUTES.items():
        for figure in HEADLINE:
            series: dict[str, list[tuple[float, float, str]]] = {}
            for preset in presets:
                pairs = [
                    (values[key].get(r["class"]), in_percent(r[figure]), r["class"])
                    for r in full
                    if r["preset"] == preset
                ]
                found = correlate([x for x, _, _ in pairs], [y for _, y, _ in pairs])
                numbers = [found.pearson, found.pearson_p, found.spearman, found.spearman_p]
                rows.append([preset, title, TITLES[figure], str(found.n), *numbers, found.reason])
                series[preset] = [(x, y, name) for x, y, name in pairs if x is not None and y is not None]
            plot = point_plot(series, title, f"{TITLES[figure]} in percent")
            if plot:
                plots[f"{key}_{figure}"] = plot
    columns = ["preset", "attribute", "figure", "classes", "Pearson", "p", "Spearman", "p of Spearman", "why none"]
    title = "Correlation of the figures with the attributes over classes"
    return Section(ResultTable("correlation", title, columns, rows, [0, 0, 0, 0, 2, 3, 2, 3, 0]), plots)


def _complexity(attributes: Mapping[str, Attributes]) -> dict[str, float | None]:
    return mapped_to_100({name: a.triangles for name, a in attributes.items() if a.triangles is not None})
