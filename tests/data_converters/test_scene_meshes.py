"""Meshes of scenes: subdividing, cutting, deforming, and every kind of anomaly."""

import numpy as np
import pytest
from scenes.anomalies import ANOMALIES, draw_anomaly
from scenes.breaks import LEAST_LOST, MOST_LOST, fracture, share_lost
from scenes.changed import Change, changed_share, changes, visible_pixels
from scenes.cut import cut, inside_outline
from scenes.deform import bent, bulged, twisted
from scenes.mesh import is_closed, joined, normalised, piece_labels, surface_samples, volume, welded
from scenes.part_changes import NOTHING
from scenes.pieces import body_count, loose_pieces
from scenes.sheet import Sheet, draw_sheet, frame_on, opened
from scenes.subdivide import subdivided, unique_edges

from tests.data_converters.scene_meshes import bar, box, lollipop


def test_subdividing_keeps_shape_volume_and_closedness() -> None:
    coarse = lollipop()
    for wanted in (None, lambda a, b: (a[:, 2] > 0.3) | (b[:, 2] > 0.3)):
        fine = subdivided(coarse, 0.08, wanted)
        assert is_closed(fine) and np.isclose(volume(fine), volume(coarse)) and np.allclose(fine.box, coarse.box)
        assert np.isclose(fine.areas.sum(), coarse.areas.sum())
        assert (fine.colours[:, 1] > 0.4).any() and len(fine.faces) > 5 * len(coarse.faces)
    edges, _ = unique_edges(subdivided(coarse, 0.08).faces)
    lengths = np.ptp(subdivided(coarse, 0.08).vertices[edges], axis=1)
    assert np.linalg.norm(lengths, axis=1).max() <= 0.08


def test_welding_joins_corners_and_normalising_sets_the_extent() -> None:
    loose = box((1, 1, 1), (3, 2, 2))
    soup = type(loose)(loose.corners.reshape(-1, 3), np.arange(36).reshape(-1, 3), loose.colours, loose.finish)
    assert not is_closed(soup) and is_closed(welded(soup)) and len(welded(soup).vertices) == 8
    mesh = normalised(loose)
    assert np.isclose(mesh.extent, 1) and np.allclose(mesh.box.mean(0), 0)


def test_pieces_by_surface_and_by_colour() -> None:
    assert piece_labels(lollipop()).max() == 1 and piece_labels(bar()).max() == 0
    painted = bar()
    painted.colours[:4] = (0, 0, 1)
    assert piece_labels(painted, painted.colours).max() >= 1


def test_bodies_are_what_would_fall_apart() -> None:
    assert body_count(lollipop()) == 1
    assert body_count(joined([box((0, 0, 0), (1, 1, 1)), box((1.1, 0, 0), (2, 1, 1))])) == 2
    assert body_count(joined([box((0, 0, 0), (1, 1, 1)), box((1.01, 0, 0), (2, 1, 1))])) == 1


def test_loose_pieces_are_closed_and_neither_tiny_nor_the_body() -> None:
    (stick,) = loose_pieces(lollipop())
    assert (lollipop().colours[stick] == (0.05, 0.5, 0.05)).all()


@pytest.mark.parametrize("height", [-0.2, 0.0, 0.31])
def test_a_flat_cut_of_a_box_has_the_exact_volume_and_faces_outwards(height: float) -> None:
    sheet = Sheet(np.array([height, 0, 0]), frame_on(np.array([1.0, 0, 0])), NOTHING)
    below, above = (cut(bar(), sheet, side, shade=0.5) for side in (-1, 1))
    assert below is not None and above is not None
    for part, length in ((below, 0.5 + height), (above, 0.5 - height)):
        assert np.isclose(volume(welded(part)), length * 0.24 * 0.2, rtol=1e-6)
        a, b, c = part.corners.transpose(1, 0, 2)
        signed = (a * np.cross(b, c)).sum() / 6
        assert np.isclose(signed, length * 0.24 * 0.2), "the faces of the cut turn outwards"


def test_the_two_sides_of_a_rough_cut_fill_the_whole() -> None:
    sheet = draw_sheet(np.random.default_rng(1), np.zeros(3), np.array([1.0, 0.3, 0]), roughness=0.02)
    below, above = (welded(cut(bar(), sheet, side, shade=0.5)) for side in (-1, 1))
    assert np.isclose(volume(below) + volume(above), volume(bar()), rtol=0.01)
    assert np.std(sheet.height(np.random.default_rng(0).uniform(-1, 1, (5000, 2)))) == pytest.approx(0.02, rel=0.3)


def test_sheets_opened_either_way_enclose_a_wedge_that_starts_at_zero() -> None:
    sheet = Sheet(np.zeros(3), np.eye(3), NOTHING)
    uv = np.array([[-0.4, 0], [0.1, 0], [0.2, 0], [0.9, 0]])
    gap = opened(sheet, 0.1, 0.3).height(uv) - opened(sheet, -0.1, 0.3).height(uv)
    assert np.allclose(gap, [0, 0.02, 0.04, 0.06])


