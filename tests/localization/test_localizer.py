"""From a photo to its camera."""

import pytest
import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.gallery import Gallery, PosedImage, build_gallery
from pad_nerfstudio.localization.localizer import Localizer, LocalizerConfig, residual_at
from pad_nerfstudio.models.rendering import Rendering
from tests.localization.analytic_scene import SPUR, TOY, AnalyticScene, look_at, random_pose, rig

CAMERA = Pinhole.from_angle_x(0.691, 160, 160)
SCENE = AnalyticScene(supersampling=1)
CONFIG = LocalizerConfig(finest_size=160)


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    camera = CAMERA.resized(64, 64)
    sharp = AnalyticScene()
    views = [PosedImage(sharp.render(pose, camera).rgb, pose, camera) for pose in rig()]
    return build_gallery(SCENE, views, rendered_views=100, size=48)


def test_any_view_of_a_good_or_defective_object_is_localised(gallery: Gallery) -> None:
    localizer = Localizer(SCENE, gallery, CONFIG)
    generator = torch.Generator().manual_seed(5)
    for solids in (TOY, (*TOY, SPUR), TOY[:2] + TOY[3:]):
        pose = random_pose(generator)
        found = localizer.localize(AnalyticScene(solids).render(pose, CAMERA).rgb, CAMERA)
        degrees, distance = se3.pose_error(found.camera_to_world, pose)
        assert degrees < 0.7 and distance < 0.05
        assert found.converged and found.seconds > 0


def test_few_renderings_are_needed(gallery: Gallery) -> None:
    scene = AnalyticScene(supersampling=1)
    Localizer(scene, gallery, CONFIG).localize(SCENE.render(look_at((25, 40), 4.0), CAMERA).rgb, CAMERA)
    assert scene.renders < 35


def test_something_else_than_the_object_does_not_converge(gallery: Gallery) -> None:
    pose = look_at((25, 40), 4.0)
    typical = residual_at(SCENE, SCENE.render(pose, CAMERA).rgb, CAMERA, pose)
    localizer = Localizer(SCENE, gallery, CONFIG, typical_residual=max(typical, 0.05))
    assert localizer.localize(SCENE.render(pose, CAMERA).rgb, CAMERA).converged
    stranger = AnalyticScene((SPUR,)).render(look_at((25, 40), 2.0), CAMERA).rgb
    found = localizer.localize(stranger, CAMERA)
    assert not found.converged
    torch.testing.assert_close(
        found.camera_to_world @ se3.inverse(found.camera_to_world), torch.eye(4, dtype=torch.float64)
    )


def test_retrieval_alone_is_coarse(gallery: Gallery) -> None:
    pose = look_at((25, 40), 4.0, (0.1, 0.0, -0.1), 10.0)
    query = SCENE.render(pose, CAMERA).rgb
    coarse = Localizer(SCENE, gallery, LocalizerConfig(refine="none")).localize(query, CAMERA)
    fine = Localizer(SCENE, gallery, CONFIG).localize(query, CAMERA)
    assert fine.residual < coarse.residual
    assert se3.pose_error(fine.camera_to_world, pose)[0] < se3.pose_error(coarse.camera_to_world, pose)[0] < 15


class Undifferentiable:
    """Renders, and no more."""

    def render(self, camera_to_world: torch.Tensor, camera: Pinhole) -> Rendering:
        return SCENE.render(camera_to_world, camera)


def test_inversion_of_what_has_no_gradients_is_refused(gallery: Gallery) -> None:
    localizer = Localizer(Undifferentiable(), gallery, LocalizerConfig(refine="inversion"))
    with pytest.raises(UserError, match="--refine direct"):
        localizer.localize(SCENE.render(look_at((25, 40), 4.0), CAMERA).rgb, CAMERA)
