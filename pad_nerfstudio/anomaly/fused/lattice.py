"""A lattice of points in space, on which what views say of a surface is gathered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

SMALLEST = 1e-9
"""Cells are at least this long."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """Vertices at equal distances along the axes of the world frame."""

    origin: Float[np.ndarray, "3"]
    """Position of the first vertex."""
    cell: float
    """Distance of neighbouring vertices."""
    shape: tuple[int, ...]
    """Vertices along x, y and z."""

    @property
    def size(self) -> int:
        """How many vertices there are."""
        return int(np.prod(self.shape))

    def positions(self, vertices: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n 3"]:
        """Where vertices of these flat numbers lie."""
        return self.origin + self.cell * np.stack(np.unravel_index(vertices, self.shape), axis=-1)

    def corners(
        self, points: Float[np.ndarray, "n 3"]
    ) -> Iterator[tuple[Int[np.ndarray, " n"], Float[np.ndarray, " n"]]]:
        """Flat numbers of the eight vertices around each point, and its share of each; none outside of the lattice."""
        places = (points - self.origin) / self.cell
        last = np.array(self.shape) - 1
        inside = ((places >= 0) & (places <= last)).all(axis=1)
        first = np.clip(np.floor(places), 0, last - 1).astype(int)
        beyond = places - first
        for corner in np.ndindex(2, 2, 2):
            shares = np.where(np.array(corner) == 1, beyond, 1 - beyond).prod(axis=1)
            yield np.asarray(np.ravel_multi_index(tuple((first + corner).T), self.shape)), np.where(inside, shares, 0.0)


def lattice_around(points: Sequence[Float[np.ndarray, "_ 3"]], resolution: int, margin: int = 0) -> Lattice:
    """The lattice that holds all points and has so many cells along their longest extent, and `margin` more all around.

    Raises:
        ValueError: there is no point
    """
    everything = [some for some in points if len(some)]
    if not everything:
        raise ValueError("no view shows the part")
    low = np.min([some.min(axis=0) for some in everything], axis=0)
    high = np.max([some.max(axis=0) for some in everything], axis=0)
    cell = max(float((high - low).max()) / resolution, SMALLEST)
    shape = (np.ceil((high - low) / cell).astype(int) + 2 + 2 * margin).tolist()
    return Lattice(low - margin * cell, cell, tuple(shape))
