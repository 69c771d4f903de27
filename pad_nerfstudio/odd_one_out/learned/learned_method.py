"""The trained network as a method that judges scenes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.data.scene_layout import Scene
from pad_nerfstudio.data.scene_set import SceneViews, scene_views
from pad_nerfstudio.odd_one_out.judged_scene import JudgedObject, JudgedScene, Matches
from pad_nerfstudio.odd_one_out.learned.decisive_places import decisive_places
from pad_nerfstudio.odd_one_out.learned.feature_picture import feature_picture
from pad_nerfstudio.odd_one_out.learned.folded_norms import fold_batch_norms
from pad_nerfstudio.odd_one_out.learned.found_instances import SEED, laid_objects
from pad_nerfstudio.odd_one_out.learned.network import OddOneOutNetwork, ViewMaps
from pad_nerfstudio.odd_one_out.learned.object_boxes import OCCUPIED, matter_in_boxes
from pad_nerfstudio.odd_one_out.learned.roi_pooling import roi_pool
from pad_nerfstudio.odd_one_out.learned.training_scene import views_to
from pad_nerfstudio.odd_one_out.verdicts import Verdicts, contact_notes, verdicts

ODD_FROM = 0.5
"""Probability from which on an object is odd, and by which two groups differ of which neither is the majority."""
SHOWN_PAIRS = 3
"""Pairs of objects whose correspondences are told."""
SHOWN_MATCHES = 12
"""Correspondences of each of them."""
NO_MAJORITY = "no majority: at least half of the objects are judged odd, so which are normal is not sure"


Judgement = tuple[Verdicts, list[Float[np.ndarray, "_ 3"]], tuple[Matches, ...]]
"""Verdicts, the part of each object that differs, and correspondences."""


@dataclass(frozen=True, eq=False)
class LearnedMethod:
    """A `SceneMethod`: any number of views, any number of objects.

    Example:
        >>> method = load_learned_method(Path("outputs/.../config.yml"))
        >>> judged = method(read_scene(Path("scene")), views=[0, 4, 8, 12, 16])
    """

    network: OddOneOutNetwork
    """In evaluation mode."""
    image_size: tuple[int, int]
    """Width and height to which images are brought."""
    occupied: float = OCCUPIED
    """Density per voxel from which on it belongs to an object."""
    remarks: tuple[str, ...] = ()
    """What differs from the published method: weights, teacher, variant."""

    def __call__(self, scene: Scene, views: Sequence[int]) -> JudgedScene:
        """Find and judge the objects of a scene from some of its views; masks, boxes and labels are not read.

        Scores are probabilities to be anomalous, and the verdict falls at one half.

        Raises:
            UserError: an image is broken
        """
        start = time.perf_counter()
        device = self.network.get_buffer("points").device
        seen = views_to(scene_views(scene, views, self.image_size), device)
        with torch.inference_mode():
            maps = self.network.maps(seen)
            volume = self.network.volume(seen, maps=maps)[0]
            density = self.network.density(volume)
            boxes = self.network.boxes(volume, self.occupied, density, self.network.hull_between_voxels(maps[0], seen))
            matter = matter_in_boxes(density, self.network.grid, boxes, self.occupied).numpy()
            if self.network.options.judged == "surfaces":
                told, parts, matches = self._of_surfaces(volume, maps[0], seen, boxes)
            else:
                told, parts, matches = self._of_volumes(volume, density, seen, boxes)
            first = SceneViews(seen.images[:1], seen.k, seen.camera_to_world[:1], None)
            picture = feature_picture(self.network, volume, density, boxes, first)
        bounds = boxes.double().cpu().numpy()
        notes = [*told.notes, *contact_notes(bounds, matter)]
        if len(bounds) > 1 and 2 * sum(odd is True for odd in told.is_anomalous) >= len(bounds):
            notes.append(NO_MAJORITY)
        objects = zip(bounds, told.scores, told.is_anomalous, parts, strict=True)
        return JudgedScene(
            name=scene.name,
            views=tuple(views),
            objects=tuple(JudgedObject(*found) for found in objects),
            notes=tuple(notes),
            seconds=time.perf_counter() - start,
            matches=matches,
            features=picture,
        )

    def _of_surfaces(
        self, volume: Float[Tensor, "c x y z"], maps: ViewMaps, seen: SceneViews, boxes: Float[Tensor, "n 2 3"]
    ) -> Judgement:
        """Judged by how surfaces differ that are laid upon each other."""
        laid = laid_objects(self.network, volume, maps, seen, boxes, self.occupied)
        if not laid.seen:
            return _verdicts(np.zeros(0)), [], ()
        logits = self.network.comparison(torch.from_numpy(laid.measures()).to(volume))
        told = _verdicts(logits.sigmoid().double().cpu().numpy())
        parts = [laid.part(number) if odd else np.zeros((0, 3)) for number, odd in enumerate(told.is_anomalous)]
        return told, parts, laid.matches(SHOWN_MATCHES, SEED)[:SHOWN_PAIRS]

    def _of_volumes(
        self,
        volume: Float[Tensor, "c x y z"],
        density: Float[Tensor, "x y z"],
        seen: SceneViews,
        boxes: Float[Tensor, "n 2 3"],
    ) -> Judgement:
        """Judged by the volumes of objects."""
        places = self.network.places_in(boxes)
        pooled, features = self.network.object_volumes(volume, places, seen)
        scores, matches = self._judge(places, pooled, features)
        told = _verdicts(scores)
        solid = roi_pool(density[None], places, self.network.grid)[:, 0] > self.occupied
        return told, self._parts(places, pooled, features, solid, told.is_anomalous), matches

    def _judge(
        self,
        places: Float[Tensor, "n a a a 3"],
        pooled: Float[Tensor, "n c a a a"],
        features: Float[Tensor, "n voxels d"] | None,
    ) -> tuple[Float[np.ndarray, " n"], tuple[Matches, ...]]:
        """Probabilities to be anomalous, and correspondences of the first few pairs of objects."""
        if len(pooled) == 0:
            return np.zeros(0), ()
        comparison = self.network.comparison
        logits, how = comparison(pooled, features)
        points = places.flatten(1, 3)
        matches = []
        for pair in list(combinations(range(len(points)), 2))[:SHOWN_PAIRS]:
            found = comparison.matches(pooled, how, features, pair, SHOWN_MATCHES)
            if found is not None:
                both = torch.stack([points[number, voxels] for number, voxels in zip(pair, found, strict=True)])
                matches.append(Matches(pair, both.double().cpu().numpy()))
        scores = logits.sigmoid().double().cpu().numpy()
        return scores, tuple(matches)

    def _parts(
        self,
        places: Float[Tensor, "n a a a 3"],
        pooled: Float[Tensor, "n c a a a"],
        features: Float[Tensor, "n voxels d"] | None,
        solid: Bool[Tensor, "n a a a"],
        odd: Sequence[bool | None],
    ) -> list[Float[np.ndarray, "_ 3"]]:
        """World points of each object that made it odd; none of the others."""
        parts = [np.zeros((0, 3))] * len(pooled)

        def judge(objects: Float[Tensor, "n c a a a"]) -> Float[Tensor, " n"]:
            return self.network.comparison(objects, None if features is None else features.clone())[0]

        for number in (n for n, is_odd in enumerate(odd) if is_odd):
            told = decisive_places(judge, pooled, number, solid[number])
            parts[number] = places[number][told].double().cpu().numpy()
        return parts


def _verdicts(scores: Float[np.ndarray, " n"]) -> Verdicts:
    return verdicts(scores, ODD_FROM, np.abs(scores[:, None] - scores), alike_below=ODD_FROM)


def load_learned_method(config_path: Path, device: str = "auto") -> LearnedMethod:
    """The method of a finished or running training; its data need not be there any more.

    Args:
        config_path: config.yml that ns-train printed; reading one runs the Python code it names
        device: `auto`, `cpu` or `cuda`

    Raises:
        UserError: it is no config of odd-one-out, or its checkpoint is missing, broken or does not fit
    """
    from pad_nerfstudio.odd_one_out.learned.trained_model import load_trained_model

    model, config = load_trained_model(config_path, device)
    fold_batch_norms(model.network.image_encoder.eval())
    return LearnedMethod(
        network=model.network,
        image_size=tuple(config.pipeline.datamanager.image_size),
        occupied=config.pipeline.model.occupied,
        remarks=tuple(remark for remark in model.remarks.values() if remark),
    )
