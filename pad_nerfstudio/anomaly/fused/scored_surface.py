"""What one score map says of the surface that its camera sees."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy import ndimage
from torch import Tensor

from pad_nerfstudio.anomaly.object_distance import ONLY_OBJECT_RADIUS, pixel_scale
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.jacobian import backproject
from pad_nerfstudio.models.rendering import Rendering

SOLID = 0.5
"""Accumulation from which on a pixel's ray ends on the object."""


@dataclass(frozen=True, eq=False)
class ScoredSurface:
    """Points of an object's surface, one for each pixel that shows it."""

    points: Float[np.ndarray, "n 3"]
    """World frame and units."""
    values: Float[np.ndarray, " n"]
    """Of the score map."""
    weights: Float[np.ndarray, " n"]
    """Squared cosine between the surface's normal and the direction to the camera: grazing views tell little."""


def scored_surface(
    anomaly_map: Float[np.ndarray, "h w"],
    rendering: Rendering,
    camera: Pinhole,
    camera_to_world: Float[Tensor, "4 4"],
) -> ScoredSurface:
    """The surface of a good object as one view shows it, with the scores of the photo taken from there.

    A burr stands out beside the good object's silhouette: scores up to `ONLY_OBJECT_RADIUS` beside it go to the nearest
    pixel of the object.

    Args:
        anomaly_map: of the photo
        rendering: of the good object by the same camera
        camera: intrinsics at the map's size
        camera_to_world: estimated pose
    """
    points, solid = _shown(rendering, camera, camera_to_world)
    cosines = _cosines(points - camera_to_world[:3, 3].cpu().double().numpy(), solid)
    values = _with_rim(anomaly_map, solid, ONLY_OBJECT_RADIUS * pixel_scale(*anomaly_map.shape))
    return ScoredSurface(points[solid], values[solid].astype(np.float64), cosines[solid] ** 2)


def surface_points(
    rendering: Rendering, camera: Pinhole, camera_to_world: Float[Tensor, "4 4"]
) -> tuple[Float[np.ndarray, "n 3"], Bool[np.ndarray, "h w"]]:
    """World points that pixels of a rendering show, and which pixels these are."""
    points, solid = _shown(rendering, camera, camera_to_world)
    return points[solid], solid


def _shown(
    rendering: Rendering, camera: Pinhole, camera_to_world: Float[Tensor, "4 4"]
) -> tuple[Float[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"]]:
    """The world point of each pixel, which means something where the object is, and where that is."""
    pose = camera_to_world.cpu().double()
    points = backproject(rendering.depth.cpu().double(), camera) @ pose[:3, :3].T + pose[:3, 3]
    return points.numpy(), (rendering.accumulation > SOLID).cpu().numpy()


def _cosines(points: Float[np.ndarray, "h w 3"], solid: Bool[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Between normals, from differences of neighbouring points, and directions to the camera; points relative to it."""
    right = np.gradient(points, axis=1)
    down = np.gradient(points, axis=0)
    normals = np.cross(right, down)
    lengths = np.linalg.norm(normals, axis=-1) * np.linalg.norm(points, axis=-1)
    cosines = np.abs((normals * points).sum(axis=-1)) / np.maximum(lengths, 1e-12)
    inner = np.asarray(
        ndimage.binary_erosion(solid), bool
    )  # beside the silhouette, a difference leaps to what lies behind
    if not inner.any():
        return np.where(solid, cosines, 0.0)
    nearest = ndimage.distance_transform_edt(~inner, return_distances=False, return_indices=True)
    return np.where(solid, cosines[tuple(np.asarray(nearest))], 0.0)


def _with_rim(
    anomaly_map: Float[np.ndarray, "h w"], solid: Bool[np.ndarray, "h w"], reach: float
) -> Float[np.ndarray, "h w"]:
    """Each pixel of the object with the highest score of the pixels beside it that lie nearest to it."""
    values = np.where(solid, anomaly_map, 0.0)
    if not solid.any():
        return values
    distance, nearest = ndimage.distance_transform_edt(~solid, return_indices=True)  # type: ignore[misc]
    beside = ~solid & (distance <= reach)
    np.maximum.at(values, tuple(nearest[:, beside]), anomaly_map[beside])
    return values


def on_pixels(values: Float[np.ndarray, " n"], solid: Bool[np.ndarray, "h w"]) -> Float[Tensor, "h w"]:
    """Values of an object's pixels as an image, 0 beside it."""
    image = np.zeros(solid.shape, np.float32)
    image[solid] = values
    return torch.from_numpy(image)
