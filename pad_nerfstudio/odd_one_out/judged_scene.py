"""What a method says of a scene: where its objects are and which of them are not like the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from pad_nerfstudio.data.scene_layout import Scene


@dataclass(frozen=True, eq=False)
class JudgedObject:
    """One object that a method has found."""

    bounds: Float[np.ndarray, "2 3"]
    """Its least and greatest coordinates, world frame and units of the scene."""
    score: float | None
    """Higher is less like the other objects; comparable between scenes. None where there is no verdict."""
    is_anomalous: bool | None
    """The verdict; None where there is none, as with a single object or between two equal groups."""
    part: Float[np.ndarray, "n 3"]
    """World points of the part that differs; none where the method does not tell or nothing does."""


@dataclass(frozen=True, eq=False)
class Matches:
    """Places of one object and the places of another that they were compared with."""

    objects: tuple[int, int]
    """Numbers of the two in `JudgedScene.objects`."""
    points: Float[np.ndarray, "2 n 3"]
    """World points of the first and of the second object."""


@dataclass(frozen=True, eq=False)
class JudgedScene:
    """A scene, judged."""

    name: str
    """Name of the scene's folder."""
    views: tuple[int, ...]
    """Numbers of the views that were looked at."""
    objects: tuple[JudgedObject, ...]
    """In no particular order."""
    notes: tuple[str, ...]
    """Sentences for the reader: one object only, touching objects, two equal groups, no object at all."""
    seconds: float
    """From the images to the verdicts."""
    matches: tuple[Matches, ...] = ()
    """A few correspondences to be shown."""
    features: UInt8[np.ndarray, "h w 3"] | None = None
    """First three principal components of the feature field, seen by the first of `views`; None without one."""


SceneMethod = Callable[[Scene, Sequence[int]], JudgedScene]
"""A scene and the numbers of the views that may be looked at, to verdicts. Neither masks, boxes nor labels are read."""
