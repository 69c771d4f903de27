"""Random shapes of defects: soft masks in [0, 1]."""

import cv2
import numpy as np
from jaxtyping import Float

Generator = np.random.Generator
Mask = Float[np.ndarray, "h w"]


def blob(side: int, center: tuple[float, float], radius: float, random: Generator) -> Mask:
    """A region with an irregular outline: smooth noise, cut where it falls below the distance from the centre."""
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    angle, stretch = random.uniform(0, np.pi), random.uniform(1.0, 2.5)
    x, y = columns - center[0], rows - center[1]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    distance = np.sqrt((along / stretch) ** 2 + (across * np.sqrt(stretch)) ** 2) / radius
    noise = cv2.GaussianBlur(random.standard_normal((side, side)).astype(np.float32), (0, 0), max(0.35 * radius, 0.8))
    noise *= random.uniform(0.0, 0.5) / max(float(noise.std()), 1e-6)
    return np.clip((1.0 + noise - distance) * radius + 0.5, 0.0, 1.0).astype(np.float32)


def polygon(side: int, center: tuple[float, float], radius: float, random: Generator) -> Mask:
    """A turned box, or a polygon of three to seven corners: what a part that is gone leaves."""
    if random.random() < 0.5:
        half = radius * random.uniform(0.4, 1.2, 2)
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
        turn = random.uniform(0, np.pi)
        corners = corners @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
        corners += random.normal(0.0, 0.1 * radius, corners.shape)
    else:
        angles = np.sort(random.uniform(0, 2 * np.pi, int(random.integers(3, 8))))
        reach = radius * random.uniform(0.5, 1.3, (len(angles), 1))
        corners = reach * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return _filled(side, corners + np.array(center))


def line(side: int, center: tuple[float, float], radius: float, random: Generator) -> Mask:
    """A scratch: a wandering line one to four pixels wide."""
    count = int(random.integers(3, 9))
    turn = random.uniform(0, 2 * np.pi) + np.cumsum(random.normal(0.0, 0.4, count))
    steps = 2.0 * radius / count * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    points = np.array(center) - steps.sum(axis=0) / 2 + np.cumsum(steps, axis=0)
    mask = np.zeros((side, side), np.uint8)
    at = np.round(points * 16).astype(np.int32)[None]
    cv2.polylines(mask, at, False, (255,), int(random.integers(1, 5)), cv2.LINE_AA, shift=4)
    return mask.astype(np.float32) / 255.0


def spur(side: int, center: tuple[float, float], radius: float, random: Generator) -> Mask:
    """A splinter: a triangle, one to eight pixels wide at its foot, with a blunt or a sharp end."""
    turn = random.uniform(0, 2 * np.pi)
    along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    foot, tip = random.uniform(0.5, min(4.0, 0.6 * radius + 0.6)), random.uniform(0.0, 1.5)
    corners = [-foot * across, foot * across, radius * along + tip * across, radius * along - tip * across]
    return _filled(side, np.array(center) + np.array(corners))


SHAPES = (blob, polygon, line, spur)


def _filled(side: int, corners: Float[np.ndarray, "n 2"]) -> Mask:
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, np.round(corners * 16).astype(np.int32)[None], (255,), cv2.LINE_AA, shift=4)
    return mask.astype(np.float32) / 255.0
