from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.scene_layout import read_scene, scenes_under
from pad_nerfstudio.data.scene_object import read_object_mask
from pad_nerfstudio.data.scene_set import SceneSample, SceneSet, SceneViews, scene_views
from pad_nerfstudio.errors import UserError
from tests.scene_factory import make_scene, project, read_metadata, scene_boxes, write_metadata


@pytest.fixture
def roots(tmp_path: Path) -> list[Path]:
    make_scene(tmp_path / "1", size=(16, 12), objects=3)
    make_scene(tmp_path / "2", size=(16, 12), objects=4, anomalous=())
    return scenes_under(tmp_path)


def drawn(sample: SceneSample, root: Path) -> tuple[list[int], list[int]]:
    """Which views a sample holds, told by their poses."""
    poses = torch.stack([torch.from_numpy(view.camera_to_world).float() for view in read_scene(root).views])
    found = [(views.camera_to_world[:, None] - poses).abs().sum((2, 3)).argmin(1).tolist() for views in
             (sample.inputs, sample.targets)]  # fmt: skip
    return found[0], found[1]


def test_a_sample_holds_what_lies_on_disk(roots: list[Path]) -> None:
    sample = SceneSet(roots, 2, 3, with_masks=True)[0]
    scene = read_scene(roots[0])
    assert sample.name == "1" and sample.labels.tolist() == [1, 0, 0]
    for box, expected in zip(sample.boxes, scene_boxes(), strict=True):
        np.testing.assert_allclose(box, expected.axis_aligned(), atol=1e-6)
    inputs, _ = drawn(sample, roots[0])
    for place, index in enumerate(inputs):
        assert torch.equal(
            (sample.inputs.images[place].permute(1, 2, 0) * 255).round().byte(),
            torch.tensor(read_image(scene.views[index].path)),
        )
        assert sample.inputs.masks is not None
        for number, found in enumerate(scene.objects):
            path = found.mask_paths[index]
            assert path is not None
            np.testing.assert_array_equal(sample.inputs.masks[place, number], read_object_mask(path))


def test_inputs_and_targets_are_disjoint_and_differ_from_epoch_to_epoch(roots: list[Path]) -> None:
    scenes = SceneSet(roots, 2, 3)
    seen = set()
    for epoch in range(8):
        scenes.set_epoch(epoch)
        inputs, targets = drawn(scenes[0], roots[0])
        assert len({*inputs, *targets}) == 5
        seen.add((tuple(inputs), tuple(targets)))
    assert len(seen) > 4


def test_the_draw_follows_from_seed_epoch_and_scene_alone(roots: list[Path]) -> None:
    first, again, other = (SceneSet(roots, 2, 2, seed=seed) for seed in (3, 3, 4))
    again[0]  # what was read before does not matter
    assert drawn(first[1], roots[1]) == drawn(again[1], roots[1])
    assert any(drawn(first[i], roots[i]) != drawn(other[i], roots[i]) for i in range(2))
    first.set_epoch(5)
    again.set_epoch(5)
    assert drawn(first[1], roots[1]) == drawn(again[1], roots[1])


def test_resized_views_keep_their_geometry(roots: list[Path]) -> None:
    scene = read_scene(roots[0])
    full, small = scene_views(scene, [4]), scene_views(scene, [4], size=(8, 4), with_masks=True)
    assert small.images.shape == (1, 3, 4, 8) and small.masks is not None and small.masks.shape == (1, 3, 4, 8)
    pose = scene.views[4].camera_to_world
    points = scene_boxes()[0].corners()
    large_pixels = project(points, pose, full.k.numpy().astype(np.float64))
    small_pixels = project(points, pose, small.k.numpy().astype(np.float64))
    np.testing.assert_allclose(small_pixels, large_pixels * [8 / 16, 4 / 12], atol=1e-5)
    area = full.images.view(1, 3, 4, 3, 8, 2).mean((3, 5))
    torch.testing.assert_close(small.images, area, atol=0.6 / 255, rtol=0)


def test_what_is_unknown_says_so(roots: list[Path]) -> None:
    content = read_metadata(roots[0])
    del content["objects"][0]["path"], content["objects"][1]["bbox"]
    write_metadata(roots[0], content)
    (roots[0] / "segmentations" / "object" / "object_0002.png").unlink()
    sample = SceneSet(roots, 6, 0, with_masks=True)[0]
    assert sample.labels.tolist() == [-1, 0, 0]
    assert sample.boxes[1].isnan().all() and sample.boxes[[0, 2]].isfinite().all()
    assert sample.inputs.masks is None and len(sample.targets.images) == 0


def test_a_scene_may_have_no_objects(roots: list[Path]) -> None:
    content = read_metadata(roots[0])
    del content["objects"]
    write_metadata(roots[0], content)
    sample = SceneSet(roots, 2, 2, with_masks=True)[0]
    assert sample.boxes.shape == (0, 2, 3) and sample.labels.shape == (0,) and sample.inputs.masks is None


def test_scenes_of_different_numbers_of_objects_load_together(roots: list[Path]) -> None:
    (batch,) = DataLoader(SceneSet(roots, 2, 1), batch_size=2, collate_fn=list)
    assert [len(sample.labels) for sample in batch] == [3, 4]
    assert len(list(SceneSet(roots, 2, 1))) == 2


def test_too_few_views_and_no_scenes_are_named(roots: list[Path]) -> None:
    with pytest.raises(UserError, match="1: 6 views, but 4 inputs and 3 targets are wanted"):
        SceneSet(roots, 4, 3)[0]
    with pytest.raises(UserError, match="no scene to train on"):
        SceneSet([])
    with pytest.raises(UserError, match="0 input and 2 target views"):
        SceneSet(roots, 0, 2)


def test_views_kept_in_memory_are_the_same(roots: list[Path]) -> None:
    read, kept = SceneSet(roots, 2, 3, with_masks=True), SceneSet(roots, 2, 3, with_masks=True, keep=True)
    for epoch in (0, 1, 0):
        for scenes in (read, kept):
            scenes.set_epoch(epoch)
        for one, other in zip(read[0].__dict__.values(), kept[0].__dict__.values(), strict=True):
            if isinstance(one, SceneViews):
                assert one.numbers == other.numbers and len(one.numbers) == len(one.images)
                assert one.masks is not None and torch.equal(one.masks, other.masks)
                assert torch.equal(one.camera_to_world, other.camera_to_world) and torch.equal(one.k, other.k)
                torch.testing.assert_close(one.images, other.images, atol=1e-6, rtol=0)
