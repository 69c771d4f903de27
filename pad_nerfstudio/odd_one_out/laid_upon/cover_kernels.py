"""A compiled kernel that says which pixels a set of voxels covers."""

import numba
import numpy as np

jit = numba.njit(nogil=True, cache=True, error_model="numpy")


@jit
def cover(points, half, projections, own, stamps, stamp):
    """Mark the pixels that points cover, each a square as large as a voxel, and count those that are an object's own.

    Args:
        points: [n, 3]
        half: half of a voxel's side
        projections: [views, 3, 4]
        own: [views, h, w] uint8, not 0 where the pixel counts
        stamps: [views, h, w] int32, set to `stamp` where covered
        stamp: a number that is not in `stamps` yet

    Returns:
        How many pixels of `own` are covered.
    """
    views, h, w = own.shape
    covered = 0
    for view in range(views):
        p = projections[view]
        focal = np.sqrt(
            p[0, 0] ** 2
            + p[0, 1] ** 2
            + p[0, 2] ** 2
            - (p[0, 0] * p[2, 0] + p[0, 1] * p[2, 1] + p[0, 2] * p[2, 2]) ** 2
        )
        for n in range(len(points)):
            x, y, z = points[n, 0], points[n, 1], points[n, 2]
            depth = p[2, 0] * x + p[2, 1] * y + p[2, 2] * z + p[2, 3]
            if depth <= 1e-6:
                continue
            u = (p[0, 0] * x + p[0, 1] * y + p[0, 2] * z + p[0, 3]) / depth
            v = (p[1, 0] * x + p[1, 1] * y + p[1, 2] * z + p[1, 3]) / depth
            r = focal * half / depth
            for i in range(max(int(np.ceil(v - r)), 0), min(int(np.floor(v + r)), h - 1) + 1):
                for j in range(max(int(np.ceil(u - r)), 0), min(int(np.floor(u + r)), w - 1) + 1):
                    if stamps[view, i, j] != stamp:
                        stamps[view, i, j] = stamp
                        if own[view, i, j]:
                            covered += 1
    return covered
