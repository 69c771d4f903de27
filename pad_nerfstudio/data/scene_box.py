"""Where the object must be, from the cameras alone."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.optimize import linprog

from pad_nerfstudio.data.pinhole import Pinhole


def scene_box_from_cameras(
    camera_to_worlds: Float[np.ndarray, "n rows 4"], cameras: Sequence[Pinhole]
) -> Float[np.ndarray, "2 3"]:
    """The cube that holds whatever all cameras see, around the point closest to their optical axes.

    The half extent is the largest coordinate, seen from that point, of the intersection of the view pyramids (six
    linear programs). Where a few views are aimed off and cut that intersection short, the median view decides: the
    cube is at least as large as the ball at the centre that half of the views show whole. Where the pyramids enclose
    nothing finite (one camera, or all on one side), the median distance of the cameras bounds it.

    Args:
        camera_to_worlds: poses (3x4 or 4x4, OpenGL axes)
        cameras: the intrinsics of each

    Returns:
        Minimum and maximum corner, in the frame and units of the poses.
    """
    centres = camera_to_worlds[:, :3, 3].astype(np.float64)
    rotations = camera_to_worlds[:, :3, :3].astype(np.float64)
    centre = closest_point_to_axes(centres, -rotations[:, :, 2])

    sides = {camera: _inward_normals(camera) for camera in set(cameras)}
    normals = rotations[:, None] @ np.stack([sides[camera] for camera in cameras])[..., None]
    normals = normals[..., 0]  # [n, 4, 3], unit, in the world
    clearance = np.einsum("nki,ni->nk", normals, centre - centres)  # distance of the centre to each side, > 0 inside

    median_ball = float(np.median(clearance.min(axis=1)))
    distance = float(np.median(np.linalg.norm(centres - centre, axis=1)))
    extent = _largest_coordinate(-normals.reshape(-1, 3), clearance.reshape(-1), bound=distance)
    half_extent = max(extent, median_ball)
    if half_extent <= 0:
        half_extent = distance or 1.0
    return np.stack([centre - half_extent, centre + half_extent])


def below_the_cameras(
    box: Float[np.ndarray, "2 3"], camera_centres: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, "2 3"]:
    """A box made flat along the axes on one side of which all cameras lie, so that it ends half-way to them.

    Cameras that look down on a floor from all around stand within the cube that holds what they see. Fog right before
    a camera explains its photo, and hardly another camera contradicts: held-out views beside it then see nothing else.

    Args:
        box: minimum and maximum corner
        camera_centres: in the frame of the box

    Returns:
        The box, of the same centre; along such an axis its half extent is at most half the distance to the cameras.
    """
    centre, half = box.mean(axis=0), (box[1] - box[0]) / 2
    offsets = camera_centres.astype(np.float64) - centre
    one_sided = (offsets > 0).all(axis=0) | (offsets < 0).all(axis=0)
    half = np.where(one_sided, np.minimum(half, np.abs(offsets).min(axis=0) / 2), half)
    return np.stack([centre - half, centre + half])


def closest_point_to_axes(
    centres: Float[np.ndarray, "n 3"], directions: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, "3"]:
    """The point with the least sum of squared distances to lines through `centres` along unit `directions`.

    Where the lines are parallel, the one among all such points that is closest to the mean of the centres.
    """
    projectors = np.eye(3) - directions[:, :, None] * directions[:, None, :]  # onto the plane across each line
    origin = centres.mean(axis=0)
    offsets = np.einsum("nij,nj->i", projectors, centres - origin)
    return origin + np.linalg.pinv(projectors.sum(axis=0), rcond=1e-9, hermitian=True) @ offsets


def _inward_normals(camera: Pinhole) -> Float[np.ndarray, "4 3"]:
    """Unit normals of the four sides of the view pyramid, in camera axes (x right, y up, z back), pointing inwards."""
    left, right = -camera.cx / camera.fl_x, (camera.w - camera.cx) / camera.fl_x
    bottom, top = (camera.cy - camera.h) / camera.fl_y, camera.cy / camera.fl_y
    normals = np.array([[1, 0, left], [-1, 0, -right], [0, 1, bottom], [0, -1, -top]], dtype=np.float64)
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _largest_coordinate(a: Float[np.ndarray, "m 3"], b: Float[np.ndarray, " m"], bound: float) -> float:
    """The largest absolute coordinate over all points with `a x <= b` and |x| <= bound; 0 where there are none."""
    extents = [0.0]
    for axis in range(3):
        for sign in (-1.0, 1.0):
            objective = np.zeros(3)
            objective[axis] = -sign
            solution = linprog(objective, A_ub=a, b_ub=b, bounds=[(-bound, bound)] * 3, method="highs")
            if solution.status == 0:
                extents.append(float(-solution.fun))
    return max(extents)
