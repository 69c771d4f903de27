"""A benchmark as files: every table as CSV, Markdown and LaTeX, every plot as SVG, and one page of them all."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from pad_nerfstudio.files import write_text
from pad_nerfstudio.reporting.page import rendered_page
from pad_nerfstudio.reporting.point_plot import as_svg_file
from pad_nerfstudio.reporting.result_table import ResultTable, as_csv, as_latex, as_markdown


@dataclass(frozen=True)
class Section:
    """A table and what illustrates it."""

    table: ResultTable
    """Its title is that of the section."""
    plots: Mapping[str, str] = field(default_factory=dict)
    """Short name, for a file -> inline SVG."""


def write_benchmark_files(
    sections: Sequence[Section],
    output_dir: Path,
    title: str,
    subtitle: str,
    command: Sequence[str],
    facts: Mapping[str, str],
) -> list[Path]:
    """Write `benchmark.html`, `tables.md`, and in `tables/` a CSV and a LaTeX file per table and an SVG per plot.

    Args:
        sections: what to write
        output_dir: where to
        title: heading of the page
        subtitle: one line below it
        command: the command line that repeats it
        facts: versions and the like

    Returns:
        the page, the Markdown file and the folder
    """
    folder = output_dir / "tables"
    for section in sections:
        write_text(folder / f"{section.table.name}.csv", as_csv(section.table))
        write_text(folder / f"{section.table.name}.tex", as_latex(section.table))
        for name, plot in section.plots.items():
            write_text(folder / f"{name}.svg", as_svg_file(plot))
    page, markdown = output_dir / "benchmark.html", output_dir / "tables.md"
    write_text(markdown, "\n".join(as_markdown(section.table) for section in sections))
    content = {
        "title": title,
        "subtitle": subtitle,
        "sections": [{"table": s.table, "plots": [Markup(plot) for plot in s.plots.values()]} for s in sections],
        "command": shlex.join(command),
        "facts": list(facts.items()),
    }
    write_text(page, rendered_page("benchmark.html", content))
    return [page, markdown, folder]
