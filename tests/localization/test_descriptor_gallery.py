"""Whole training views by the likeness of their descriptors."""

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.descriptor_gallery import DescriptorGallery
from pad_nerfstudio.localization.gallery import PosedImage
from pad_nerfstudio.localization.view_descriptors import PooledFeatures, image_descriptor
from tests.localization.analytic_scene import AnalyticScene, look_at, rig

CAMERA = Pinhole.from_angle_x(0.691, 48, 48)
SCENE = AnalyticScene()
VIEWS = [PosedImage(SCENE.render(pose, CAMERA).rgb, pose, CAMERA) for pose in rig(5, 10)]


class Halves:
    """Two layers: the image, and its upper half ten times as strong."""

    def __call__(self, image: torch.Tensor) -> list[torch.Tensor]:
        return [image, 10 * image[:, : image.shape[1] // 2]]


@pytest.mark.parametrize("describe", [image_descriptor, PooledFeatures(Halves())], ids=["image", "features"])
def test_a_view_finds_itself_and_descriptors_have_length_one(describe) -> None:
    gallery = DescriptorGallery(VIEWS, describe, "name")
    for i in (3, 17, 31):
        found = gallery.retrieve(VIEWS[i].rgb, CAMERA, 2)
        assert torch.equal(found.poses[0], VIEWS[i].camera_to_world)
        assert len(found.poses) == 2 and found.account == "name" and not found.failed
    assert describe(VIEWS[0].rgb).norm().item() == pytest.approx(1.0, abs=1e-5)


def test_a_query_between_views_finds_a_neighbour() -> None:
    gallery = DescriptorGallery(VIEWS, image_descriptor, "image")
    for direction in ((10, 50), (30, 200), (-40, 100)):
        pose = look_at(direction, 4.0)
        found = gallery.retrieve(SCENE.render(pose, CAMERA).rgb, CAMERA, 1).poses[0]
        nearest = min(se3.pose_error(view.camera_to_world, pose)[0] for view in VIEWS)
        assert se3.pose_error(found, pose)[0] < nearest + 15


def test_brightness_does_not_decide() -> None:
    torch.testing.assert_close(image_descriptor(0.5 * VIEWS[4].rgb + 0.1), image_descriptor(VIEWS[4].rgb))


def test_every_layer_has_the_same_weight() -> None:
    pooled = PooledFeatures(Halves())(VIEWS[0].rgb)
    torch.testing.assert_close(pooled[:3].norm(), pooled[3:].norm())


def test_no_view_is_refused_and_no_more_are_given_than_there_are() -> None:
    with pytest.raises(ValueError):
        DescriptorGallery([], image_descriptor, "image")
    assert len(DescriptorGallery(VIEWS[:2], image_descriptor, "image").retrieve(VIEWS[0].rgb, CAMERA, 9).poses) == 2
