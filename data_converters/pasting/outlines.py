"""Irregular outlines that can be drawn at any size: soft masks in [0, 1].

Not the shapes of `pad_nerfstudio.anomaly.learned`: what a network was taught with must not be what it is measured with.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

Random = np.random.Generator
Mask = Float32[np.ndarray, "h w"]
Point = tuple[float, float]
Draw = Callable[[tuple[int, int], Point, float], Mask]
"""(size, centre, radius) -> shape: width and height, x and y, and radius in pixels."""


@dataclass(frozen=True)
class Outline:
    """A closed curve around a point: its radius is a sum of waves over the angle."""

    waves: Float[np.ndarray, "k 2"]
    """Cosine and sine amplitude of the waves 2, 3, ..."""
    stretch: float
    """Length over width."""
    turn: float
    """Angle of its length to the x axis, in radians."""

    def mask(self, size: tuple[int, int], centre: Point, radius: float, softness: float) -> Mask:
        """Draw it.

        Args:
            size: width and height of the mask
            centre: x and y in pixels
            radius: of the circle without waves, in pixels
            softness: how wide the edge is, in pixels
        """
        along, across = turned(size, centre, self.turn)
        along, across = along / np.sqrt(self.stretch), across * np.sqrt(self.stretch)
        angle = np.arctan2(across, along)
        reach = np.ones_like(angle)
        for wave, (cosine, sine) in enumerate(self.waves, start=2):
            reach += cosine * np.cos(wave * angle) + sine * np.sin(wave * angle)
        inside = radius * reach.clip(0.3) - np.hypot(along, across)
        return (inside / max(softness, 1.0) + 0.5).clip(0, 1).astype(np.float32)


def soft_outline(random: Random) -> Outline:
    """As liquids spread: a few slow waves."""
    return _outline(random, waves=6, height=0.16, fall=1.3, stretch=2.2)


def jagged_outline(random: Random) -> Outline:
    """As brittle matter breaks: waves down to short ones."""
    return _outline(random, waves=18, height=0.1, fall=0.7, stretch=1.8)


def _outline(random: Random, waves: int, height: float, fall: float, stretch: float) -> Outline:
    amplitudes = height / np.arange(1, waves + 1) ** fall
    return Outline(
        random.normal(size=(waves, 2)) * amplitudes[:, None], random.uniform(1, stretch), random.uniform(0, np.pi)
    )


def turned(
    size: tuple[int, int], centre: Point, angle: float
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Coordinates of pixel centres, from `centre`, along a direction and across it, in pixels."""
    x = (np.arange(size[0], dtype=np.float32) + np.float32(0.5 - centre[0]))[None]
    y = (np.arange(size[1], dtype=np.float32) + np.float32(0.5 - centre[1]))[:, None]
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return x * cosine + y * sine, y * cosine - x * sine


def radius_for(draw: Draw, inside: Bool[np.ndarray, "h w"], centre: Point, wanted: float) -> float:
    """The radius at which a shape covers `wanted` pixels of those `inside`, to some percent.

    Args:
        draw: the shape
        inside: pixels that count
        centre: where it is drawn, x and y in pixels
        wanted: pixels
    """
    coarser = max(1, int(np.sqrt(wanted) / 12))  # a shape of a dozen pixels across tells its area well enough
    seen = inside[::coarser, ::coarser]
    size, at = (seen.shape[1], seen.shape[0]), (centre[0] / coarser, centre[1] / coarser)
    radius = float(np.sqrt(wanted / np.pi))
    for _ in range(8):
        area = float(draw(size, at, radius / coarser)[seen].sum()) * coarser**2
        radius *= float(np.sqrt(wanted / max(area, wanted / 9)))
    return radius
