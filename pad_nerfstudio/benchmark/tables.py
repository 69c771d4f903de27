"""The tables of the papers, from the results of a benchmark."""

from collections.abc import Callable, Sequence
from statistics import mean

from pad_nerfstudio.anomaly.evaluation import METRIC_NAMES
from pad_nerfstudio.benchmark.results import POSE_NAMES, STEPS, Result
from pad_nerfstudio.reporting.result_table import Cell, ResultTable
from pad_nerfstudio.reporting.tables import TITLES

HEADLINE = ("image_auroc", "pixel_auroc")
"""The figures that every paper gives."""
PER_QUERY = "seconds_per_query"
FURTHER = tuple(name for name in METRIC_NAMES if name not in HEADLINE)

POSE_TITLES = {
    "median_degrees": "median deg",
    "max_degrees": "max deg",
    "median_distance": "median distance",
    "max_distance": "max distance",
    "within_one_degree": "< 1 deg %",
    "auc_5_degrees": "AUC@5deg",
    "auc_005": "AUC@0.05",
}
POSE_DIGITS = (3, 2, 4, 3, 1, 1, 1)


def all_tables(results: Sequence[Result]) -> list[ResultTable]:
    """Every table that the results can fill."""
    tables = [auroc_table(results), further_table(results)]
    if any(result["auc_5_degrees"] is not None for result in results):
        tables.append(pose_table(results))
    if len(_values(results, "views")) > 1:
        tables.append(views_table(results))
    return [*tables, cost_table(results)]


def auroc_table(results: Sequence[Result]) -> ResultTable:
    """Image and pixel AUROC of every class and their mean, a pair of columns per preset: PAD, tables 2 and 3."""
    trials = {(r["class"], r["preset"], r["views"]): r for r in results}
    columns = [(preset, views) for views in _values(results, "views") for preset in _values(results, "preset")]
    names = [(method, figure) for method in columns for figure in HEADLINE]
    rows: list[list[Cell]] = []
    for folder in _values(results, "class"):
        cells = [(trials[(folder, *method)], figure) for method, figure in names]
        rows.append([folder, *("not run" if r["not_run"] else in_percent(r[figure]) for r, figure in cells)])
    titles = ["class", *(f"{_method(*method, results)} {TITLES[figure].split()[0]}" for method, figure in names)]
    return ResultTable(
        "auroc",
        "Image and pixel AUROC in percent",
        titles,
        [*rows, _means("mean", rows, 1)],
        [0, *[1] * len(names)],
        [*why_not_run(results), *_partial_means(rows, titles)],
        summary_rows=1,
    )


def further_table(results: Sequence[Result]) -> ResultTable:
    """Pixel AUROC in the object's box (PAD, supplementary 5.4), AUPRO, average precision and best F1."""
    table = _long_table(
        "further_metrics",
        "Pixel AUROC in the object's box, AUPRO, average precision and best F1 in percent",
        results,
        [TITLES[name] for name in FURTHER],
        lambda result: [in_percent(result[name]) for name in FURTHER],
        [1] * len(FURTHER),
    )
    return ResultTable(**{**vars(table), "notes": [*table.notes, *_why_no_figure(results)]})


def pose_table(results: Sequence[Result]) -> ResultTable:
    """Errors of the estimated poses, where the true ones are known."""
    known = [result for result in results if result["auc_5_degrees"] is not None]
    return _long_table(
        "poses",
        "Errors of the poses: angles in degrees, distances of the centres in units of the data set",
        known,
        list(POSE_TITLES.values()),
        lambda result: [result[name] for name in POSE_NAMES],
        POSE_DIGITS,
    )


def cost_table(results: Sequence[Result]) -> ResultTable:
    """Wall time and largest resident size of every step; a step that presets share stands in the row of each."""
    columns = [*(f"{step} {unit}" for step in STEPS for unit in ("s", "GiB")), "s a query"]
    names = [*(f"{step}_{unit}" for step in STEPS for unit in ("seconds", "gib")), PER_QUERY]
    table = _long_table(
        "cost",
        "Seconds and GiB of memory of every step, and seconds a query",
        results,
        columns,
        lambda result: [result[name] for name in names],
        [*[0, 1] * len(STEPS), 2],
    )
    shared = "Presets with the same settings of a step share its run, and its seconds stand in the row of each."
    return ResultTable(**{**vars(table), "notes": [*table.notes, shared]})


