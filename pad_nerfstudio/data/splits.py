"""Which views train and which are held out: deterministic, and even over the rig."""

import math

import numpy as np
from jaxtyping import Float, Int

from pad_nerfstudio.errors import UserError

GOLDEN_RATIO = (math.sqrt(5) - 1) / 2


def held_out(n: int, eval_fraction: float) -> Int[np.ndarray, " k"]:
    """Sorted indices of the views to hold out, about `eval_fraction` of `n`.

    One view is taken from each of `k` equal stretches of the order, so every elevation ring of a rig gives its share;
    where in its stretch follows the golden ratio sequence, so the azimuths differ too. A plain stride would hit the
    same few azimuths in every ring. At least one view is held out where the fraction is not 0, and one is left.

    Args:
        n: number of views, in the order in which the rig was walked
        eval_fraction: in [0, 1)

    Raises:
        UserError: the fraction is out of range, or there is nothing to divide
    """
    if not 0 <= eval_fraction < 1:
        raise UserError(f"--eval-fraction is {eval_fraction}; give a share from 0 up to, but not including, 1")
    if eval_fraction == 0:
        return np.zeros(0, dtype=np.int64)
    if n < 2:
        raise UserError("there is only one training view and none to hold out; give more, or --eval-fraction 0")
    k = min(max(1, round(n * eval_fraction)), n - 1)
    edges = np.arange(k + 1) * n // k
    share = (np.arange(k) * GOLDEN_RATIO + 0.5) % 1
    return edges[:-1] + np.floor(share * np.diff(edges)).astype(np.int64)


def subset(camera_centres: Float[np.ndarray, "n 3"], train_views: int, seed: int = 0) -> Int[np.ndarray, " k"]:
    """Sorted indices of `train_views` views spread evenly over the cameras, for sparse-view experiments.

    Greedy farthest points from one view on, so a smaller subset is part of every larger one with the same seed.

    Args:
        camera_centres: positions
        train_views: how many to take
        seed: 0 begins with the first view, any other with one drawn at random

    Raises:
        UserError: there are not that many views, or the seed is negative
    """
    n = len(camera_centres)
    if not 1 <= train_views <= n:
        raise UserError(f"--train-views is {train_views}, but there are {n} views to choose from; give 1 to {n}")
    if seed < 0:
        raise UserError(f"--train-views-seed is {seed}; give 0 or more")
    chosen = [int(np.random.default_rng(seed).integers(n)) if seed else 0]
    distance = np.full(n, np.inf)
    while len(chosen) < train_views:
        distance = np.minimum(distance, np.linalg.norm(camera_centres - camera_centres[chosen[-1]], axis=1))
        distance[chosen[-1]] = -1  # never chosen twice, even among cameras at one place
        chosen.append(int(distance.argmax()))
    return np.sort(np.array(chosen, dtype=np.int64))
