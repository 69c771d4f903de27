"""The box around one object of a scene."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

UNIT_CORNERS = np.stack(np.meshgrid(*[[-0.5, 0.5]] * 3, indexing="ij"), axis=-1).reshape(8, 3)


@dataclass(frozen=True, eq=False)
class ObjectBox:
    """A box that is turned with its object."""

    center: Float[np.ndarray, "3"]
    """World frame and units."""
    size: Float[np.ndarray, "3"]
    """Full extents along the object's own axes, world units."""
    rotation: Float[np.ndarray, "3 3"]
    """Object-to-world: its columns are the object's axes in the world."""

    def corners(self) -> Float[np.ndarray, "8 3"]:
        """The eight corners in the world frame."""
        return self.center + (UNIT_CORNERS * self.size) @ self.rotation.T

    def axis_aligned(self) -> Float[np.ndarray, "2 3"]:
        """Minimum and maximum corner of the smallest box along the world's axes that holds this one."""
        corners = self.corners()
        return np.stack([corners.min(axis=0), corners.max(axis=0)])
