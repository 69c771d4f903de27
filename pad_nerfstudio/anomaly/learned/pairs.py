"""Training examples: crops of normal views beside their renderings, with and without pasted defects."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from pad_nerfstudio.anomaly.learned.shapes import Generator
from pad_nerfstudio.anomaly.learned.synthetic_defects import with_defects


@dataclass(frozen=True, eq=False)
class NormalPair:
    """A photo of the good object that the field has not seen, and what the field says it should look like."""

    photo: UInt8[np.ndarray, "h w 3"]
    """Colours."""
    normal: UInt8[np.ndarray, "k h w 3"]
    """The reference, then other colours that the normal object may have."""
    opacity: Float[np.ndarray, "h w"]
    """Accumulation of the reference in [0, 1]."""


@dataclass(frozen=True)
class Batch:
    """Examples for one step."""

    query: Float[Tensor, "b 3 s s"]
    """Colours in [0, 1]."""
    normal: Float[Tensor, "b k 3 s s"]
    """The reference and its alternatives."""
    accumulation: Float[Tensor, "b s s"]
    """Opacity of the reference."""
    changed: Float[Tensor, "b s s"]
    """1 where a defect was pasted and can be seen."""


def sample_batch(pairs: Sequence[NormalPair], count: int, side: int, random: Generator) -> Batch:
    """Draw crops of `side` pixels; half of them with defects."""
    examples = [_example(pairs[int(random.integers(len(pairs)))], side, random) for _ in range(count)]
    query, normal, opacity, changed = (torch.from_numpy(np.stack(part)) for part in zip(*examples, strict=True))
    return Batch(query.movedim(-1, -3), normal.movedim(-1, -3), opacity, changed)


def _example(pair: NormalPair, side: int, random: Generator) -> tuple[np.ndarray, ...]:
    scale = float(np.exp(random.uniform(np.log(0.75), np.log(1.4))))
    size = min(int(round(side / scale)), *pair.opacity.shape)
    top, left = _corner(pair.opacity, size, random)
    window = (slice(top, top + size), slice(left, left + size))
    others = len(pair.normal) - 1
    kept = random.permutation(others)[: int(random.integers(0, others + 1))]
    # fewer of them come again rather than leave gaps: a gap is how a photo that does not see a place looks
    chosen = [0, *(1 + np.resize(kept, others) if len(kept) else np.zeros(others, int))]
    stack = [pair.photo[window], *pair.normal[(slice(None), *window)][chosen]]
    stack = [_resized(image.astype(np.float32) / 255.0, side) for image in stack]
    *stack, opacity = _turned([*stack, _resized(pair.opacity[window], side)], random)
    photo, *normal = _recolored(stack, random)
    normal = np.stack(normal)
    normal, opacity = _misaligned(normal, opacity, random)
    normal = _grainy(normal, opacity, random)
    if random.random() < 0.5:
        return photo, normal, opacity, np.zeros_like(opacity)
    defective = with_defects(photo, opacity, random)
    return defective.photo, normal, opacity, defective.changed


def _corner(opacity: Float[np.ndarray, "h w"], size: int, random: Generator) -> tuple[int, int]:
    """Upper left corner of a crop around a pixel of the object."""
    rows, columns = np.nonzero(opacity > 0.5)
    h, w = opacity.shape
    if not len(rows):
        return int(random.integers(h - size + 1)), int(random.integers(w - size + 1))
    at = int(random.integers(len(rows)))
    jitter = random.integers(-size // 3, size // 3 + 1, 2)
    top = np.clip(rows[at] - size // 2 + jitter[0], 0, h - size)
    left = np.clip(columns[at] - size // 2 + jitter[1], 0, w - size)
    return int(top), int(left)


def _resized(image: np.ndarray, side: int) -> np.ndarray:
    if image.shape[0] == side:
        return image
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA if image.shape[0] > side else cv2.INTER_LINEAR)


def _turned(images: Sequence[np.ndarray], random: Generator) -> list[np.ndarray]:
    """A quarter turn and a mirror image, the same for all."""
    turns, mirrored = int(random.integers(4)), bool(random.integers(2))

    def turn(image: np.ndarray) -> np.ndarray:
        turned = np.rot90(image, turns)
        return np.ascontiguousarray(turned[:, ::-1] if mirrored else turned)

    return [turn(image) for image in images]


def _recolored(images: Sequence[np.ndarray], random: Generator) -> list[np.ndarray]:
    """Another object: the same change of all colours of photo and references."""
    if random.random() < 0.3:
        return list(images)
    mix = np.eye(3)[random.permutation(3)] + random.normal(0.0, 0.1, (3, 3))
    if random.random() < 0.4:
        mix = random.uniform(0.0, 1.0) * (mix - 1 / 3) + 1 / 3
    mix /= mix.sum(axis=1, keepdims=True)  # white and grey stay what they are
    gamma = float(np.exp(random.normal(0.0, 0.35)))
    gain = random.uniform(0.8, 1.0)
    return [(np.clip(image @ mix.T, 0.0, 1.0) ** gamma * gain).astype(np.float32) for image in images]


def _misaligned(
    normal: Float[np.ndarray, "k s s 3"], opacity: Float[np.ndarray, "s s"], random: Generator
) -> tuple[Float[np.ndarray, "k s s 3"], Float[np.ndarray, "s s"]]:
    """The references as a slightly wrong pose shows them: moved by a part of a pixel, turned and scaled a little."""
    if random.random() < 0.4:
        return normal, opacity
    side = opacity.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), random.normal(0.0, 0.15), 1.0 + random.normal(0.0, 0.002))
    matrix[:, 2] += random.normal(0.0, 0.3, 2)

    def moved(image: np.ndarray) -> np.ndarray:
        return cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)

    return np.clip(np.stack([moved(image) for image in normal]), 0.0, 1.0), np.clip(moved(opacity), 0.0, 1.0)


def _grainy(
    normal: Float[np.ndarray, "k s s 3"], opacity: Float[np.ndarray, "s s"], random: Generator
) -> Float[np.ndarray, "k s s 3"]:
    """The references as a less well trained field renders them."""
    if random.random() < 0.6:
        return normal
    size = random.uniform(0.5, 2.0)
    grain = cv2.GaussianBlur(random.standard_normal(normal.shape[1:]).astype(np.float32), (0, 0), size)
    grain *= random.uniform(0.0, 0.015) / max(float(grain.std()), 1e-6)
    return np.clip(normal + (grain * opacity[..., None])[None], 0.0, 1.0)
