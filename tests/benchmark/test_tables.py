"""The papers' tables, against figures worked out by hand."""

import pytest

from pad_nerfstudio.benchmark.tables import all_tables, auroc_table, cost_table, further_table, pose_table, views_table
from pad_nerfstudio.reporting.result_table import ResultTable
from tests.benchmark.fakes import result

RESULTS = [
    result("parrot", image_auroc=0.9, pixel_auroc=0.99, aupro=0.8, pixel_ap=0.5, train_seconds=60.0, train_gib=1.5),
    result("parrot", "other", image_auroc=0.7, pixel_auroc=0.95, aupro=0.6, pixel_ap=None),
    result("panther", "default", image_auroc=0.8, pixel_auroc=0.97, aupro=0.6, pixel_ap=0.1),
    result("panther", "other", not_run="no weights; give --weights"),
]  # fmt: skip


def column(table: ResultTable, name: str) -> list:
    return [row[list(table.columns).index(name)] for row in table.rows]


def test_auroc_has_a_row_per_class_and_their_mean() -> None:
    table = auroc_table(RESULTS)
    assert list(table.columns) == ["class", "default image", "default pixel", "other image", "other pixel"]
    assert column(table, "class") == ["parrot", "panther", "mean"] and table.summary_rows == 1
    assert column(table, "default image") == pytest.approx([90, 80, 85])
    assert column(table, "default pixel") == pytest.approx([99, 97, 98])
    assert column(table, "other image")[1] == "not run" and column(table, "other image")[2] == pytest.approx(70)
    assert table.texts[0] == ["parrot", "90.0", "99.0", "70.0", "95.0"]
    assert table.notes[0] == "other on panther: not run: no weights; give --weights."
    assert "The mean of other image is over 1 of 2 classes." in table.notes


def test_further_metrics_have_a_row_per_trial_and_means() -> None:
    table = further_table(RESULTS)
    assert column(table, "preset") == ["default", "default", "other", "other", "default", "other"]
    assert column(table, "AUPRO")[:2] == pytest.approx([80, 60])
    assert column(table, "AUPRO")[4] == pytest.approx(70) and column(table, "AUPRO")[3] is None
    assert column(table, "pixel AP")[4] == pytest.approx(30) and column(table, "pixel AP")[5] is None
    lacking = further_table([result("parrot", reasons={"aupro": "no mask", "image_auroc": "elsewhere"})])
    assert lacking.notes == ["AUPRO of default on parrot: no mask."]
    assert {"pixel AUROC in box", "image F1", "pixel F1"} < set(table.columns)


def test_poses_only_where_the_true_ones_are_known() -> None:
    assert "poses" not in [table.name for table in all_tables(RESULTS)]
    known = [result("crab", auc_5_degrees=98.0, median_degrees=0.05), result("panther")]
    table = pose_table(known)
    assert column(table, "class") == ["crab"] and column(table, "AUC@5deg") == [98.0]
    assert table.texts[0][2] == "0.050" and "poses" in [table.name for table in all_tables(known)]


def test_costs_name_every_step() -> None:
    table = cost_table(RESULTS)
    assert column(table, "train s")[0] == 60.0 and column(table, "train GiB")[0] == 1.5
    assert column(table, "score s")[0] is None and any("share" in note for note in table.notes)


def test_numbers_of_views_have_means_of_their_own() -> None:
    sparse = [
        result("parrot", views=None, image_auroc=0.9, pixel_auroc=1.0),
        result("panther", views=None, image_auroc=0.8, pixel_auroc=0.9),
        result("parrot", views=50, image_auroc=0.6, pixel_auroc=0.8),
        result("panther", views=50, not_run="too dark"),
    ]
    table = views_table(sparse)
    assert [row[:3] for row in table.rows] == [["default", "all", "2"], ["default", "50", "1"]]
    assert column(table, "image AUROC") == pytest.approx([85, 60])
    assert "views" in [table.name for table in all_tables(sparse)]
    wide = auroc_table(sparse)
    assert wide.columns[1] == "default (all views) image" and wide.columns[-1] == "default (50 views) pixel"
    assert table.notes == ["default (50 views) on panther: not run: too dark."]
