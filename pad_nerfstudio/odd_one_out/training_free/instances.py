"""The objects of a scene as separate pieces of what its field holds."""

import numpy as np
from jaxtyping import Bool, Float

from pad_nerfstudio.odd_one_out.laid_upon.instance import HIGHEST_FOOT, TOP, Instance, covered_pixels, labels_of
from pad_nerfstudio.odd_one_out.laid_upon.photos import Photos
from pad_nerfstudio.odd_one_out.projection import project
from pad_nerfstudio.odd_one_out.training_free.pieces import filled_slices, separate_pieces
from pad_nerfstudio.odd_one_out.training_free.scene_field import SceneField
from pad_nerfstudio.odd_one_out.training_free.standing import standing
from pad_nerfstudio.odd_one_out.training_free.tops import needed_layers

LEAST_OWN = 0.15
"""Share of its pixels that a piece alone must explain; pieces where rays of several objects cross explain none."""
MATTER, DENSER = 0.3, (0.5, 0.7, 0.85)
"""Opacity of a voxel's length from which on there is matter; and opacities that cut what is not one object."""
SILHOUETTE = 0.5
"""Opacity of a pixel's ray from which on it shows an object."""
LEAST_VOLUME = 5e-5
"""Of the largest object in cubic world units, a cube of side 0.037: what is left of a pattern of the floor is less."""
BETWEEN = 0.5
"""Voxels above the highest vertex that silhouettes ask for at which an object ends."""


def find_instances(photos: Photos, field: SceneField) -> list[Instance]:
    """Pieces of a scene's field that stand on the floor and explain pixels which no other piece does, largest first.

    None where even the largest is too small to be an object.
    """
    silhouettes = field.accumulation > SILHOUETTE
    pieces = [field.origin + field.voxel * index for index in separate_pieces(*_matter(photos, field))]
    pieces = [p for p in pieces if p[:, 2].min() < HIGHEST_FOOT]
    pieces.sort(key=len, reverse=True)
    seen = [covered_pixels(p, field.voxel, photos) & silhouettes for p in pieces]
    total = np.sum(seen, axis=0) if seen else None
    kept = []
    for n in reversed(range(len(pieces))):  # the smallest first
        if (seen[n] & (total == 1)).sum() >= LEAST_OWN * seen[n].sum():
            kept.append(n)
        else:
            total -= seen[n]
    kept.sort()
    own = labels_of([seen[n] for n in kept], silhouettes)
    filled = [_filled(pieces[n], field) for n in kept]
    tops = [_top(points, field.voxel, photos, silhouettes) for points in filled]
    found = [Instance(p, field.voxel, labels, top) for p, labels, top in zip(filled, own, tops, strict=True)]
    largest = max((len(instance.points) for instance in found), default=0) * field.voxel**3
    return found if largest > LEAST_VOLUME else []


def _matter(photos: Photos, field: SceneField) -> tuple[Bool[np.ndarray, "x y z"], list[Bool[np.ndarray, "x y z"]]]:
    """Where there is matter that stands on the floor, and parts of it that are denser."""
    opacity = field.opacity.copy()
    opacity[:, :, 0] = 0  # the floor's own layer: what is painted on it stands in it as well
    matter = standing((opacity > MATTER) & _witnessed(photos, field), int(HIGHEST_FOOT / field.voxel))
    return matter, [matter & (opacity > denser) for denser in DENSER]


def _witnessed(photos: Photos, field: SceneField) -> Bool[np.ndarray, "x y z"]:
    """Which vertices at least half of the photos show."""
    points = field.origin + field.voxel * np.moveaxis(np.indices(field.opacity.shape), 0, -1)
    width, height = photos.size
    count = np.zeros(field.opacity.shape, int)
    for projection in photos.projections:
        pixels, depth = project(points, projection)
        count += (depth > 0) & ((pixels > -0.5) & (pixels < (width - 0.5, height - 0.5))).all(axis=-1)
    return 2 * count >= len(photos.projections)


def _filled(points: Float[np.ndarray, "n 3"], field: SceneField) -> Float[np.ndarray, "m 3"]:
    """Points of an object and of what it encloses at each height: light tells of its surface only."""
    index = np.rint((points - field.origin) / field.voxel).astype(int)
    corner = index.min(axis=0)
    occupied = np.zeros(index.max(axis=0) - corner + 1, bool)
    occupied[tuple((index - corner).T)] = True
    return field.origin + field.voxel * (np.argwhere(filled_slices(occupied)) + corner)


def _top(
    points: Float[np.ndarray, "n 3"], voxel: float, photos: Photos, silhouettes: Bool[np.ndarray, "views h w"]
) -> float:
    """Height between the highest vertices that explain a silhouette and the next ones."""
    low = points[:, 2].min()
    layers = np.rint((points[:, 2] - low) / voxel).astype(int)
    needed = needed_layers(points, layers, voxel, photos.projections, silhouettes)
    return float(low + voxel * (needed + BETWEEN + TOP))
