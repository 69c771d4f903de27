"""What is drawn: in the right colour, at the right place, nothing beyond the picture."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.scene_layout import Scene, read_scene
from pad_nerfstudio.odd_one_out.judged_scene import Matches
from pad_nerfstudio.odd_one_out.pictures import (
    BLUE,
    GREEN,
    MAGENTA,
    ORANGE,
    RED,
    box_color,
    box_title,
    draw_matches,
    draw_objects,
    draw_parts,
    view_facing,
)
from pad_nerfstudio.odd_one_out.projection import pixels_in_front
from pad_nerfstudio.odd_one_out.scene_pictures import PICTURES, scene_pictures, write_pictures
from pad_nerfstudio.odd_one_out.scored_scene import ScoredObject, scored_scene
from tests.odd_one_out.fakes import KnowingMethod
from tests.scene_factory import make_scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return read_scene(make_scene(tmp_path_factory.mktemp("scenes") / "tray", views=4))


def found_at(bounds: np.ndarray, correct: bool | None = True, odd: bool | None = False) -> ScoredObject:
    return ScoredObject(1, bounds, "object", "good", 0, 0.1, odd, 0.9, correct)


def test_colours_and_titles() -> None:
    box = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    cases = [(True, False, GREEN), (False, True, RED), (None, True, ORANGE), (None, False, BLUE), (None, None, BLUE)]
    for correct, odd, color in cases:
        assert box_color(found_at(box, correct, odd)) == color
    titles = [box_title(found_at(box, None, odd)) for odd in (True, False, None)]
    assert titles == ["1 odd", "1", "1 ?"] and box_title(replace(found_at(box), number=None)) == "missed"


def test_a_box_is_drawn_around_its_object_and_the_photo_is_left_alone(scene: Scene) -> None:
    photo = np.zeros((64, 64, 3), np.uint8)
    bounds = scene.objects[1].bounds
    assert bounds is not None
    picture = draw_objects(photo, [found_at(bounds)], scene.views[0].camera_to_world, scene.camera)
    assert picture.shape == (512, 512, 3) and not photo.any()
    y, x = np.nonzero(np.abs(picture.astype(int) - GREEN).max(axis=2) < 60)
    corner = np.stack(np.meshgrid(*bounds.T, indexing="ij"), axis=-1).reshape(8, 3)
    pixels = 8 * pixels_in_front(corner, scene.views[0].camera_to_world, scene.camera)
    lower = x[y > y.mean()]  # the title stands above
    assert abs(lower.min() - pixels[:, 0].min()) < 4 and abs(x.max() - pixels[:, 0].max()) < 4
    assert abs(y.max() - pixels[:, 1].max()) < 4


def test_a_box_behind_the_camera_or_far_outside_is_no_error(scene: Scene) -> None:
    photo, pose = np.zeros((64, 64, 3), np.uint8), scene.views[0].camera_to_world
    for place in (pose[:3, 3] + 3 * pose[:3, 2], pose[:3, 3] + 1e-6 * pose[:3, 2], np.array([1e5, 0, 0])):
        draw_objects(photo, [found_at(np.stack([place - 0.1, place + 0.1]))], pose, scene.camera)


def test_the_part_that_differs_is_marked_where_it_is(scene: Scene) -> None:
    photo, pose = read_image(scene.views[0].path), scene.views[0].camera_to_world
    point = np.array([[0.2, 0.1, 0.05]])
    picture = draw_parts(photo, [point, np.zeros((0, 3))], pose, scene.camera)
    x, y = np.floor(8 * pixels_in_front(point, pose, scene.camera)[0]).astype(int)
    plain = draw_parts(photo, [], pose, scene.camera)
    marked = (picture != plain).any(axis=2)
    assert marked[y, x] and 20 < marked.sum() < 400
    assert np.abs(picture[y, x].astype(int) - MAGENTA).max() < np.abs(plain[y, x].astype(int) - MAGENTA).max()


def test_correspondences_are_lines_between_two_objects(scene: Scene) -> None:
    photo, pose = np.zeros((64, 64, 3), np.uint8), scene.views[0].camera_to_world
    points = np.array([[[0.2, 0.0, 0.0]], [[-0.2, 0.1, 0.0]]])
    picture = draw_matches(photo, [Matches((0, 1), points)], pose, scene.camera)
    ends = 8 * pixels_in_front(points, pose, scene.camera)[:, 0]
    for place in (ends[0], ends.mean(axis=0), ends[1]):
        x, y = np.floor(place).astype(int)
        assert picture[y - 1 : y + 2, x - 1 : x + 2].any()
    many = Matches((0, 1), np.random.default_rng(0).uniform(-0.2, 0.2, (2, 500, 3)))
    assert draw_matches(photo, [many, Matches((0, 1), points[:, :0])], pose, scene.camera).any()


def test_the_camera_on_the_side_of_the_part_is_chosen(scene: Scene) -> None:
    poses = [view.camera_to_world for view in scene.views]
    for index, pose in enumerate(poses):
        assert view_facing(0.1 * pose[None, :3, 3], np.zeros(3), poses) == index
        around = np.concatenate([np.eye(3), -np.eye(3)]) * 0.1
        assert view_facing(around + 0.2 * pose[:3, 3], 0.2 * pose[:3, 3], poses) == index, "the nearest"


def test_pictures_of_a_scene_show_views_that_were_looked_at(scene: Scene, tmp_path: Path) -> None:
    judged = KnowingMethod()(scene, [1, 3])
    drawn = scene_pictures(scene, judged, scored_scene("tray", judged, scene.objects))
    assert list(drawn) == list(PICTURES)
    assert all(min(picture.shape[:2]) > 300 for picture in drawn.values())
    unseen = {name: np.array_equal(drawn["boxes"], drawn[name]) for name in ("boxes_behind", "part")}
    assert not any(unseen.values())


def test_pictures_that_do_not_apply_are_left_out_and_old_ones_removed(scene: Scene, tmp_path: Path) -> None:
    judged = KnowingMethod()(scene, [0])
    write_pictures(tmp_path, scene, judged, scored_scene("tray", judged, scene.objects))
    assert (tmp_path / "part.png").is_file() and not (tmp_path / "boxes_behind.png").exists()
    empty = replace(judged, objects=(), matches=(), features=None)
    write_pictures(tmp_path, scene, empty, scored_scene("tray", empty, scene.objects))
    assert [path.name for path in tmp_path.iterdir()] == ["boxes.png"]
    red = np.abs(read_image(tmp_path / "boxes.png").astype(int) - RED).max(axis=2) < 40
    assert red.sum() > 300, "all objects were missed"
