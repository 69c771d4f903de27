"""The odd ones among the objects of a scene, from its posed photos alone: no training, weights, masks or boxes."""

import time
from collections.abc import Sequence

import numpy as np

from pad_nerfstudio.data.scene_layout import Scene
from pad_nerfstudio.fields.parallel import one_torch_thread
from pad_nerfstudio.odd_one_out.judged_scene import JudgedObject, JudgedScene
from pad_nerfstudio.odd_one_out.laid_upon.comparison import compare, see
from pad_nerfstudio.odd_one_out.laid_upon.consensus import differences, odd_scores
from pad_nerfstudio.odd_one_out.laid_upon.laid_objects import LaidObjects
from pad_nerfstudio.odd_one_out.laid_upon.photos import read_photos
from pad_nerfstudio.odd_one_out.training_free.instances import find_instances
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
    seen = tuple(see(instance, photos, settings.seed) for instance in instances)
    pairs = {(i, j): compare(seen[i], seen[j], photos) for i in range(len(seen)) for j in range(i + 1, len(seen))}
    laid = LaidObjects(seen, pairs)
    scores = odd_scores(pairs, len(seen))
    said = verdicts(scores, settings.threshold, differences(pairs, len(seen)), settings.alike_below)
    bounds = np.stack([i.bounds for i in instances]) if instances else np.zeros((0, 2, 3))
    volumes = np.array([float(len(i.points)) for i in instances])
    objects = tuple(
        JudgedObject(bounds[n], said.scores[n], said.is_anomalous[n],
                     laid.part(n) if said.is_anomalous[n] else np.zeros((0, 3)))
        for n in range(len(instances))
    )  # fmt: skip
    notes = (*said.notes, *contact_notes(bounds, volumes, [s.shape.surface for s in seen], TOUCHING * settings.voxel))
    seconds = time.perf_counter() - begun
    return JudgedScene(scene.name, tuple(views), objects, notes, seconds, laid.matches(SHOWN_MATCHES, settings.seed))
