"""Options of the method without training."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingFreeSettings:
    """How objects are found and compared. Lengths are in the scene's units, where the floor is z = 0 and z is up."""

    radius: float = 0.62
    """Objects are looked for within this distance of the z axis."""
    height: float = 0.36
    """Objects are looked for up to this height above the floor."""
    voxel: float = 0.0065
    """Side of a voxel of the finest grid."""
    steps: int = 600
    """Of fitting the scene's field."""
    fits: int = 2
    """Fields whose mean is taken, each from random rays of its own; one takes half the time and scores worse."""
    threshold: float = 0.35
    """Scores above it are anomalous; a score is the mean log-difference from the others, less what is usual."""
    alike_below: float = 1.2
    """Objects that differ by less are of one group, where two equal groups are looked for."""
    seed: int = 0
    """Of everything random."""
