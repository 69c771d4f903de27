import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.errors import UserError
from tests.mad_class_factory import make_mad_class, read_transforms_dict, rig, save, write_transforms


def names(n: int, pattern: str = "train/good/{}.png") -> list[str]:
    return [pattern.format(i) for i in range(n)]


def complaint(folder: Path, **options: bool) -> str:
    with pytest.raises(UserError) as caught:
        read_mad_class(folder, **options)
    message = str(caught.value)
    assert ";" in message and "\n" not in message
    return message


def cut_short(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:60])
    return path


def test_the_official_layout(mad_class: Path) -> None:
    read = read_mad_class(mad_class)
    assert read.root == mad_class and read.skipped == () and read.notes == ()
    assert [view.file_path for view in read.training_views] == names(12)
    assert all(view.path.is_file() for view in read.training_views)
    np.testing.assert_array_equal([v.camera_to_world for v in read.training_views], rig(3, 4))
    assert read.training_views[0].camera_to_world.dtype == np.float64
    assert (read.camera.w, read.camera.h) == (16, 16)
    assert [(q.file_path, q.kind, q.label, q.size) for q in read.queries] == [
        ("test/Burrs/0.png", "Burrs", 1, (16, 16)),
        ("test/Burrs/1.png", "Burrs", 1, (16, 16)),
        ("test/good/0.png", "good", 0, (16, 16)),
        ("test/good/1.png", "good", 0, (16, 16)),
    ]
    assert [q.mask_path for q in read.queries[1:3]] == [mad_class / "ground_truth" / "Burrs" / "1_mask.png", None]


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPG"])
@pytest.mark.parametrize(
    "frame_name",
    [
        "train/good/{name}",
        "./train/good/{name}",
        "train/good/{index}",
        "train/good/{index:03d}.png",
        "train/good/{index}.png",
        "good/{index:03d}",
        "{index}",
        ".\\train\\good\\{name}",
    ],
)
def test_every_spelling_of_a_frame_finds_its_image(tmp_path: Path, frame_name: str, suffix: str, padded: bool) -> None:
    folder = make_mad_class(
        tmp_path / "a", rings=2, azimuths=6, size=(4, 4), padded=padded, suffix=suffix, frame_name=frame_name
    )
    read = read_mad_class(folder)
    stem = "{:03d}" if padded else "{}"
    assert [view.file_path for view in read.training_views] == names(12, f"train/good/{stem}{suffix}")
    np.testing.assert_array_equal([view.camera_to_world for view in read.training_views], rig(2, 6))
    assert [query.mask_path is not None for query in read.queries] == [True, True, False, False]


def test_an_absolute_path_into_the_folder_is_understood(tmp_path: Path) -> None:
    folder = make_mad_class(tmp_path / "a", frame_name=f"{tmp_path}/a/train/good/{{name}}")
    assert [view.file_path for view in read_mad_class(folder).training_views] == names(12)


def test_frames_in_any_order_come_in_natural_order(mad_class: Path) -> None:
    content = read_transforms_dict(mad_class)
    content["frames"].reverse()
    write_transforms(mad_class, content)
    read = read_mad_class(mad_class)
    assert [view.file_path for view in read.training_views] == names(12)
    np.testing.assert_array_equal([view.camera_to_world for view in read.training_views], rig(3, 4))


def test_any_defect_folders_in_natural_order(tmp_path: Path) -> None:
    folder = make_mad_class(tmp_path / "a", kinds=("good", "crack 10", "crack 2"), queries_per_kind=11)
    read = read_mad_class(folder)
    assert list(dict.fromkeys(q.kind for q in read.queries)) == ["crack 2", "crack 10", "good"]
    assert [q.path.name for q in read.queries][:11] == [f"{i}.png" for i in range(11)]


def test_photos_of_one_part_may_have_a_folder_of_their_own(tmp_path: Path) -> None:
    root = make_mad_class(tmp_path / "cube", kinds=("Burrs", "good"))
    image, mask = root / "test" / "Burrs" / "0.png", root / "ground_truth" / "Burrs" / "0_mask.png"
    for part in ("Burrs-10", "Burrs-9"):
        for source, folder in (image, "test"), (mask, "ground_truth"):
            target = root / folder / "Burrs" / part / source.name
            target.parent.mkdir()
            shutil.copy(source, target)
    (root / "ground_truth" / "Burrs" / "Burrs-10" / "0_mask.png").unlink()
    queries = [query for query in read_mad_class(root).queries if query.kind == "Burrs"]
    assert [query.file_path for query in queries][-2:] == ["test/Burrs/Burrs-9/0.png", "test/Burrs/Burrs-10/0.png"]
    assert queries[-2].mask_path == root / "ground_truth" / "Burrs" / "Burrs-9" / "0_mask.png"
    assert queries[-1].mask_path is None and {query.label for query in queries} == {1}


