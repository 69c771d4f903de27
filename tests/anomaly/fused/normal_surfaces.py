"""A ball as normal views score it: noise everywhere, and one place where the field is always wrong."""

import numpy as np

from pad_nerfstudio.anomaly.fused.scored_surface import ScoredSurface

FAULT = np.array([0.0, -1.0, 0.0])


def sphere_points(count: int, seed: int) -> np.ndarray:
    """Points all over the unit sphere."""
    points = np.random.default_rng(seed).normal(size=(count, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def normal_surface(seed: int, extra: float = 0.0, place: np.ndarray = -FAULT) -> ScoredSurface:
    """One view; `extra` is added to the scores at a place."""
    points = sphere_points(4000, seed)
    values = 0.5 * np.random.default_rng(1000 + seed).exponential(size=len(points))
    values += 6.0 * (np.linalg.norm(points - FAULT, axis=1) < 0.25)
    values += extra * (np.linalg.norm(points - place, axis=1) < 0.25)
    return ScoredSurface(points, values, np.full(len(points), 0.5))