def views_table(results: Sequence[Result]) -> ResultTable:
    """Means over classes by number of training views: PAD, section 5.4 and table 3."""
    names = (*HEADLINE, "seg_pixel_auroc", "aupro", "pixel_ap")
    rows: list[list[Cell]] = []
    for preset in _values(results, "preset"):
        for views in _values(results, "views"):
            members = [r for r in results if (r["preset"], r["views"]) == (preset, views) and not r["not_run"]]
            figures = [[r[name] for r in members if r[name] is not None] for name in names]
            means = [100 * mean(values) if values else None for values in figures]
            rows.append([preset, _views(views), str(len(members)), *means])
    return ResultTable(
        "views",
        "Means over classes in percent, by number of training views",
        ["preset", "views", "classes", *(TITLES[name] for name in names)],
        rows,
        [0, 0, 0, *[1] * len(names)],
        why_not_run(results),
    )


def why_not_run(results: Sequence[Result]) -> list[str]:
    """A sentence for every reason why trials did not come to their end."""
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result["not_run"]:
            method = _method(result["preset"], result["views"], results)
            reasons.setdefault(result["not_run"], []).append(f"{method} on {result['class']}")
    return [f"{', '.join(trials)}: not run: {reason}." for reason, trials in reasons.items()]


def _why_no_figure(results: Sequence[Result]) -> list[str]:
    """A sentence for every reason why a trial that came to its end lacks one of the further metrics."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for name in FURTHER:
            if not result["not_run"] and name in result["reasons"]:
                trial = f"{_method(result['preset'], result['views'], results)} on {result['class']}"
                reasons.setdefault((name, result["reasons"][name]), []).append(trial)
    return [f"{TITLES[name]} of {', '.join(trials)}: {reason}." for (name, reason), trials in reasons.items()]


def in_percent(value: float | None) -> float | None:
    """A figure in [0, 1] as percent."""
    return None if value is None else 100 * value


def _long_table(
    name: str,
    title: str,
    results: Sequence[Result],
    columns: Sequence[str],
    cells: Callable[[Result], Sequence[Cell]],
    digits: Sequence[int],
) -> ResultTable:
    """A row per trial, then the means of every preset and number of views."""
    rows: list[list[Cell]] = []
    means: list[list[Cell]] = []
    for views in _values(results, "views"):
        for preset in _values(results, "preset"):
            members = [r for r in results if (r["preset"], r["views"]) == (preset, views)]
            method = _method(preset, views, results)
            mine: list[list[Cell]] = [[r["class"], method, *cells(r)] for r in members]
            rows += mine
            if len(mine) > 1:
                means.append([*_means("mean", mine, 2)[:1], method, *_means("", mine, 2)[2:]])
    return ResultTable(
        name, title, ["class", "preset", *columns], [*rows, *means], [0, 0, *digits], why_not_run(results), len(means)
    )


def _means(title: str, rows: Sequence[Sequence[Cell]], first: int) -> list[Cell]:
    """The mean of every column from `first` on, over the rows that have a figure there."""
    columns = [[cell for cell in column if isinstance(cell, float)] for column in zip(*rows, strict=True)]
    return [title, *[""] * (first - 1), *(mean(figures) if figures else None for figures in columns[first:])]


def _partial_means(rows: Sequence[Sequence[Cell]], titles: Sequence[str]) -> list[str]:
    """A sentence for every column whose mean is not over all classes."""
    counts = [sum(isinstance(cell, float) for cell in column) for column in zip(*rows, strict=True)]
    partial = zip(titles[1:], counts[1:], strict=True)
    return [f"The mean of {title} is over {n} of {len(rows)} classes." for title, n in partial if 0 < n < len(rows)]


def _values(results: Sequence[Result], key: str) -> list:
    return list(dict.fromkeys(result[key] for result in results))


def _views(views: int | None) -> str:
    return "all" if views is None else str(views)


def _method(preset: str, views: int | None, results: Sequence[Result]) -> str:
    """A preset and, where there are several numbers of views, its number."""
    return f"{preset} ({_views(views)} views)" if len(_values(results, "views")) > 1 else preset