@pytest.mark.parametrize("mask_name", ["000_mask.png", "0_mask.png", "0.png", "00.PNG"])
def test_masks_may_be_named_otherwise(mad_class: Path, mask_name: str) -> None:
    masks = mad_class / "ground_truth" / "Burrs"
    (masks / "0_mask.png").rename(masks / mask_name)
    assert read_mad_class(mad_class).queries[0].mask_path == masks / mask_name


def test_masks_and_tests_may_be_missing(mad_class: Path) -> None:
    (mad_class / "ground_truth" / "Burrs" / "1_mask.png").unlink()
    assert [q.mask_path is not None for q in read_mad_class(mad_class).queries] == [True, False, False, False]
    shutil.rmtree(mad_class / "ground_truth")
    assert [q.label for q in read_mad_class(mad_class).queries] == [1, 1, 0, 0]
    shutil.rmtree(mad_class / "test")
    assert read_mad_class(mad_class).queries == ()


def test_a_good_image_with_an_empty_mask_stays_good(mad_class: Path) -> None:
    save(Image.new("L", (16, 16)), mad_class / "ground_truth" / "good" / "0_mask.png")
    query = read_mad_class(mad_class).queries[2]
    assert query.label == 0 and query.mask_path is not None


def test_queries_of_another_size_get_a_camera_of_that_size(mad_class: Path) -> None:
    save(Image.new("RGB", (32, 32)), mad_class / "test" / "good" / "0.png")
    save(Image.new("RGB", (32, 20)), mad_class / "test" / "good" / "1.png")
    read = read_mad_class(mad_class)
    assert [query.size for query in read.queries[2:]] == [(32, 32), (32, 20)]
    assert read.query_camera(read.queries[2]).fl_x == 2 * read.camera.fl_x
    with pytest.raises(UserError, match=r"good/1.png: 32x20 pixels, but the training images have 16x16"):
        read.query_camera(read.queries[3])


def test_unused_things_are_noted(mad_class: Path) -> None:
    content = read_transforms_dict(mad_class)
    content["frames"].pop()
    write_transforms(mad_class, content | {"k1": 0.2})
    notes = read_mad_class(mad_class).notes
    assert len(notes) == 2 and "1 images of" in notes[0] and "distortion" in notes[1]


def test_no_such_folder(tmp_path: Path) -> None:
    assert complaint(tmp_path / "a").startswith(f"{tmp_path / 'a'}: no such folder")
    (tmp_path / "a").touch()
    assert "a file, not a folder" in complaint(tmp_path / "a")


def test_not_a_mad_folder_says_what_is_missing(mad_class: Path) -> None:
    (mad_class / "transforms.json").rename(mad_class / "other.json")
    assert "it lacks transforms.json;" in complaint(mad_class)
    shutil.rmtree(mad_class / "train")
    assert "it lacks transforms.json and train/good;" in complaint(mad_class)
    (mad_class / "other.json").rename(mad_class / "transforms.json")
    assert "it lacks train/good;" in complaint(mad_class)


def test_a_folder_of_classes_names_some(tmp_path: Path) -> None:
    for i in (10, 2, 1, 3):
        make_mad_class(tmp_path / f"{i}Toy", rings=1, azimuths=2, kinds=())
    assert complaint(tmp_path).endswith("a folder of several classes; give one of them (1Toy, 2Toy, 3Toy, ...)")


def test_empty_training_folder(mad_class: Path) -> None:
    for path in (mad_class / "train" / "good").iterdir():
        path.unlink()
    assert complaint(mad_class).startswith(f"{mad_class / 'train' / 'good'}: holds no image")


@pytest.mark.parametrize("name", ["train/good/3.png", "test/Burrs/0.png", "ground_truth/Burrs/1_mask.png"])
def test_broken_images_are_named_or_skipped_and_listed(mad_class: Path, name: str) -> None:
    bad = cut_short(mad_class / name)
    assert complaint(mad_class).startswith(f"{bad}: broken, truncated")
    read = read_mad_class(mad_class, skip_bad_images=True)
    assert read.skipped == (name,)
    assert len(read.training_views) == (11 if "train" in name else 12)
    assert len(read.queries) == (3 if "test" in name else 4)
    assert sum(query.mask_path is not None for query in read.queries) == (2 if "train" in name else 1)


def test_nothing_left_after_skipping(mad_class: Path) -> None:
    for path in (mad_class / "train" / "good").iterdir():
        path.write_bytes(b"")
    assert "every image is broken" in complaint(mad_class, skip_bad_images=True)


@pytest.mark.parametrize("file_path", ["../secret.png", "train/../../secret.png", "/etc/secret.png", "..\\secret.png"])
def test_paths_that_leave_the_folder(mad_class: Path, file_path: str) -> None:
    save(Image.new("RGB", (16, 16)), mad_class.parent / "secret.png")
    content = read_transforms_dict(mad_class)
    content["frames"][0]["file_path"] = file_path
    write_transforms(mad_class, content)
    assert "leaves the class folder; make it relative" in complaint(mad_class)


