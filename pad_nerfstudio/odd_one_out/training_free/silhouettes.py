"""Which pixels show objects: what does not look like the floor, sharpened at edges.

Colours are told apart by two histograms, of what stays and what moves on the floor when the camera does.
"""

import cv2
import numpy as np
from jaxtyping import Bool, Float, Integer
from scipy import ndimage

from pad_nerfstudio.odd_one_out.training_free.floor import floor_agreement, floor_points
from pad_nerfstudio.odd_one_out.training_free.photos import Photos, project
from pad_nerfstudio.odd_one_out.training_free.settings import TrainingFreeSettings

FLOOR_HALF_WIDTH = 1.5
"""Places farther from the origin than this are no floor to compare."""
COMPARED_VIEWS = 7
MOST, FEW = 0.4, 0.2
"""Shares of the views that agree on a pixel: most above the first show the floor, most under the second do not."""
COMMON = 1e-4
"""Share of the pixels beside the place for objects, from which a colour is common there."""
BEYOND = 0.8
"""Times the radius of the place for objects: where views agree on the floor from there on, it shows its colours."""
CHROMA_BIN = 0.03
"""Of a*/L* and b*/L*, which a shadow leaves as they are."""
DOUBT = 2.0
"""Pixels added to both counts of a colour."""
GENEROUS, HOPELESS = 0.5, 1.6
"""Log-odds, negative: pixels above the first may show an object, pixels under the second do not."""
CUT_ROUNDS = 2
CLEAR, AGREEMENT = 2.0, 0.7
"""Log-odds: the most that colour says, and what agreement says."""
COUPLING, EDGE, ROUNDS = 8.0, 4.0, 40
COLOR_BINS = ((4.0, 3.0, 3.0), (0.0, 50.0, 50.0), (30, 100, 100))


def object_silhouettes(photos: Photos, settings: TrainingFreeSettings) -> Bool[np.ndarray, "views h w"]:
    """Pixels that show something that stands on the floor.

    Args:
        photos: at least two views of a scene whose floor is z = 0
        settings: where objects may be
    """
    possible = _possible(photos, settings)
    bins = _color_bins(photos.lab)
    odds = _moving_colors(photos, bins, possible, settings)
    odds = np.stack([spread(o, lab) for o, lab in zip(odds, photos.lab, strict=True)])
    return _cut(photos, odds)


def _log_ratio(
    first: Float[np.ndarray, "views h w"], second: Float[np.ndarray, "views h w"]
) -> Float[np.ndarray, "views h w"]:
    return np.clip(np.log((first + DOUBT) / (second + DOUBT)), -CLEAR, CLEAR).astype(np.float32)


def _moving_colors(
    photos: Photos,
    bins: Integer[np.ndarray, "views h w"],
    possible: Bool[np.ndarray, "views h w"],
    settings: TrainingFreeSettings,
) -> Float[np.ndarray, "views h w"]:
    """Log-odds that a pixel shows an object, by its colour and by whether other views agree on it."""
    on_floor, beyond, agreement = _agreement(photos, possible, BEYOND * settings.radius)
    agreed = on_floor & possible & (agreement > MOST)
    beside = _counts(bins, on_floor & ~possible | (agreed & beyond))
    common = beside > COMMON * beside.sum()
    alike = beside + _counts(bins, agreed) * (common | _shadows(beside))
    unlike = _counts(bins, on_floor & possible & (agreement < FEW))
    # what is seen before the sky has its colour elsewhere as well
    rivals = np.where(on_floor, alike.ravel()[bins], _counts(bins, ~on_floor & ~possible).ravel()[bins])
    log_odds = _log_ratio(unlike.ravel()[bins], rivals)
    log_odds += np.where(agreement < FEW, AGREEMENT, 0) - np.where(agreement > MOST, AGREEMENT, 0)
    log_odds[~possible] = -CLEAR
    return log_odds.astype(np.float32)


