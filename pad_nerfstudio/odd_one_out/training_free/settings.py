"""Options of the method without training."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingFreeSettings:
    """How objects are found and compared. Lengths are in the scene's units, where the floor is z = 0 and z is up."""

    radius: float = 0.62
    """Objects are looked for within this distance of the z axis."""
    height: float = 0.36
    """Objects are looked for up to this height above the floor."""
    voxel: float = 0.006
    """Side of a voxel."""
    seed: int = 0
    """Of everything random."""


