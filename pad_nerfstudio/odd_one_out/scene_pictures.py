"""The pictures of one judged scene, as files."""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from pad_nerfstudio.anomaly.outputs import write_png
from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.scene_layout import Scene
from pad_nerfstudio.odd_one_out.judged_scene import JudgedScene
from pad_nerfstudio.odd_one_out.pictures import SIDE, draw_matches, draw_objects, draw_parts, view_facing
from pad_nerfstudio.odd_one_out.scored_scene import ScoredScene

PICTURES = ("boxes", "boxes_behind", "part", "features", "correspondences")
"""Names of the pictures, in the order in which they are shown; those that do not apply are left out."""


def write_pictures(folder: Path, scene: Scene, judged: JudgedScene, scored: ScoredScene) -> None:
    """Write what `scene_pictures` draws as PNG files.

    Raises:
        UserError: a photo is missing or broken
    """
    drawn = scene_pictures(scene, judged, scored)
    for name in PICTURES:
        path = folder / f"{name}.png"
        if name in drawn:
            write_png(path, drawn[name])
        else:
            path.unlink(missing_ok=True)  # of another state of the scene


def scene_pictures(scene: Scene, judged: JudgedScene, scored: ScoredScene) -> dict[str, UInt8[np.ndarray, "h w 3"]]:
    """Boxes from two sides, the part that differs, the feature field, and places of two instances that correspond.

    Args:
        scene: where photos and cameras come from; only views that were looked at are shown
        judged: what a method says of it
        scored: the same, held against the truth

    Returns:
        name in `PICTURES` -> picture

    Raises:
        UserError: a photo is missing or broken
    """
    views = [scene.views[number] for number in judged.views]
    poses = [view.camera_to_world for view in views]
    seen = [(read_image(views[i].path), poses[i], scene.camera) for i in (0, len(views) // 2)]
    drawn = {"boxes": draw_objects(seen[0][0], scored.objects, *seen[0][1:])}
    if len(views) > 1:
        drawn["boxes_behind"] = draw_objects(seen[1][0], scored.objects, *seen[1][1:])
    odd = [found for found in judged.objects if found.is_anomalous and len(found.part)]
    if odd:
        most = max(odd, key=lambda found: found.score or 0.0)
        facing = view_facing(most.part, most.bounds.mean(axis=0), poses)
        photo = read_image(views[facing].path)
        drawn["part"] = draw_parts(photo, [found.part for found in odd], poses[facing], scene.camera)
    if judged.features is not None:
        h, w = judged.features.shape[:2]
        size = (SIDE, max(1, round(SIDE * h / w)))
        drawn["features"] = np.asarray(cv2.resize(judged.features, size, interpolation=cv2.INTER_NEAREST))
    matches = [match for match in judged.matches if match.points.shape[1]]
    if matches:
        first = matches[0]
        facing = view_facing(first.points[0], judged.objects[first.objects[0]].bounds.mean(axis=0), poses)
        photo = read_image(views[facing].path)
        drawn["correspondences"] = draw_matches(photo, [first], poses[facing], scene.camera)
    return drawn
