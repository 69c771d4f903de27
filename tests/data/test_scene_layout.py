import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pad_nerfstudio.data.object_box import ObjectBox
from pad_nerfstudio.data.scene_layout import Scene, read_scene, scenes_under
from pad_nerfstudio.data.scene_object import category_of, read_object_mask, what_the_path_tells
from pad_nerfstudio.errors import UserError
from tests.scene_factory import box_silhouette, make_scene, project, read_metadata, ring, scene_boxes, write_metadata

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "toysad_sample_scene"
NEEDS_SAMPLE = pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"the published sample scene is not at {SAMPLE}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_scene(tmp_path / "scene_00001")


def k_of(scene: Scene) -> np.ndarray:
    c = scene.camera
    return np.array([[c.fl_x, 0, c.cx], [0, c.fl_y, c.cy], [0, 0, 1]])


def shares(scene: Scene, boxes: dict[str, ObjectBox]) -> tuple[float, float]:
    """Least share of a mask inside the projection of its box, and the median area of projections over masks."""
    inside, area = [], []
    for found in scene.objects:
        for view, path in zip(scene.views, found.mask_paths, strict=True):
            assert path is not None
            mask = read_object_mask(path)
            silhouette = box_silhouette(
                boxes[found.name], view.camera_to_world, k_of(scene), (scene.camera.w, scene.camera.h)
            )
            inside.append((mask & silhouette).sum() / mask.sum())
            area.append(silhouette.sum() / mask.sum())
    return min(inside), float(np.median(area))


def boxes_of(scene: Scene) -> dict[str, ObjectBox]:
    return {found.name: found.box for found in scene.objects if found.box is not None}


def test_a_scene_is_read_as_it_was_made(folder: Path) -> None:
    scene = read_scene(folder)
    assert (scene.name, scene.category, scene.root) == ("scene_00001", "banana", folder)
    assert (scene.camera.fl_x, scene.camera.cx, scene.camera.w, scene.camera.h) == (57.6, 32, 64, 64)
    assert [view.file_path for view in scene.views] == [f"RGB/{n:04d}.png" for n in range(6)]
    for view, pose in zip(scene.views, ring(6), strict=True):
        np.testing.assert_allclose(view.camera_to_world, pose, atol=1e-12)
    assert [o.name for o in scene.objects] == ["object", "object.001", "object.002"]
    assert [(o.label, o.kind, o.instance) for o in scene.objects] == [
        (1, "crack", "banana_028"),
        (0, "good", "banana_028"),
        (0, "good", "banana_028"),
    ]
    for found, box in zip(scene.objects, scene_boxes(), strict=True):
        assert found.box is not None
        np.testing.assert_allclose(found.box.corners(), box.corners(), atol=1e-12)
        assert [path and path.name for path in found.mask_paths] == [f"{found.name}_{n:04d}.png" for n in range(6)]


def test_masks_lie_in_the_projections_of_their_boxes(folder: Path) -> None:
    scene = read_scene(folder)
    least, area = shares(scene, boxes_of(scene))
    assert least > 0.999 and area < 1.3


@NEEDS_SAMPLE
def test_boxes_of_the_published_sample_hold_their_masks() -> None:
    """The sizes are those of the object's own axes; the centre is its origin, a few centimetres from the middle."""
    scene = read_scene(SAMPLE)
    assert (len(scene.views), scene.category) == (20, "banana")
    assert {o.name: (o.label, o.kind) for o in scene.objects} == {
        "object.001": (1, "crack"),
        "object.002": (0, "good"),
        "object": (0, "good"),
    }
    given = boxes_of(scene)
    least, area = shares(scene, given)
    along_world = {name: ObjectBox(box.center, box.size, np.eye(3)) for name, box in given.items()}
    halved = {name: ObjectBox(box.center, box.size * 2, box.rotation) for name, box in given.items()}
    assert least > 0.9 and area < 3.5
    assert shares(scene, along_world)[0] < least - 0.05
    assert shares(scene, halved)[1] > 2 * area


def test_objects_masks_and_labels_may_be_absent(folder: Path) -> None:
    shutil.rmtree(folder / "segmentations")
    content = read_metadata(folder)
    del content["objects"][0]["path"], content["objects"][1]["bbox"]
    write_metadata(folder, content)
    scene = read_scene(folder)
    first = scene.objects[0]
    assert (first.label, first.kind, first.category, first.mask_paths) == (None, None, None, (None,) * 6)
    assert scene.objects[1].box is None and scene.objects[2].label == 0
    assert scene.objects[1].bounds is None and np.array_equal(
        scene.objects[0].bounds, scene.objects[0].box.axis_aligned()
    )
    assert scene.category is None
    del content["objects"]
    write_metadata(folder, content)
    assert read_scene(folder).objects == ()


