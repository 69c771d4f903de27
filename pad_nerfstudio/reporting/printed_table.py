"""A table of results on the terminal."""

from rich.markup import escape
from rich.table import Table

from pad_nerfstudio.reporting.result_table import ResultTable


def printed_table(table: ResultTable) -> Table:
    """A table for the terminal; the rows that sum up the others stand apart below them."""
    printed = Table(title=escape(table.title))
    for index, column in enumerate(table.columns):
        printed.add_column(escape(column), justify="right" if index else "left")
    first_sum = len(table.texts) - table.summary_rows
    for index, row in enumerate(table.texts):
        if index == first_sum:
            printed.add_section()
        printed.add_row(*map(escape, row), style="bold" if index >= first_sum else None)
    return printed
