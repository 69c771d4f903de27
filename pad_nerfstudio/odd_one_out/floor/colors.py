"""Which colours the floor has, learnt beside the place for objects."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

BIN, SHIFT, BINS = np.array([2.0, 1.5, 1.5]), np.array([0, 67, 67]), (52, 135, 135)
"""Of CIE L*a*b*: width, number of the bin that begins at 0, how many bins."""
CHROMA_BIN, CHROMA_BINS = 0.02, 151
"""Of a*/L* and b*/L*, which a shadow leaves as they are."""
DARK = 5.0
"""CIE L* added before dividing by it."""
RARE = 0.05
"""Share of the pixels, those of the rarest chroma, that may show something else: what stands there hides the floor."""
COMMON, COMMON_CHROMA = 0.03, 0.2
"""Of how common the floor's colours are in the middle, and chromas: one that is as common is surely the floor's."""
LIGHTEST = 0.95
"""Quantile of the floor's lightness above which there is no shadow."""


class FloorColors:
    """Smooth histograms of the colours of some floor."""

    def __init__(self, lab: Float[np.ndarray, "n 3"]) -> None:
        """Learn them from pixels most of which show floor, at least one."""
        common = _smooth_shares(_chroma_bins(lab), (CHROMA_BINS, CHROMA_BINS))[_chroma_bins(lab)]
        floor = lab[common >= np.quantile(common, RARE)]
        self.colors = _relative(_color_bins(floor), BINS)
        self.chroma = _relative(_chroma_bins(floor), (CHROMA_BINS, CHROMA_BINS))
        self.lightest = float(np.quantile(floor[:, 0], LIGHTEST))

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


def _relative(bins: tuple[np.ndarray, ...], shape: tuple[int, ...]) -> np.ndarray:
    """How common each bin is, as a multiple of how common that of the middle one of the pixels is."""
    shares = _smooth_shares(bins, shape)
    return shares / np.median(shares[bins])


def _smooth_shares(bins: tuple[np.ndarray, ...], shape: tuple[int, ...]) -> np.ndarray:
    counts = np.bincount(np.ravel_multi_index(bins, shape), minlength=int(np.prod(shape))).reshape(shape)
    return np.asarray(ndimage.gaussian_filter(counts.astype(np.float32), 1.0)) / len(bins[0])
