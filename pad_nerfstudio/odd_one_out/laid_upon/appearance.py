"""The colours of an object's surface, and how those of two objects differ where both were seen."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial import KDTree

from pad_nerfstudio.odd_one_out.laid_upon.alignment import Alignment
from pad_nerfstudio.odd_one_out.laid_upon.instance import OWN, Instance
from pad_nerfstudio.odd_one_out.laid_upon.photos import Photos
from pad_nerfstudio.odd_one_out.laid_upon.shape import Shape
from pad_nerfstudio.odd_one_out.projection import project
from pad_nerfstudio.odd_one_out.sampling import sample

GRAZING = 0.25
"""Least cosine between a surface and the direction to a camera that is taken to see it."""
BLACK = 8.0
"""CIE L* added before dividing by it: dark colours have little of a hue."""
REACH = 2.5
"""Voxels between places that are taken for the same."""
LIGHTNESS = 0.35
"""Weight of lightness against chroma."""
AROUND = 2.0
"""Voxels over which differences are averaged."""
ROBUST = 6.0
ColorDifferences = tuple[Float[np.ndarray, " _"], Float[np.ndarray, "_ 3"], Float[np.ndarray, "_ 3"]]
"""Of places that two objects both show, and where these are on each."""


def surface_colors(
    shape: Shape, instance: Instance, photos: Photos
) -> tuple[Float[np.ndarray, "n 3"], Bool[np.ndarray, " n"]]:
    """Mean CIE L*a*b* colour of each surface voxel over the views that see it, and whether any does."""
    views, height, width = instance.labels.shape
    total, weight = np.zeros((len(shape.surface), 3)), np.zeros(len(shape.surface))
    for view in range(views):
        pixels, depth = project(shape.surface, photos.projections[view])
        cell = np.rint(pixels).astype(int)
        inside = (depth > 0) & (cell >= 0).all(1) & (cell < (width, height)).all(1)
        to_camera = photos.centers[view] - shape.surface
        facing = (shape.normals * to_camera).sum(1) / np.linalg.norm(to_camera, axis=1)
        nearest = np.full((height // 2 + 1, width // 2 + 1), np.inf)  # two pixels wide, as voxels are apart
        np.minimum.at(nearest, (cell[inside, 1] // 2, cell[inside, 0] // 2), depth[inside])
        seen = inside & (facing > GRAZING)
        x, y = cell[seen].T
        front = depth[seen] < nearest[y // 2, x // 2] + 3 * shape.step
        seen[seen] = front & (instance.labels[view, y, x] == OWN)
        total[seen] += facing[seen, None] * sample(photos.lab[view], pixels[seen].astype(np.float32))
        weight[seen] += facing[seen]
    return total / np.maximum(weight, 1e-9)[:, None], weight > 0


def color_differences(
    first: tuple[Shape, Float[np.ndarray, "n 3"], Bool[np.ndarray, " n"]],
    second: tuple[Shape, Float[np.ndarray, "m 3"], Bool[np.ndarray, " m"]],
    alignment: Alignment,
) -> ColorDifferences:
    """How the colours of places that both objects show differ, beyond what light explains.

    Light comes from the world, so two instances are lit from other sides: a smooth function of both normals is fitted
    to the difference of lightness and removed; chroma is compared relative to lightness.

    Returns:
        Differences, in about units of CIE L*a*b*, smoothed over the surface, and the places on both objects.
    """
    (a, color_a, seen_a), (b, color_b, seen_b) = first, second
    there = np.flatnonzero(seen_b)
    here = np.flatnonzero(seen_a)
    if not len(there) or not len(here):
        return np.zeros(0), np.zeros((0, 3)), np.zeros((0, 3))
    distance, index = KDTree(b.surface[there]).query(alignment.moved(a.surface[here]))
    same_way = (a.normals[here] @ alignment.rotation.T * b.normals[there[index]]).sum(1) > 0.3
    alike = (distance < REACH * a.step) & same_way
    here, there = here[alike], there[np.asarray(index)[alike]]
    if len(here) < 20:
        return np.zeros(0), np.zeros((0, 3)), np.zeros((0, 3))
    one, two = color_a[here], color_b[there]
    lightness = 50 * (np.log(one[:, 0] + BLACK) - np.log(two[:, 0] + BLACK))
    light = np.concatenate([np.ones((len(here), 1)), a.normals[here], b.normals[there]], axis=1)
    weights = np.ones(len(here))
    for _ in range(5):
        normal = light.T @ (weights[:, None] * light) + 1e-3 * len(here) * np.diag([0, *[1] * 6])
        residual = lightness - light @ np.linalg.solve(normal, light.T @ (weights * lightness))
        weights = 1 / (1 + (residual / ROBUST) ** 2)
    chroma = 50 * (one[:, 1:] / (one[:, :1] + BLACK) - two[:, 1:] / (two[:, :1] + BLACK))
    vectors = np.concatenate([LIGHTNESS * residual[:, None], chroma - np.median(chroma, axis=0)], axis=1)
    tree = KDTree(a.surface[here])
    neighbours = tree.query_ball_point(a.surface[here], AROUND * a.step)
    smooth = np.array([np.linalg.norm(vectors[n].mean(axis=0)) for n in neighbours])
    return smooth, a.surface[here], b.surface[there]