def test_the_scale_of_an_object_is_in_its_size_already(folder: Path) -> None:
    content = read_metadata(folder)
    matrix = np.array(content["objects"][0]["rotation_matrix"])
    matrix[:3, :3] *= 2.5
    content["objects"][0]["rotation_matrix"] = matrix.tolist()
    write_metadata(folder, content)
    box = read_scene(folder).objects[0].box
    assert box is not None
    np.testing.assert_allclose(box.corners(), scene_boxes()[0].corners(), atol=1e-12)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a-b/banana_028-crack-001.blend", (1, "crack", "banana_028")),
        ("/a-b/banana_028.blend", (0, "good", "banana_028")),
        ("C:\\a-b\\ice_cream_004-missing-012.blend", (1, "missing", "ice_cream_004")),
    ],
)
def test_the_file_name_of_a_shape_tells_its_label(path: str, expected: tuple[int, str, str]) -> None:
    assert what_the_path_tells(path) == expected


@pytest.mark.parametrize(("instance", "category"), [("banana_028", "banana"), ("ice_cream_4", "ice_cream"), ("a", "a")])
def test_the_category_stands_before_the_number(instance: str, category: str) -> None:
    assert category_of(instance) == category


def test_a_hidden_object_has_an_empty_mask(tmp_path: Path) -> None:
    Image.fromarray(np.ones((4, 4), np.uint8)).save(tmp_path / "mask.png")
    assert not read_object_mask(tmp_path / "mask.png").any()


def test_scenes_are_found_in_natural_order(tmp_path: Path) -> None:
    made = [make_scene(tmp_path / name, views=1, size=(8, 8), masks=False) for name in ("b/2", "b/10", "a")]
    (tmp_path / "c").mkdir()
    assert scenes_under(tmp_path) == [made[2], made[0], made[1]]
    assert scenes_under(made[0]) == [made[0]]
    with pytest.raises(UserError, match="c: no scene there; give a folder that holds scene3d.metadata.json"):
        scenes_under(tmp_path / "c")


def test_linked_scenes_are_found_and_links_back_up_end(tmp_path: Path) -> None:
    make_scene(tmp_path / "away" / "a", views=1, size=(8, 8), masks=False)
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "b").symlink_to(tmp_path / "away" / "a")
    (tmp_path / "set" / "up").symlink_to(tmp_path / "set")
    assert scenes_under(tmp_path / "set") == [tmp_path / "set" / "b"]


def test_axis_aligned_box_holds_the_corners() -> None:
    box = scene_boxes()[1]
    low, high = box.axis_aligned()
    assert (box.corners() >= low).all() and (box.corners() <= high).all()
    assert (np.isclose(box.corners(), low).any(axis=0) & np.isclose(box.corners(), high).any(axis=0)).all()
    assert ((high - low)[:2] > box.size[:2].min()).all() and np.isclose((high - low)[2], box.size[2])


def test_projection_is_that_of_the_layout(folder: Path) -> None:
    """The factory's poses go through the reader; here the metadata's own matrices are the measure."""
    scene, content = read_scene(folder), read_metadata(folder)
    points = scene_boxes()[0].corners()
    for view, pose in zip(scene.views, content["camera"]["poses"], strict=True):
        matrix = np.array(pose["rotation"])
        in_camera = points @ matrix[:3, :3].T + matrix[:3, 3]
        assert (in_camera[:, 2] > 0).all()
        expected = in_camera[:, :2] / in_camera[:, 2:] * 57.6 + 32
        np.testing.assert_allclose(project(points, view.camera_to_world, k_of(scene)), expected, atol=1e-9)


def camera(key: str, value: object) -> Callable[[Path], None]:
    """Set or (with None) remove a key of the camera, or of its second pose."""

    def damage(scene: Path) -> None:
        content = read_metadata(scene)
        where = content["camera"] if key in content["camera"] else content["camera"]["poses"][1]
        where.pop(key) if value is None else where.update({key: value})
        write_metadata(scene, content)

    return damage


