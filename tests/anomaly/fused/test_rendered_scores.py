"""Fused scores as any camera sees them."""

import numpy as np

from pad_nerfstudio.anomaly.fused.rendered_scores import rendered_scores, scores_in_rendering
from pad_nerfstudio.anomaly.fused.score_volume import fuse
from pad_nerfstudio.anomaly.fused.scored_surface import surface_points
from tests.anomaly.fused.test_scored_surface import BALL, CAMERA, DEFECT, pose_at, seen


def test_the_defect_shows_in_a_view_that_no_photo_had_and_not_from_behind() -> None:
    volume = fuse([seen(angle, seed, noise=0.5) for seed, angle in enumerate((-60, -35, -10, 15, 40))], resolution=40)
    pose = pose_at(25.0)
    image = rendered_scores(volume, BALL, pose, CAMERA)
    points, solid = surface_points(BALL.render(pose, CAMERA), CAMERA, pose)
    near = np.linalg.norm(points - DEFECT, axis=1)
    shown = image.numpy()[solid]
    assert shown[near < 0.15].min() > 3.0, "from a side that no photo was taken from"
    assert shown[near > 0.4].max() < 3.0
    assert (image.numpy()[~solid] == 0).all()
    assert float(rendered_scores(volume, BALL, pose_at(180.0), CAMERA).max()) < 3.0


def test_a_rendering_that_is_there_is_used() -> None:
    volume, pose = fuse([seen(0.0)], resolution=40), pose_at(10.0)
    rendering = BALL.render(pose, CAMERA)
    image = scores_in_rendering(volume, rendering, pose, CAMERA)
    np.testing.assert_array_equal(image, rendered_scores(volume, BALL, pose, CAMERA))