def spread(log_odds: Float[np.ndarray, "h w"], lab: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
    """Log-odds that agree with those of neighbours of like colour: a Gaussian random field, relaxed.

    Minimises the sum of (x - log_odds)^2 and of COUPLING w (x_i - x_j)^2 over neighbours, where w falls from 1 to 0
    with the difference in colour (Grady, "Random walks for image segmentation", 2006, has the weights).
    """
    across = COUPLING * np.exp(-((np.diff(lab, axis=1) / EDGE) ** 2).sum(axis=-1))
    down = COUPLING * np.exp(-((np.diff(lab, axis=0) / EDGE) ** 2).sum(axis=-1))
    total = np.ones_like(log_odds)
    total[:, 1:] += across
    total[:, :-1] += across
    total[1:] += down
    total[:-1] += down
    found = log_odds.copy()
    for _ in range(ROUNDS):
        summed = log_odds.copy()
        summed[:, 1:] += across * found[:, :-1]
        summed[:, :-1] += across * found[:, 1:]
        summed[1:] += down * found[:-1]
        summed[:-1] += down * found[1:]
        found = summed / total
    return found


def _agreement(
    photos: Photos, possible: Bool[np.ndarray, "views h w"], radius: float
) -> tuple[Bool[np.ndarray, "views h w"], Bool[np.ndarray, "views h w"], Float[np.ndarray, "views h w"]]:
    """Pixels that meet the floor, those that do so beyond a radius, and `floor_agreement` of possible ones."""
    agreement, on_floor = np.full(possible.shape, np.nan, np.float32), np.zeros(possible.shape, bool)
    beyond = np.zeros(possible.shape, bool)
    for view, projection in enumerate(photos.projections):
        points, before = floor_points(projection, photos.size)
        on_floor[view] = before & (np.abs(points).max(axis=-1) < FLOOR_HALF_WIDTH)
        beyond[view] = on_floor[view] & (np.linalg.norm(points, axis=-1) > radius)
        where = on_floor[view] & possible[view]
        others = _others(view, len(possible))
        agreement[view][where] = floor_agreement(photos, view, others, points[where], where)
    return on_floor, beyond, agreement


def _possible(photos: Photos, settings: TrainingFreeSettings) -> Bool[np.ndarray, "views h w"]:
    """Pixels that see the cylinder in which objects may be."""
    angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    ring = settings.radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    rims = np.concatenate([np.insert(ring, 2, z, axis=1) for z in (0.0, settings.height)])
    width, height = photos.size
    possible = np.zeros((len(photos.lab), height, width), np.uint8)
    for image, projection in zip(possible, photos.projections, strict=True):
        pixels, depth = project(rims, projection)
        if (depth <= 0).any():  # a camera above the cylinder
            image[:] = 1
        else:
            cv2.fillConvexPoly(image, cv2.convexHull(np.rint(pixels).astype(np.int32)), (1,))
    return possible > 0


def _others(view: int, count: int) -> list[int]:
    """Views spread evenly over all others, in the order in which they are given."""
    steps = np.linspace(0, count, min(COMPARED_VIEWS, count - 1) + 2)[1:-1]
    return sorted({int(view + round(step)) % count for step in steps} - {view})


def _color_bins(lab: Float[np.ndarray, "views h w 3"]) -> Integer[np.ndarray, "views h w"]:
    """Number of the bin of a colour histogram in which each pixel lies."""
    size, shift, bins = (np.array(values) for values in COLOR_BINS)
    numbers = np.clip((lab / size + shift).astype(int), 0, bins - 1)
    return np.asarray(np.ravel_multi_index(tuple(np.moveaxis(numbers, -1, 0)), tuple(bins)))


def _counts(bins: Integer[np.ndarray, "views h w"], among: Bool[np.ndarray, "views h w"]) -> Float[np.ndarray, "l a b"]:
    """Smooth colour histogram of some pixels."""
    shape = COLOR_BINS[2]
    counts = np.bincount(bins[among], minlength=int(np.prod(shape))).reshape(shape)
    return ndimage.gaussian_filter(counts.astype(np.float32), 1.0)


def _shadows(beside: Float[np.ndarray, "l a b"]) -> Bool[np.ndarray, "l a b"]:
    """Colours that a shadow may give to what stands beside: of the same chroma, and no lighter."""
    size, shift, bins = COLOR_BINS
    middles = [(np.arange(n) + 0.5 - t) * s for s, t, n in zip(size, shift, bins, strict=True)]
    lightness, *chroma = np.meshgrid(*middles, indexing="ij")
    numbers = [np.clip((c / (lightness + 5) / CHROMA_BIN + 50).astype(int), 0, 100) for c in chroma]
    counts = np.zeros((101, 101))
    np.add.at(counts, tuple(numbers), beside)
    lightest = float(lightness.ravel()[np.searchsorted(np.cumsum(beside), 0.95 * beside.sum())])
    share = ndimage.gaussian_filter(counts, 1.0) / counts.sum()
    return (share[tuple(numbers)] > COMMON) & (lightness <= lightest)


def _cut(photos: Photos, odds: Float[np.ndarray, "views h w"]) -> Bool[np.ndarray, "views h w"]:
    """GrabCut of all views at once, begun with log-odds."""
    likely = odds > -GENEROUS
    found = np.zeros(likely.shape, bool)
    if not likely.any():
        return found
    labels = np.where(likely, cv2.GC_PR_FGD, np.where(odds > -HOPELESS, cv2.GC_PR_BGD, cv2.GC_BGD)).astype(np.uint8)
    rows, columns = (np.flatnonzero((odds > -HOPELESS).any(axis=axes)) for axes in ((0, 2), (0, 1)))
    window = (slice(None), slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    eight_bit = (photos.lab * (2.55, 1.5, 1.5) + (0, 128, 128)).clip(0, 255).astype(np.uint8)[window]
    strip = labels[window].reshape(-1, eight_bit.shape[2]).copy()
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(
        eight_bit.reshape(-1, *eight_bit.shape[2:]), strip, (0, 0, 1, 1), *models, CUT_ROUNDS, cv2.GC_INIT_WITH_MASK
    )
    found[window] = np.isin(strip, (cv2.GC_FGD, cv2.GC_PR_FGD)).reshape(eight_bit.shape[:3])
    return found