def an_object(key: str, value: object) -> Callable[[Path], None]:
    def damage(scene: Path) -> None:
        content = read_metadata(scene)
        content["objects"][1][key] = value
        write_metadata(scene, content)

    return damage


def without_camera(scene: Path) -> None:
    content = read_metadata(scene)
    del content["camera"]
    write_metadata(scene, content)


def resize(path: str) -> Callable[[Path], None]:
    return lambda scene: Image.open(scene / path).resize((32, 32)).save(scene / path)


MASK = "segmentations/object.001/object.001_0003.png"
METADATA = r"scene_00001/scene3d\.metadata\.json: "
EYE = np.eye(4).tolist()
MIRRORED = np.diag([1.0, 1, -1, 1]).tolist()
SHEARED = (np.eye(4) + np.eye(4, k=1) * 0.1).tolist()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (shutil.rmtree, "scene_00001: no scene there; give a folder that holds"),
        (lambda scene: (scene / "scene3d.metadata.json").write_text("{"), METADATA + "not valid JSON .* restore"),
        (lambda scene: write_metadata(scene, []), METADATA + "it holds no JSON object; give the metadata of a scene"),
        (without_camera, METADATA + "it has no 'camera' with 'K' and 'poses'; add"),
        (camera("poses", None), METADATA + "it has no 'camera' with 'K' and 'poses'"),
        (camera("poses", 5), METADATA + "'poses' of the camera is no list"),
        (camera("K", EYE), METADATA + "K of the camera is no 3x3 matrix of finite numbers"),
        (camera("K", [[math.nan, 0, 1], [0, 1, 1], [0, 0, 1]]), METADATA + "K of the camera is no 3x3"),
        (camera("K", [[1, 0.2, 1], [0, 1, 1], [0, 0, 1]]), METADATA + "K is no pinhole"),
        (camera("K", [[-1, 0, 1], [0, 1, 1], [0, 0, 1]]), METADATA + "K is no pinhole"),
        (camera("K", "none"), METADATA + "K of the camera is no 3x3"),
        (camera("rotation", None), METADATA + "the 'rotation' of pose 1 is no 4x4 matrix; give a world-to-camera"),
        (camera("rotation", np.eye(3).tolist()), METADATA + "the 'rotation' of pose 1 is 3x3 instead of 4x4"),
        (camera("rotation", [[10**400] * 4] * 4), METADATA + "the 'rotation' of pose 1 holds a number that is not fin"),
        (camera("rotation", SHEARED), METADATA + "the 'rotation' of pose 1 is not rigid"),
        (camera("rotation", MIRRORED), METADATA + "the 'rotation' of pose 1 mirrors the world"),
        (an_object("name", "../a"), METADATA + "object 1 has no 'name' that a folder can have"),
        (an_object("name", "object"), METADATA + "two objects have one name"),
        (an_object("bbox", [[0, 0, 0]]), METADATA + "the bbox of object 'object.001' is no"),
        (an_object("bbox", [[0, 0, 0], [1, 1, -1]]), METADATA + "the bbox of object 'object.001' is no"),
        (an_object("bounds", [[0, 0, 0], [1, 1, -1]]), METADATA + "the bounds of object 'object.001' are no"),
        (an_object("rotation_matrix", SHEARED), METADATA + "the rotation_matrix of object 'object.001' is not rigid"),
        (lambda scene: (scene / "RGB/0003.png").unlink(), r"RGB: 5 images, but .* has 6 poses \(0003.png is missing\)"),
        (lambda scene: shutil.rmtree(scene / "RGB"), r"RGB: 0 images, but .* has 6 poses \(0000.png is missing\)"),
        (lambda scene: shutil.copy(scene / "RGB/0003.png", scene / "RGB/0006.png"), "RGB: 7 images, but .* 6 poses;"),
        (lambda scene: (scene / "RGB/0003.png").write_text("no image"), "RGB/0003.png: broken, .*; replace it$"),
        (lambda scene: (scene / MASK).write_text("no image"), f"{MASK}: broken, .*; replace it$"),
        (resize("RGB/0003.png"), "RGB/0003.png: 32x32 pixels, but 0000.png has 64x64; give views of one size"),
        (resize(MASK), f"{MASK}: the mask has 32x32 pixels but its image 64x64"),
    ],
)
def test_mistakes_are_named(folder: Path, damage: Callable[[Path], object], words: str) -> None:
    damage(folder)
    with pytest.raises(UserError, match=words) as caught:
        read_scene(folder)
    assert "\n" not in str(caught.value)
