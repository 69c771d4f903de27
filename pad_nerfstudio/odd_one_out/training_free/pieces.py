"""Occupied voxels as separate pieces: bridges between objects cut, splinters of one object joined."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Int
from scipy import ndimage

LEVELS = (1.5, 2.5, 3.5, 5.0, 7.0, -1.5, -2.5)
"""Depths, in voxels, of the cores around which pieces are grown; negative ones join what lies so close."""
REACH = 3.0
"""Voxels by which pieces grow around cores, and the depth of these; what lies farther off is stray."""
CLOSED = (2, 4)
"""Voxels within which gaps of torn surfaces are closed, where no division of what is there is good enough."""
LEAST_VOXELS = 30
LEAST_SHARE = 0.2
"""Of the volume of the piece that a voxel is typically in; smaller pieces are left out."""
ENOUGH = 0.45
"""Standard deviation of the logarithms of volumes that needs no further division."""
FEWEST = 3
"""Instances that a scene has at least; fewer pieces are divided only if at least so many that are alike come of it."""
BETTER = 0.5
"""A level is taken instead of an earlier one where its pieces' volumes vary by less than this times as much."""


def separate_pieces(
    occupied: Bool[np.ndarray, "x y z"], denser: Sequence[Bool[np.ndarray, "x y z"]] = ()
) -> list[Int[np.ndarray, "n 3"]]:
    """Index triples of the voxels of each piece.

    Instances of one object have about one volume. So bridges are cut in several ways, then gaps closed and bridges cut
    again, and the division is taken whose pieces are most alike; plain connected pieces where no other is clearly more
    so.

    Args:
        occupied: the voxels to divide
        denser: parts of them around which pieces may be grown, tried before cores of some depth are
    """
    if not occupied.any():
        return []
    window = ndimage.find_objects(occupied.astype(np.uint8))[0]
    corner = np.array([part.start for part in window])
    padded = np.pad(occupied[window], 1)
    best, least = None, np.inf
    for matter, cores, reach in _divisions(padded, [np.pad(part[window], 1) for part in denser]):
        pieces = _pieces_at(matter, cores, reach)
        variation = _variation(np.array([len(p) for p in pieces], int)) + _lost(pieces, matter)
        wanted = ENOUGH if best is not None and len(best) < FEWEST else BETTER * least
        if best is None or (len(pieces) >= FEWEST and variation < wanted):
            best, least = pieces, variation
        if least < ENOUGH and len(best) >= FEWEST:
            break
    return [piece + corner - 1 for piece in best or []]


def filled_slices(occupied: Bool[np.ndarray, "x y z"]) -> Bool[np.ndarray, "x y z"]:
    """With what matter encloses at each height, as light tells of surfaces only."""
    slices = [np.asarray(ndimage.binary_fill_holes(occupied[:, :, z]), bool) for z in range(occupied.shape[2])]
    return np.stack(slices, axis=-1)


def closed(occupied: Bool[np.ndarray, "x y z"], reach: int) -> Bool[np.ndarray, "x y z"]:
    """With what a ball of this radius, in voxels, cannot enter."""
    padded = np.pad(occupied, reach)  # the ball comes from outside
    entered = np.asarray(ndimage.distance_transform_edt(~padded)) > reach
    kept = padded | (np.asarray(ndimage.distance_transform_edt(~entered)) > reach)
    inside = tuple(slice(reach, reach + size) for size in occupied.shape)
    return kept[inside]


def _divisions(
    occupied: Bool[np.ndarray, "x y z"], denser: list[Bool[np.ndarray, "x y z"]]
) -> Iterator[tuple[Bool[np.ndarray, "x y z"], Bool[np.ndarray, "x y z"], float]]:
    """What may be divided, the cores around which its pieces are grown, and how far."""
    yield from ((occupied, *each) for each in _cores(occupied, denser))
    for reach in CLOSED:
        matter = closed(occupied, reach)
        yield from ((matter, *each) for each in _cores(matter, []))


def _cores(
    occupied: Bool[np.ndarray, "x y z"], denser: list[Bool[np.ndarray, "x y z"]]
) -> Iterator[tuple[Bool[np.ndarray, "x y z"], float]]:
    """What pieces may be grown around and how far, the least invasive first."""
    yield occupied, REACH
    for part in denser:
        yield part, REACH
    depth, gap = (np.asarray(ndimage.distance_transform_edt(o)) for o in (filled_slices(occupied), ~occupied))
    for level in LEVELS:
        yield (depth > level, level + REACH) if level > 0 else (gap <= -level, REACH)


def _pieces_at(
    occupied: Bool[np.ndarray, "x y z"], cores: Bool[np.ndarray, "x y z"], reach: float
) -> list[Int[np.ndarray, "n 3"]]:
    """Pieces around the connected cores: every voxel goes to the nearest one."""
    numbers = np.zeros(cores.shape, np.int32)
    count = int(ndimage.label(cores, np.ones((3, 3, 3)), output=numbers))  # type: ignore[arg-type]
    if not count:
        return []
    if not cores[occupied].all():
        distance, nearest = ndimage.distance_transform_edt(~cores, return_indices=True)  # type: ignore[misc]
        numbers = np.where(distance <= reach, numbers[tuple(nearest)], 0)
    numbers = np.where(occupied, numbers, 0)
    found = []
    for number, where in enumerate(ndimage.find_objects(numbers, max_label=count), start=1):
        if where is not None:
            found.append(np.argwhere(numbers[where] == number) + [part.start for part in where])
    found = [piece for piece in found if len(piece) >= LEAST_VOXELS]
    if found:
        volumes = np.sort([len(p) for p in found])
        typical = volumes[np.searchsorted(np.cumsum(volumes), volumes.sum() / 2)]
        least = LEAST_SHARE * typical
        found = [piece for piece in found if len(piece) >= least]
    return found


def _lost(pieces: list[Int[np.ndarray, "_ 3"]], occupied: Bool[np.ndarray, "x y z"]) -> float:
    """Share of the occupied voxels that are in no piece: fragments are alike as well."""
    return 1 - sum(len(piece) for piece in pieces) / max(int(occupied.sum()), 1)


def _variation(volumes: Int[np.ndarray, " n"]) -> float:
    """Standard deviation of the volumes' logarithms; infinite for none."""
    return float(np.log(volumes).std()) if len(volumes) else np.inf
