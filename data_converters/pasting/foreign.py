"""Foreign objects: small shaded things that lie on the object and cast a shadow, or pieces of other photos."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32

from pasting.outlines import Mask, Point, Random, jagged_outline, radius_for, turned
from pasting.photo import Photo

Colors = Float32[np.ndarray, "h w 3"]
Drawn = tuple[Mask, Colors]
"""Cover in [0, 1] and colours of a thing, as large as the photo."""

METALS = ((0.62, 0.63, 0.65), (0.48, 0.48, 0.50), (0.78, 0.62, 0.32))
PLASTICS = ((0.07, 0.07, 0.08), (0.88, 0.87, 0.80), (0.12, 0.30, 0.62), (0.75, 0.14, 0.12))
PAPERS = ((0.96, 0.96, 0.94), (0.97, 0.86, 0.25), (0.95, 0.55, 0.15), (0.55, 0.85, 0.55))


def add_foreign(photo: Photo, area: float, random: Random, others: list[Colors]) -> tuple[Photo, dict[str, Any]]:
    """Lay a thing of about `area` pixels on a random point of the object; also, what it is.

    Args:
        photo: the good object
        area: in pixels
        random: decides everything
        others: further photos of any size, of which pieces may be taken
    """
    rows, columns = np.nonzero(photo.on_object)
    chosen = int(random.integers(len(rows)))
    centre = columns[chosen] + 0.5, rows[chosen] + 0.5
    names = [*THINGS, *([PIECE] if others else [])]
    name = names[int(random.integers(len(names)))]
    turn, light = random.uniform(0, 2 * np.pi), random.uniform(0, 2 * np.pi)
    draw = _piece(random, others) if name == PIECE else THINGS[name](random)
    radius = radius_for(lambda *at: draw(*at, turn)[0], photo.on_object, centre, area)
    cover, colors = draw(photo.size, centre, radius, turn)
    # The shadow falls away from the light, nearer for what is flat; beside the object it shows where the photo does.
    height = random.uniform(0.03, 0.12) * (0.4 if name == "sticker" else 1.0) * radius + 1
    shift = np.array([[1, 0, height * np.cos(light)], [0, 1, height * np.sin(light)]])
    shadow = cv2.GaussianBlur(cv2.warpAffine(cover, shift, photo.size), (0, 0), 0.6 * height) * (1 - cover)
    rgb = photo.rgb * (1 - random.uniform(0.3, 0.55) * shadow[..., None])
    rgb = rgb + cover[..., None] * (colors - rgb)
    alpha = np.maximum(photo.alpha, cover)
    return Photo(rgb.clip(0, 1).astype(np.float32), alpha, photo.on_object), {"object": name}


Draw = Callable[[tuple[int, int], Point, float, float], Drawn]
"""(size, centre, radius, turn) -> thing; `radius` is half of its length."""


def _cable_tie(random: Random) -> Draw:
    """A bent ribbed strip with a square head."""
    color = _one(PLASTICS, random)
    bend, width = random.uniform(0.5, 1.6), random.uniform(0.07, 0.11)

    def draw(size: tuple[int, int], centre: Point, radius: float, turn: float) -> Drawn:
        along, across = turned(size, centre, turn)
        u, v = along / radius, across / radius
        v = v - 0.5 * bend * (u * u - 0.4)  # a parabola is bent enough
        slope = np.sqrt(1 + (bend * u) ** 2)
        side = np.abs(v) / slope
        strip = _edge(width - side, radius) * _edge(1 - np.abs(u), radius)
        head = _edge(1.7 * width - side, radius) * _edge(1.6 * width - np.abs(u - 0.95), radius)
        shade = 0.75 + 0.3 * np.sqrt((1 - (side / (1.7 * width)) ** 2).clip(0)) + 0.08 * np.sin(70 * u) * (head < 0.5)
        return np.maximum(strip, head), _shaded(color, shade)

    return draw


def _screw(random: Random) -> Draw:
    """A threaded shaft with a point, and a head seen from the side."""
    color = _one(METALS, random)
    width, pitch = random.uniform(0.11, 0.17), random.uniform(28, 40)

    def draw(size: tuple[int, int], centre: Point, radius: float, turn: float) -> Drawn:
        along, across = turned(size, centre, turn)
        u, v = along / radius, across / radius
        taper = width * ((1 - u) / 0.35).clip(0, 1)
        thread = np.sin(pitch * u + 2 * v)
        shaft = _edge(taper + 0.015 * thread - np.abs(v), radius) * _edge(0.99 - np.abs(u), radius)
        head = _edge(0.12 - np.abs(u + 0.88), radius) * _edge(2.3 * width - np.abs(v), radius)
        half = np.where(head > 0.5, 2.3 * width, np.maximum(taper, 0.02))
        profile = np.sqrt((1 - (v / half) ** 2).clip(0))
        glint = np.exp(-(((v / half) + 0.35) ** 2) / 0.03)
        shade = 0.35 + 0.6 * profile + 0.5 * glint + 0.18 * thread * (head < 0.5)
        return np.maximum(shaft, head), _shaded(color, shade)

    return draw


def _sticker(random: Random) -> Draw:
    """A label with rounded corners, bars of print and a slight curl."""
    color, ink = _one(PAPERS, random), random.uniform(0.05, 0.4)
    ratio, bars, curl = random.uniform(0.4, 0.8), random.uniform(9, 16), random.normal(0, 0.08)

    def draw(size: tuple[int, int], centre: Point, radius: float, turn: float) -> Drawn:
        along, across = turned(size, centre, turn)
        u, v = along / radius, across / radius
        corner = 0.12
        du, dv = np.abs(u) - (1 - corner), np.abs(v) - (ratio - corner)
        distance = np.hypot(du.clip(0), dv.clip(0)) + np.minimum(np.maximum(du, dv), 0) - corner
        print_ = (np.sin(bars * v) > 0.45) & (np.abs(u) < 0.75) & (np.abs(v) < 0.7 * ratio)
        shade = (1 + curl * u + 0.03 * v) * np.where(print_, ink, 1.0)
        return _edge(-distance, radius), _shaded(color, shade)

    return draw


def _piece(random: Random, others: list[Colors]) -> Draw:
    """An irregular piece of another photo."""
    picture = others[int(random.integers(len(others)))]
    outline = jagged_outline(random)
    at = random.uniform(0.25, 0.75, 2)

    def draw(size: tuple[int, int], centre: Point, radius: float, turn: float) -> Drawn:
        cover = outline.mask(size, centre, radius, 1.0)
        along, across = turned(size, centre, turn)
        rows = (at[0] * picture.shape[0] + across).astype(np.int64) % picture.shape[0]
        columns = (at[1] * picture.shape[1] + along).astype(np.int64) % picture.shape[1]
        return cover, picture[rows, columns]

    return draw


THINGS = {"cable tie": _cable_tie, "screw": _screw, "sticker": _sticker}
PIECE = "piece of another photo"


def _edge(inside: Float32[np.ndarray, "h w"], radius: float) -> Mask:
    """Soft step of a distance given as a share of the radius, one pixel wide."""
    return (inside * radius + 0.5).clip(0, 1).astype(np.float32)


def _one(colors: tuple[tuple[float, float, float], ...], random: Random) -> tuple[float, float, float]:
    red, green, blue = np.array(colors[int(random.integers(len(colors)))]) * np.exp(random.normal(0, 0.08))
    return float(red), float(green), float(blue)


def _shaded(color: tuple[float, float, float], shade: np.ndarray) -> Colors:
    return (np.array(color) * shade[..., None]).clip(0, 1).astype(np.float32)