def test_links_that_leave_the_folder(mad_class: Path) -> None:
    image = mad_class / "train" / "good" / "0.png"
    image.rename(mad_class.parent / "secret.png")
    image.symlink_to(mad_class.parent / "secret.png")
    assert complaint(mad_class).startswith(f"{image}: a link that leaves the class folder")


def test_a_linked_class_folder_is_fine(mad_class: Path) -> None:
    link = mad_class.parent / "link"
    link.symlink_to(mad_class)
    assert len(read_mad_class(link).training_views) == 12


@pytest.mark.parametrize("file_path", ["train/good/99.png", "train/bad/0.png", ".", "./", "train/good/"])
def test_a_missing_image(mad_class: Path, file_path: str) -> None:
    content = read_transforms_dict(mad_class)
    content["frames"][0]["file_path"] = file_path
    write_transforms(mad_class, content)
    assert f"the image of frame '{file_path}' is missing" in complaint(mad_class)


def test_two_frames_of_one_image(mad_class: Path) -> None:
    content = read_transforms_dict(mad_class)
    content["frames"][1]["file_path"] = "./train/good/000"
    write_transforms(mad_class, content)
    assert "the frames 'train/good/0.png' and './train/good/000' both mean train/good/0.png" in complaint(mad_class)


def test_training_images_of_several_sizes(mad_class: Path) -> None:
    odd = mad_class / "train" / "good" / "5.png"
    save(Image.new("RGB", (20, 16)), odd)
    assert complaint(mad_class).startswith(f"{odd}: 20x16 pixels, but other training images have 16x16")


def test_masks_of_training_views(mad_class: Path) -> None:
    save(Image.new("L", (16, 16)), mad_class / "train" / "masks" / "003.png")
    save(Image.new("L", (16, 16)), mad_class / "cut" / "a.png")
    save(Image.new("L", (16, 16)), mad_class / "train" / "seen" / "4.png")
    content = read_transforms_dict(mad_class)
    content["frames"][5]["mask_path"] = "cut/a.png"
    write_transforms(mad_class, content)
    views = read_mad_class(mad_class).training_views
    assert {view.path.stem: view.mask.name for view in views if view.mask} == {"3": "003.png", "5": "a.png"}
    assert {view.path.stem: view.seen.name for view in views if view.seen} == {"4": "4.png"}
    content["frames"][5]["mask_path"] = "cut/b.png"
    write_transforms(mad_class, content)
    assert "the mask of frame 'train/good/5.png' is missing" in complaint(mad_class)


def test_views_with_cameras_of_their_own_may_differ_in_size(mad_class: Path) -> None:
    save(Image.new("RGB", (20, 30)), mad_class / "train" / "good" / "5.png")
    content = read_transforms_dict(mad_class)
    content["frames"][5] |= {"fl_x": 44.0, "w": 40, "h": 60}
    write_transforms(mad_class, content)
    found = read_mad_class(mad_class)
    assert (found.training_views[5].camera.fl_x, found.training_views[5].camera.h) == (22.0, 30)
    assert found.camera == found.training_views[0].camera and found.camera.w == 16


def test_a_mask_of_another_size(mad_class: Path) -> None:
    mask = mad_class / "ground_truth" / "Burrs" / "0_mask.png"
    save(Image.new("L", (20, 16)), mask)
    assert complaint(mad_class).startswith(f"{mask}: the mask has 20x16 pixels but its image 16x16")


@pytest.mark.parametrize("name", ["Burrs/7_mask.png", "Cracks/0_mask.png"])
def test_a_mask_without_an_image(mad_class: Path, name: str) -> None:
    mask = mad_class / "ground_truth" / name
    save(Image.new("L", (16, 16)), mask)
    assert complaint(mad_class).startswith(f"{mask}: a mask without an image in")


def test_two_masks_of_one_image(mad_class: Path) -> None:
    save(Image.new("L", (16, 16)), mad_class / "ground_truth" / "Burrs" / "000_mask.png")
    assert "has a second mask" in complaint(mad_class)


def test_the_reader_needs_neither_torch_nor_nerfstudio() -> None:
    code = (
        "import sys, pad_nerfstudio.data.mad_layout; sys.exit(any(m in sys.modules for m in ('torch', 'nerfstudio')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_queries_the_test_folder_is_not_looked_at(mad_class: Path) -> None:
    cut_short(mad_class / "test" / "good" / "0.png")
    (mad_class / "ground_truth" / "Burrs" / "0_mask.png").rename(mad_class / "ground_truth" / "Burrs" / "9_mask.png")
    read = read_mad_class(mad_class, with_queries=False)
    assert len(read.training_views) == 12 and read.queries == () and read.skipped == ()
