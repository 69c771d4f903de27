"""A table of results, and how it is written as CSV, Markdown and LaTeX."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

Cell = str | float | None
"""A text, a figure, or None where there is none."""

MISSING = "–"
"""What stands where there is no figure."""


@dataclass(frozen=True)
class ResultTable:
    """Rows of texts and figures below named columns."""

    name: str
    """Short, for file names: `image_pixel_auroc`."""
    title: str
    """One line above it."""
    columns: Sequence[str]
    """Names of the columns."""
    rows: Sequence[Sequence[Cell]]
    """One cell per column each."""
    digits: Sequence[int]
    """Decimals of each column's figures where people read them."""
    notes: Sequence[str] = ()
    """Sentences below it."""
    summary_rows: int = 0
    """How many of the last rows sum up the others."""

    @property
    def texts(self) -> list[list[str]]:
        """The cells as people read them."""
        return [[shown(cell, digits) for cell, digits in zip(row, self.digits, strict=True)] for row in self.rows]


def shown(cell: Cell, digits: int) -> str:
    """One cell as people read it."""
    if cell is None:
        return MISSING
    return cell if isinstance(cell, str) else f"{cell:.{digits}f}"


def as_csv(table: ResultTable) -> str:
    """Comma-separated, figures unrounded, an empty field where there is none; without title and notes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([["" if cell is None else cell for cell in row] for row in table.rows])
    return text.getvalue()


def as_markdown(table: ResultTable) -> str:
    """A heading, a pipe table and the notes."""
    escaped = [[in_markdown(cell) for cell in row] for row in (table.columns, *table.texts)]
    rule = ["---", *["---:"] * (len(table.columns) - 1)]
    lines = [f"| {' | '.join(row)} |" for row in (escaped[0], rule, *escaped[1:])]
    notes = [line for note in table.notes for line in ("", in_markdown(note))]
    return "\n".join([f"## {in_markdown(table.title)}", "", *lines, *notes]) + "\n"


def as_latex(table: ResultTable) -> str:
    """A `table` environment with the rules of the booktabs package."""
    rows = [" & ".join(map(_in_latex, row)) + r" \\" for row in (table.columns, *table.texts)]
    body = rows[1:]
    if 0 < table.summary_rows < len(body):
        body.insert(len(body) - table.summary_rows, r"\midrule")
    caption = " ".join(map(_in_latex, [f"{table.title}.", *table.notes]))
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{caption}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}}}",
            r"\toprule",
            rows[0],
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


_LATEX = {character: rf"\{character}" for character in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    MISSING: "--",
}


def _in_latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


def in_markdown(text: str) -> str:
    """A text in one line whose characters Markdown does not read."""
    for character in "\\`*_[]<>|":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
