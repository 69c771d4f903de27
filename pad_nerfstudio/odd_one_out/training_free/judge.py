"""The odd ones among the objects of a scene, from its posed photos alone: no training, weights, masks or boxes."""

import time
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.data.scene_layout import Scene
from pad_nerfstudio.fields.parallel import one_torch_thread
from pad_nerfstudio.odd_one_out.judged_scene import JudgedObject, JudgedScene, Matches
from pad_nerfstudio.odd_one_out.training_free.comparison import PairDifference, compare, see
from pad_nerfstudio.odd_one_out.training_free.consensus import differences, odd_scores, typical_neighbour
from pad_nerfstudio.odd_one_out.training_free.instances import find_instances
from pad_nerfstudio.odd_one_out.training_free.photos import read_photos
from pad_nerfstudio.odd_one_out.training_free.scene_field import fit_scene_field
from pad_nerfstudio.odd_one_out.training_free.settings import TrainingFreeSettings
from pad_nerfstudio.odd_one_out.verdicts import contact_notes, verdicts

ONE_VIEW = "one view only: what stands on the floor and what is painted on it cannot be told; give at least two"
DEFAULTS = TrainingFreeSettings()
SHOWN_MATCHES = 40
TOUCHING = 2.0
"""Voxels between objects that are said to touch."""


def judge_scene(scene: Scene, views: Sequence[int], settings: TrainingFreeSettings = DEFAULTS) -> JudgedScene:
    """Find the objects of a scene and say which of them are not like the others.

    Args:
        scene: its cameras and photos are read, nothing else
        views: numbers of the views to look at
        settings: where objects may be, and the threshold

    Raises:
        UserError: an image is broken
    """
    begun = time.perf_counter()
    with one_torch_thread():
        photos = read_photos(scene, views)
    if len(photos.lab) < 2:
        return JudgedScene(scene.name, tuple(views), (), (ONE_VIEW,), time.perf_counter() - begun)
    instances = find_instances(photos, fit_scene_field(photos, settings))
    seen = [see(instance, photos, settings.seed) for instance in instances]
    pairs = {(i, j): compare(seen[i], seen[j], photos) for i in range(len(seen)) for j in range(i + 1, len(seen))}
    scores = odd_scores(pairs, len(seen))
    said = verdicts(scores, settings.threshold, differences(pairs, len(seen)), settings.alike_below)
    bounds = np.stack([i.bounds for i in instances]) if instances else np.zeros((0, 2, 3))
    volumes = np.array([float(len(i.points)) for i in instances])
    objects = tuple(
        JudgedObject(bounds[n], said.scores[n], said.is_anomalous[n],
                     _part(n, pairs, len(seen)) if said.is_anomalous[n] else np.zeros((0, 3)))
        for n in range(len(instances))
    )  # fmt: skip
    notes = (*said.notes, *contact_notes(bounds, volumes, [s.shape.surface for s in seen], TOUCHING * settings.voxel))
    seconds = time.perf_counter() - begun
    return JudgedScene(scene.name, tuple(views), objects, notes, seconds, _shown(pairs, settings.seed))


def _part(number: int, pairs: dict[tuple[int, int], PairDifference], count: int) -> Float[np.ndarray, "n 3"]:
    """What differs from the neighbour that speaks for the majority: what the object has, and what it lacks."""
    other = typical_neighbour(number, pairs, count)
    pair = pairs[number, other] if number < other else pairs[other, number].swapped()
    return np.concatenate([pair.differing[0], pair.alignment.inverse().moved(pair.differing[1])])


def _shown(pairs: dict[tuple[int, int], PairDifference], seed: int) -> tuple[Matches, ...]:
    """A few correspondences of each pair."""
    draws = np.random.default_rng(seed)
    shown = []
    for objects, pair in pairs.items():
        chosen = draws.permutation(pair.matches.shape[1])[:SHOWN_MATCHES]
        shown.append(Matches(objects, pair.matches[:, chosen]))
    return tuple(shown)
