"""Occupied voxels as separate pieces: bridges between objects cut, splinters of one object joined."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import ndimage

LEVELS = (1.5, 2.5, 3.5, 5.0, 7.0, -1.5, -2.5)
"""Depths, in voxels, of the cores around which pieces are grown; negative ones join what lies so close."""
REACH = 3.0
"""Voxels by which pieces grow around cores, and the depth of these; what lies farther off is stray."""
PLAN, BLUR = (3.0, 5.0, 8.0), 1.0
"""Voxels one above the other from which on there are cores as tall as the scene, after blurring over so many."""
CLOSED = 4
"""Voxels within which gaps of torn surfaces are closed, where no division of what is there is good enough."""
LEAST_VOXELS = 30
LEAST_SHARE = 0.2
"""Of the volume of the piece that a voxel is typically in; smaller pieces are left out."""
FEWEST = 3
"""Instances that a scene has at least; fewer pieces are divided only if at least so many that are alike come of it."""
LOST = 4.0
"""How much more the share of voxels in no piece counts than what pieces differ by: fragments are alike as well, and
what is left of a broken object must not be lost."""
TOLERATED = 0.25
"""A less invasive division is taken where its pieces are unlike by so much more."""
MOST_SHARED = 4
"""Instances that may be one piece which only its volume tells."""
ALIKE = 0.7
"""Pieces that are unlike by more are none of fewer than `FEWEST`."""


def separate_pieces(
    occupied: Bool[np.ndarray, "x y z"], denser: Sequence[Bool[np.ndarray, "x y z"]] = ()
) -> list[Int[np.ndarray, "n 3"]]:
    """Index triples of the voxels of each piece.

    Instances of one object have about one volume, height and footprint. So bridges are cut in several ways, then gaps
    closed and bridges cut again, and the division is taken whose pieces are most alike, or an earlier one that is
    hardly worse.

    Args:
        occupied: the voxels to divide
        denser: parts of them around which pieces may be grown, tried before cores of some depth are
    """
    if not occupied.any():
        return []
    window = ndimage.find_objects(occupied.astype(np.uint8))[0]
    corner = np.array([part.start for part in window])
    padded = np.pad(occupied[window], 1)
    found, unlike = [], []
    for matter, cores, reach in _divisions(padded, [np.pad(part[window], 1) for part in denser]):
        pieces = _pieces_at(matter, cores, reach)
        value, shared = _unlikeness(pieces, matter), _shared_out(pieces)
        if len(shared) > len(pieces) and (of_shared := _unlikeness(shared, matter)) + TOLERATED < value:
            pieces, value = shared, of_shared
        found.append(pieces)
        unlike.append(value)
        if unlike[-1] <= TOLERATED:
            break
    least = min(unlike)
    few = len(found[0]) < FEWEST and least > ALIKE
    chosen = 0 if few else next(n for n, value in enumerate(unlike) if value <= least + TOLERATED)
    return [piece + corner - 1 for piece in found[chosen]]


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
    matter = closed(occupied, CLOSED)
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
    columns = np.asarray(ndimage.gaussian_filter(occupied.sum(axis=2).astype(np.float32), BLUR))
    for level in PLAN:
        yield np.broadcast_to((columns > level)[:, :, None], occupied.shape), REACH


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


def _shared_out(pieces: list[Int[np.ndarray, "_ 3"]]) -> list[Int[np.ndarray, "_ 3"]]:
    """The same, but those of several times the volume in the middle are cut into so many compact parts."""
    if len(pieces) < FEWEST:
        return pieces
    from sklearn.cluster import KMeans

    middle, parts = np.median([len(piece) for piece in pieces]), []
    for piece in pieces:
        count = round(len(piece) / middle)
        if not 2 <= count <= MOST_SHARED:
            parts.append(piece)
            continue
        numbers = KMeans(count, n_init="auto", random_state=0).fit_predict(piece)
        parts += [piece[numbers == number] for number in range(count)]
    return parts


def _unlikeness(pieces: list[Int[np.ndarray, "_ 3"]], occupied: Bool[np.ndarray, "x y z"]) -> float:
    """Mean deviations of the logarithms of pieces' volumes, heights and footprints, and what is in no piece.

    Infinite for fewer than `FEWEST` pieces.
    """
    if len(pieces) < FEWEST:
        return np.inf
    volumes = [len(piece) for piece in pieces]
    heights = [np.ptp(piece[:, 2]) + 1 for piece in pieces]
    footprints = [len(np.unique(piece[:, :2], axis=0)) for piece in pieces]
    lost = 1 - sum(volumes) / int(occupied.sum())
    return LOST * lost + sum(_mean_deviation(np.log(sizes)) for sizes in (volumes, heights, footprints))


def _mean_deviation(numbers: Float[np.ndarray, " n"]) -> float:
    """From the median: one odd number counts once."""
    return float(np.abs(numbers - np.median(numbers)).mean())