def test_even_odd_rule_leaves_holes_out() -> None:
    def square(half: float) -> np.ndarray:
        corners = half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        return np.stack([corners, np.roll(corners, -1, axis=0)], 1)

    ring = np.concatenate([square(1.0), square(0.5)])
    assert inside_outline(np.array([[0.7, 0.1], [0.1, 0.2], [1.3, 0.0]]), ring).tolist() == [True, False, False]


def test_bending_keeps_the_length_of_the_middle_line() -> None:
    line = np.column_stack([np.linspace(-0.5, 0.5, 401), np.zeros(401), np.zeros(401)])
    after = bent(line, np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.radians(60))
    assert np.isclose(np.linalg.norm(np.diff(after, axis=0), axis=1).sum(), 1, atol=1e-4)
    first, last = after[1] - after[0], after[-1] - after[-2]
    assert np.isclose(first @ last / np.linalg.norm(first) / np.linalg.norm(last), 0.5, atol=0.02)
    assert after[0, 1] > 0.05 and after[-1, 1] > 0.05, "both ends go the way that was asked for"


def test_twisting_turns_the_far_end_by_the_whole_angle() -> None:
    corners = bar().vertices
    after = twisted(corners, np.array([1.0, 0, 0]), np.pi / 2)
    start, end = corners[:, 0] < 0, corners[:, 0] > 0
    assert np.allclose(after[start], corners[start])
    assert np.allclose(after[end, 1:], corners[end, 1:] @ np.array([[0, 1], [-1, 0]]), atol=1e-12)


def test_a_bump_is_local_and_as_high_as_asked() -> None:
    flat = box((-0.5, -0.5, -0.1), (0.5, 0.5, 0.0))
    after = bulged(flat, np.array([0.1, 0, 0]), np.array([0, 0, 0.08]), 0.2)
    assert 0.07 < after.box[1, 2] <= 0.08 and is_closed(after)
    far = np.linalg.norm(after.vertices[:, :2] - [0.1, 0], axis=1) > 0.2
    assert after.vertices[far, 2].max() == 0


def test_a_fracture_keeps_within_the_paper_s_limits() -> None:
    found = [fracture(bar(), np.random.default_rng(seed)) for seed in range(8)]
    lost = [share_lost(bar(), rest) for rest in found if rest is not None]
    assert len(lost) >= 3 and all(LEAST_LOST <= share <= MOST_LOST for share in lost)


@pytest.mark.parametrize("kind", ANOMALIES)
@pytest.mark.parametrize("mesh", [normalised(lollipop()), bar()], ids=["two pieces", "one piece"])
def test_every_kind_changes_the_mesh_and_lets_nothing_come_loose(kind: str, mesh) -> None:
    changed = draw_anomaly(kind, mesh, np.random.default_rng(5))
    assert changed is not None
    assert body_count(changed) == 1 and changed_share(mesh, changed) >= 0.01
    assert len(changed.colours) == len(changed.finish) == len(changed.faces) and changed.faces.max() < len(
        changed.vertices
    )
    assert np.isfinite(changed.vertices).all() and (changed.colours >= 0).all() and (changed.colours <= 1).all()
    again = draw_anomaly(kind, mesh, np.random.default_rng(5))
    assert np.array_equal(changed.vertices, again.vertices) and np.array_equal(changed.colours, again.colours)


def test_a_mesh_equals_itself_however_it_is_divided() -> None:
    assert changed_share(lollipop(), subdivided(lollipop(), 0.1)) < 0.002


def test_lost_surface_counts_as_change() -> None:
    whole = lollipop()
    new, gone = changes(whole, box((-0.3, -0.3, 0.0), (0.3, 0.3, 0.5)))
    assert len(gone.points) > 100 and gone.points[:, 2].max() <= 0.1 + 1e-9 and len(new.points) < 20


def test_visible_pixels_of_a_square_that_faces_the_camera() -> None:
    points, _ = surface_samples(box((-0.1, -0.1, -0.01), (0.1, 0.1, 0)), 20000, np.random.default_rng(0))
    top = points[np.abs(points[:, 2]) < 1e-9]
    change = Change(top, np.tile([0, 0, 1.0], (len(top), 1)), 0.04 / len(top))
    eye, down = np.array([0, 0, 1.0]), np.array([0, 0, -1.0])
    everything = lambda eye, points: np.ones(len(points), bool)  # noqa: E731
    assert visible_pixels(change, eye, down, 200.0, everything) == pytest.approx((0.2 * 200) ** 2, rel=0.03)
    assert visible_pixels(change, -eye, -down, 200.0, everything) == 0
    assert visible_pixels(change, eye, down, 200.0, lambda eye, points: points[:, 0] > 0) == pytest.approx(800, rel=0.1)
