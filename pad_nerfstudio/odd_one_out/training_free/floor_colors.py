"""Which colours the floor has, learnt beside the place for objects."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

BIN, SHIFT, BINS = np.array([4.0, 3.0, 3.0]), np.array([0, 50, 50]), (30, 100, 100)
"""Of CIE L*a*b*: width, number of the bin that begins at 0, how many bins."""
CHROMA_BIN, CHROMA_BINS = 0.03, 101
"""Of a*/L* and b*/L*, which a shadow leaves as they are."""
DARK = 5.0
"""CIE L* added before dividing by it."""
COMMON, COMMON_CHROMA = 2e-4, 3.3e-3
"""Shares of the floor's pixels in one bin from which on a colour, or a chroma, is surely one of the floor's."""
LIGHTEST = 0.95
"""Quantile of the floor's lightness above which there is no shadow."""


class FloorColors:
    """Smooth histograms of the colours of some floor."""

    def __init__(self, lab: Float[np.ndarray, "n 3"]) -> None:
        """Learn them from pixels that show floor, at least one."""
        self.colors = _smooth_shares(_color_bins(lab), BINS)
        self.chroma = _smooth_shares(_chroma_bins(lab), (CHROMA_BINS, CHROMA_BINS))
        self.lightest = float(np.quantile(lab[:, 0], LIGHTEST))

    def likeness(self, lab: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
        """How much colours are like the floor's, up to 1: its own, or darker ones of its chroma, as in a shadow."""
        shadow = self.chroma[_chroma_bins(lab)] / COMMON_CHROMA * self.possible_shadow(lab)
        return np.minimum(np.maximum(self.colors[_color_bins(lab)] / COMMON, shadow), 1).astype(np.float32)

    def possible_shadow(self, lab: Float[np.ndarray, "*n 3"]) -> Bool[np.ndarray, "*n"]:
        """Whether colours are no lighter than the floor."""
        return lab[..., 0] <= self.lightest


def _color_bins(lab: Float[np.ndarray, "*n 3"]) -> tuple[np.ndarray, ...]:
    return tuple(np.moveaxis(np.clip((lab / BIN + SHIFT).astype(int), 0, np.array(BINS) - 1), -1, 0))


def _chroma_bins(lab: Float[np.ndarray, "*n 3"]) -> tuple[np.ndarray, ...]:
    chroma = lab[..., 1:] / (lab[..., :1] + DARK)
    return tuple(np.moveaxis(np.clip((chroma / CHROMA_BIN + CHROMA_BINS // 2).astype(int), 0, CHROMA_BINS - 1), -1, 0))


def _smooth_shares(bins: tuple[np.ndarray, ...], shape: tuple[int, ...]) -> np.ndarray:
    counts = np.bincount(np.ravel_multi_index(bins, shape), minlength=int(np.prod(shape))).reshape(shape)
    return np.asarray(ndimage.gaussian_filter(counts.astype(np.float32), 1.0)) / len(bins[0])
