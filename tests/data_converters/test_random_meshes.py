"""Objects grown at random."""

import numpy as np
import pytest
from scenes.anomalies import ANOMALIES, draw_anomaly
from scenes.mesh import is_closed, piece_labels, volume
from scenes.pieces import body_count
from scenes.random_meshes import random_mesh, random_name


@pytest.mark.parametrize("number", range(12))
def test_an_object_is_closed_and_holds_together(number: int) -> None:
    mesh = random_mesh(number)
    assert is_closed(mesh) and body_count(mesh) == 1 and volume(mesh) > 0.005
    assert mesh.extent == pytest.approx(1) and np.allclose(mesh.box.mean(0), 0, atol=1e-6)
    assert np.all((mesh.colours >= 0) & (mesh.colours <= 1)) and mesh.finish.shape == (len(mesh.faces), 2)


def test_surfaces_face_outwards() -> None:
    for mesh in map(random_mesh, range(12)):
        labels, corners = piece_labels(mesh), mesh.corners
        for piece in range(labels.max() + 1):
            a, b, c = corners[labels == piece].transpose(1, 0, 2)
            assert (a * np.cross(b, c)).sum() > 0


def test_a_number_is_one_object() -> None:
    first, again, other = random_mesh(3), random_mesh(3), random_mesh(4)
    assert np.array_equal(first.vertices, again.vertices) and np.array_equal(first.colours, again.colours)
    assert first.vertices.shape != other.vertices.shape or not np.allclose(first.vertices, other.vertices)
    assert random_name(3) == "random_00003"


def test_most_kinds_of_anomaly_happen_to_them() -> None:
    rng = np.random.default_rng(0)
    happened = {kind: [draw_anomaly(kind, random_mesh(n), rng) is not None for n in range(3)] for kind in ANOMALIES}
    assert all(any(found) for found in happened.values()), happened
