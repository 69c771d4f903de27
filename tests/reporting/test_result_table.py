"""One table in four formats, its texts escaped in each."""

import csv
import io
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from pad_nerfstudio.reporting.benchmark_files import Section, write_benchmark_files
from pad_nerfstudio.reporting.point_plot import as_svg_file, point_plot
from pad_nerfstudio.reporting.result_table import ResultTable, as_csv, as_latex, as_markdown

EVIL = "a_b & <i>50%</i> | {x}"
TABLE = ResultTable(
    "auroc",
    "Figures in %",
    ["class", EVIL],
    [[EVIL, 97.123456], ["b", None], ["mean", 90.0]],
    [0, 1],
    notes=["b: not run: costs $5."],
    summary_rows=1,
)


def test_csv_keeps_all_digits_and_leaves_fields_empty() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(TABLE))))
    assert rows == [["class", EVIL], [EVIL, "97.123456"], ["b", ""], ["mean", "90.0"]]


def test_markdown_has_one_pipe_per_border() -> None:
    text = as_markdown(TABLE)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 5 and all(line.replace(r"\|", "").count("|") == 3 for line in lines)
    assert lines[2].endswith("| 97.1 |") and lines[3] == "| b | – |" and r"\<i\>" in text
    assert text.rstrip().endswith("b: not run: costs $5.")


def test_latex_escapes_what_it_would_read_itself() -> None:
    text = as_latex(TABLE)
    assert r"a\_b \& \textless{}i\textgreater{}50\%\textless{}/i\textgreater{} \textbar{} \{x\} & 97.1 \\" in text
    assert r"b & -- \\" in text and r"costs \$5." in text and text.count(r"\midrule") == 2
    assert text.index(r"\midrule", text.index("b &")) < text.index("mean")


def test_a_page_asks_for_nothing_and_escapes_everything(tmp_path: Path) -> None:
    plot = point_plot({EVIL: [(1.0, 2.0, EVIL), (2.0, 3.0, "b")]}, EVIL, "figure", joined=True)
    sections = [Section(TABLE, {"plot": plot})]
    paths = write_benchmark_files(
        sections, tmp_path, EVIL, "2 classes", ["ns-pad-bench", "--data", EVIL], {"torch": "2"}
    )
    page = paths[0].read_text()
    assert "<i>" not in page and "http:" not in page and "https:" not in page
    assert "97.1" in page and 'class="total"' in page and "costs $5" in page and "--card" in page
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {"auroc.csv", "auroc.tex", "plot.svg"}
    assert (tmp_path / "tables.md").read_text().startswith("## Figures in %")
    drawing = ElementTree.fromstring((tmp_path / "tables" / "plot.svg").read_text())
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(drawing.findall(".//{*}circle")) == 2 and len(drawing.findall(".//{*}path")) == 1


def test_a_plot_of_nothing_is_none_and_one_point_has_room() -> None:
    assert point_plot({"a": []}, "x", "y") == ""
    assert "nan" not in as_svg_file(point_plot({"a": [(0.0, 0.0, "")]}, "x", "y"))
