"""What a score map says of the surface that its camera sees."""

import numpy as np
from torch import Tensor

from pad_nerfstudio.anomaly.fused.score_volume import fuse
from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface, on_pixels, scored_surface, surface_points
from pad_nerfstudio.data.pinhole import Pinhole
from tests.localization.analytic_scene import AnalyticScene, Sphere, look_at

CAMERA = Pinhole(110.0, 110.0, 40.0, 40.0, 80, 80)
BALL = AnalyticScene((Sphere((0.0, 0.0, 0.0), 1.0, (0.5, 0.5, 0.5)),))
DEFECT = np.array([0.0, -1.0, 0.0])


def pose_at(angle: float) -> Tensor:
    """Four units from the ball, so many degrees from where the defect faces the camera."""
    return look_at((5.0, angle - 90.0), 4.0)


def defect_map(pose: Tensor, seed: int, noise: float) -> np.ndarray:
    rendering = BALL.render(pose, CAMERA)
    points, solid = surface_points(rendering, CAMERA, pose)
    drawn = np.random.default_rng(seed)
    near = np.linalg.norm(points - DEFECT, axis=1) < 0.25
    return on_pixels(4.0 * near + noise * drawn.exponential(size=len(points)), solid).numpy()


def seen(angle: float, seed: int = 0, noise: float = 0.0) -> ScoredSurface:
    pose = pose_at(angle)
    return scored_surface(defect_map(pose, seed, noise), BALL.render(pose, CAMERA), CAMERA, pose)


def test_points_lie_on_the_surface_and_weights_follow_the_angle() -> None:
    view = seen(0.0)
    lengths = np.linalg.norm(view.points, axis=1)
    inner = view.weights > 0.2
    np.testing.assert_allclose(lengths[inner], 1.0, atol=0.02)
    to_camera = pose_at(0.0)[:3, 3].numpy() - view.points
    cosines = (view.points * to_camera).sum(axis=1) / lengths / np.linalg.norm(to_camera, axis=1)
    assert inner.mean() > 0.5
    np.testing.assert_allclose(view.weights[inner], cosines[inner] ** 2, atol=0.1)


def test_scores_beside_the_object_go_to_its_rim() -> None:
    pose = pose_at(0.0)
    rendering = BALL.render(pose, CAMERA)
    solid = rendering.accumulation.numpy() > 0.5
    row = 40
    left = int(np.flatnonzero(solid[row])[0])
    anomaly_map = np.zeros(solid.shape, np.float32)
    anomaly_map[row, left - 2] = 7.0
    view = scored_surface(anomaly_map, rendering, CAMERA, pose)
    assert view.values.max() == 7.0 and (view.values > 0).sum() == 1
    anomaly_map[row, left - 2], anomaly_map[row, 0] = 0.0, 7.0
    assert scored_surface(anomaly_map, rendering, CAMERA, pose).values.max() == 0, "too far away"


def test_fused_parts_are_told_apart_where_single_views_are_not() -> None:
    """Noise is elsewhere in every view, a defect stays where it is."""
    angles = (-60, -40, -20, 0, 20, 40, 60, 80)

    def part(seed: int, defect: float) -> tuple[float, float]:
        """Fused score, and the highest value of any view."""
        views = []
        for number, angle in enumerate(angles):
            view = seen(angle)
            noise = np.random.default_rng(100 * seed + number).exponential(size=len(view.values))
            views.append(ScoredSurface(view.points, defect * (view.values > 0) + noise, view.weights))
        return fuse(views, resolution=24).score, max(float(view.values.max()) for view in views)

    odd, good = np.array([part(seed, 3.0) for seed in range(3)]), np.array([part(seed, 0.0) for seed in range(3, 6)])
    assert odd[:, 0].min() > 1.2 * good[:, 0].max()
    assert odd[:, 1].min() < 1.2 * good[:, 1].max()
