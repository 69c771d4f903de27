"""How high things reach that are seen from a ring of cameras."""

import numpy as np
import pytest
from jaxtyping import Bool, Float

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.odd_one_out.projection import project, projection_matrix
from pad_nerfstudio.odd_one_out.training_free.tops import UNTOLD, UNTOLD_ABOVE, needed_layers
from tests.scene_factory import ring

VOXEL, SIZE = 0.01, 96
PROJECTIONS = projection_matrix(np.stack(ring(6)), Pinhole(160.0, 160.0, SIZE / 2 - 0.5, SIZE / 2 - 0.5, SIZE, SIZE))
X, Y = np.meshgrid(*[np.arange(-0.2, 0.2, VOXEL)] * 2, indexing="ij")
DISTANCE = np.hypot(X, Y)
PLATE = np.where(DISTANCE < 0.15, 3, 0)
SHAPES = {
    "plate": (PLATE, 2),
    "plate with a hill in its middle": (PLATE + np.where(DISTANCE < 0.05, 2, 0) + np.where(DISTANCE < 0.03, 2, 0), 2),
    "plate with a pole": (PLATE + np.where(DISTANCE < 0.02, 20, 0), 22),
    "column": (np.where(DISTANCE < 0.05, 15, 0), 14),
}
"""Heights in voxels as seen from above, and the highest layer that silhouettes need."""


def filled(heights: np.ndarray) -> tuple[Float[np.ndarray, "n 3"], np.ndarray]:
    """Middles of the voxels below a surface, and the layer of each."""
    columns, layers = np.argwhere(heights[..., None] > np.arange(heights.max())), np.arange(heights.max())
    points = np.stack([X[tuple(columns[:, :2].T)], Y[tuple(columns[:, :2].T)], VOXEL * layers[columns[:, 2]]], axis=-1)
    return points, columns[:, 2]


def covered(points: Float[np.ndarray, "n 3"]) -> Bool[np.ndarray, "views h w"]:
    """Pixels whose middle lies in the square of a voxel's size around one of the points: the slow obvious way."""
    shown = np.zeros((len(PROJECTIONS), SIZE, SIZE), bool)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    for view, projection in enumerate(PROJECTIONS):
        pixels, depth = project(points, projection)
        for (u, v), z in zip(pixels, depth, strict=True):
            half = 160.0 * VOXEL / 2 / z
            shown[view] |= (np.abs(columns - u) <= half) & (np.abs(rows - v) <= half)
    return shown


@pytest.mark.parametrize("name", SHAPES)
def test_a_hill_that_no_silhouette_needs_is_above_the_top(name: str) -> None:
    heights, wanted = SHAPES[name]
    points, layers = filled(heights)
    silhouettes = covered(points)
    assert abs(needed_layers(points, layers, VOXEL, PROJECTIONS, silhouettes) - wanted) <= 1


def test_layers_are_counted_as_the_slow_way_counts_them() -> None:
    points, layers = filled(SHAPES["plate with a hill in its middle"][0])
    silhouettes = covered(points)
    silhouettes[:, :40] = False
    total = silhouettes.sum()
    for layer in range(layers.max() + 1):
        alone = (silhouettes & ~covered(points[layers <= layer])).sum()
        above = (silhouettes & covered(points[layers > layer])).sum()
        if alone <= UNTOLD * total and alone <= UNTOLD_ABOVE * above:
            break
    assert needed_layers(points, layers, VOXEL, PROJECTIONS, silhouettes) == layer


def test_nothing_is_cut_off_what_no_photo_shows() -> None:
    points, layers = filled(PLATE)
    nothing = np.zeros((len(PROJECTIONS), SIZE, SIZE), bool)
    assert needed_layers(points, layers, VOXEL, PROJECTIONS, nothing) == layers.max()
