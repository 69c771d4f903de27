"""Compiled kernels that carve a voxel grid by silhouettes and see which pixels a set of voxels covers."""

import numba
import numpy as np

jit = numba.njit(nogil=True, cache=True, error_model="numpy")


@jit
def count_misses(start, end, origin, voxel, shape, projections, opacity, threshold, allowed, misses):
    """For voxels [start, end) in flat order: how many views see their middle outside of the silhouettes.

    Counting ends at `allowed` + 1. What lies outside of a photo is not counted.

    Args:
        start, end: range of voxels
        origin: [3] middle of the first voxel
        voxel: its side
        shape: [3]
        projections: [views, 3, 4]
        opacity: [views, h, w] soft silhouettes
        threshold: of the opacity, below which a voxel is outside
        allowed: misses that do not matter
        misses: [voxels] uint8, written
    """
    views, h, w = opacity.shape
    for flat in range(start, end):
        z = flat % shape[2]
        y = (flat // shape[2]) % shape[1]
        x = flat // (shape[2] * shape[1])
        px, py, pz = origin[0] + x * voxel, origin[1] + y * voxel, origin[2] + z * voxel
        missed = 0
        for view in range(views):
            p = projections[view]
            depth = p[2, 0] * px + p[2, 1] * py + p[2, 2] * pz + p[2, 3]
            if depth <= 0:
                continue
            u = (p[0, 0] * px + p[0, 1] * py + p[0, 2] * pz + p[0, 3]) / depth
            v = (p[1, 0] * px + p[1, 1] * py + p[1, 2] * pz + p[1, 3]) / depth
            if u < 0 or v < 0 or u > w - 1 or v > h - 1:
                continue
            i, j = min(int(v), h - 2), min(int(u), w - 2)
            a, b = v - i, u - j
            seen = (1 - a) * ((1 - b) * opacity[view, i, j] + b * opacity[view, i, j + 1])
            seen += a * ((1 - b) * opacity[view, i + 1, j] + b * opacity[view, i + 1, j + 1])
            if seen < threshold:
                missed += 1
                if missed > allowed:
                    break
        misses[flat] = missed


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
