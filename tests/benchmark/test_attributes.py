"""Attributes of objects against ones known beforehand, and their correlation with figures."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from pad_nerfstudio.benchmark.attribute_tables import Attributes, attribute_section, correlation_section
from pad_nerfstudio.benchmark.attributes import (
    color_contrast,
    color_contrast_of_class,
    mapped_to_100,
    triangles_of_field,
    triangles_of_mesh,
    triangles_of_volume,
)
from pad_nerfstudio.benchmark.correlation import correlate
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.features.color import srgb_to_lab
from tests.benchmark.fakes import result


def test_contrast_of_two_colours_by_hand() -> None:
    photo = torch.ones(20, 20, 3)
    red, blue = torch.tensor([0.8, 0.1, 0.1]), torch.tensor([0.1, 0.1, 0.8])
    photo[5:10, 5:15], photo[10:15, 5:15] = red, blue
    (_, a1, b1), (_, a2, b2) = srgb_to_lab(torch.stack([red, blue])).tolist()
    expected = math.hypot((a1 - a2) / 2, (b1 - b2) / 2)  # half the pixels each: the deviation is half the distance
    assert color_contrast([photo]) == pytest.approx(expected, rel=1e-4)
    assert color_contrast([photo, photo]) == pytest.approx(expected, rel=1e-4)


def test_grey_has_no_contrast_and_nothing_has_none() -> None:
    photo = torch.ones(20, 20, 3)
    photo[5:15, 5:10], photo[5:15, 10:15] = 0.2, 0.6
    assert color_contrast([photo]) == pytest.approx(0, abs=0.05)
    with pytest.raises(ValueError, match="no photo shows an object"):
        color_contrast([torch.ones(20, 20, 3)])


def test_contrast_of_a_class(mad_class: Path) -> None:
    assert 10 < color_contrast_of_class(mad_class) < 120


def test_triangles_of_a_mesh_and_of_a_volume(tmp_path: Path) -> None:
    mesh = tmp_path / "tetrahedron.obj"
    mesh.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\nf 1 3 4\nf 2 3 4\n")
    assert triangles_of_mesh(mesh) == 4
    with pytest.raises(UserError, match="nowhere.obj: cannot be read as a mesh"):
        triangles_of_mesh(tmp_path / "nowhere.obj")
    volume = np.zeros((3, 3, 3), np.float32)
    assert triangles_of_volume(volume) == 0
    volume[1, 1, 1] = 1.0
    assert triangles_of_volume(volume) == 8  # an octahedron
    assert triangles_of_volume(np.ones((2, 2, 2), np.float32)) > 8  # matter that reaches the border is closed there


@pytest.mark.slow
def test_triangles_of_a_field(tiny_run: Path) -> None:
    assert triangles_of_field(tiny_run) > 100


def test_counts_are_mapped_to_0_100() -> None:
    assert mapped_to_100({"a": 10, "b": 30, "c": 20}) == {"a": 0.0, "b": 100.0, "c": 50.0}
    assert mapped_to_100({"a": 10}) == {"a": None} and mapped_to_100({}) == {}


def test_correlation_needs_three_classes_that_differ() -> None:
    found = correlate([1.0, 2.0, 3.0, None], [2.0, 4.0, 6.0, 1.0])
    assert found.n == 3 and found.pearson == pytest.approx(1) and found.spearman == pytest.approx(1)
    assert found.pearson_p is not None and found.pearson_p < 1e-3
    assert correlate([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 0.0]).spearman == pytest.approx(-0.4)
    few = correlate([1.0, 2.0], [1.0, 2.0])
    assert few.pearson is None and few.reason == "known for 2 classes, 3 are needed"
    assert "same for all" in correlate([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]).reason


def test_tables_of_attributes_and_correlations() -> None:
    attributes = {
        "a": Attributes(1.0, 100),
        "b": Attributes(2.0, 300),
        "c": Attributes(3.0, 200),
        "d": Attributes(None, None, "no photo shows an object"),
    }
    section = attribute_section(attributes)
    assert [row[2] for row in section.table.rows] == [0.0, 100.0, 50.0, None]
    assert section.table.notes == ["d: no photo shows an object."]
    assert "needs two that differ" in attribute_section({"a": attributes["a"]}).table.notes[0]
    figures = {"a": 0.7, "b": 0.8, "c": 0.9, "d": 0.1}
    results = [result(name, image_auroc=value, pixel_auroc=None) for name, value in figures.items()]
    found = correlation_section(attributes, results)
    rows = {(row[1], row[2]): row for row in found.table.rows}
    assert rows["colour contrast", "image AUROC"][3:5] == ["3", pytest.approx(1.0)]
    assert rows["shape complexity", "image AUROC"][4] == pytest.approx(0.5)
    assert rows["colour contrast", "pixel AUROC"][4] is None
    assert rows["colour contrast", "pixel AUROC"][-1] == "known for 0 classes, 3 are needed"
    assert set(found.plots) == {"color_contrast_image_auroc", "shape_complexity_image_auroc"}
    assert found.plots["color_contrast_image_auroc"].count("<circle") == 3
