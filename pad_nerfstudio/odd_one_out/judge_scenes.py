"""Judging many scenes, each with several numbers of views: what is finished is not judged again."""

from collections.abc import Sequence

from pad_nerfstudio.anomaly.fingerprint import file_identity, fingerprint
from pad_nerfstudio.anomaly.score_queries import Track
from pad_nerfstudio.data.scene_layout import METADATA, Scene
from pad_nerfstudio.odd_one_out.judged_scene_file import read_judged_scene, write_judged_scene
from pad_nerfstudio.odd_one_out.methods import NamedMethod
from pad_nerfstudio.odd_one_out.scene_outputs import SceneOutputFolder, unique_names
from pad_nerfstudio.odd_one_out.scene_pictures import write_pictures
from pad_nerfstudio.odd_one_out.scored_scene import ScoredScene, scored_scene
from pad_nerfstudio.odd_one_out.view_choice import spread_views
from pad_nerfstudio.versions import DECISIVE, versions

ALL_VIEWS = "all"
"""What stands for the number of views where each scene is judged with all that it has."""


def judge_scenes(
    scenes: Sequence[Scene],
    view_counts: Sequence[int],
    method: NamedMethod,
    output: SceneOutputFolder,
    track: Track = lambda items, _: items,
) -> dict[str, list[ScoredScene]]:
    """Judge every scene with every number of views, and write its pictures.

    A scene whose record in `output` has the same fingerprint (of method, versions, metadata and photos) is finished.

    Args:
        scenes: each with as many views as the highest count
        view_counts: numbers of views, spread evenly over each scene; all views where there is none
        method: says which objects are not like the others
        output: where files go; the record last
        track: shows the progress

    Returns:
        number of views (or `ALL_VIEWS`) -> the scenes in their order, held against the truth

    Raises:
        UserError: a photo is missing or broken, or the method refuses a scene
    """
    names = unique_names([scene.root for scene in scenes])
    found: dict[str, list[ScoredScene]] = {str(count): [] for count in view_counts} or {ALL_VIEWS: []}
    tasks = [(key, scene) for key in found for scene in scenes]
    for key, scene in track(tasks, "Judging scenes"):
        total = len(scene.views)
        views = spread_views(total, total if key == ALL_VIEWS else int(key))
        found[key].append(_judged_once(scene, names[scene.root], views, method, output))
    return found


def _judged_once(
    scene: Scene, name: str, views: tuple[int, ...], method: NamedMethod, output: SceneOutputFolder
) -> ScoredScene:
    pictures, record = output.pictures(name, len(views)), output.record_path(scene.root, len(views))
    identity = scene_fingerprint(scene, views, method)
    judged = read_judged_scene(record, identity)
    finished = judged is not None and (pictures / "boxes.png").is_file()
    if judged is None:
        judged = method.judge(scene, views)
    scored = scored_scene(name, judged, scene.objects)
    if not finished:
        write_pictures(pictures, scene, judged, scored)
        write_judged_scene(record, judged, identity)
    return scored


def scene_fingerprint(scene: Scene, views: Sequence[int], method: NamedMethod) -> str:
    """Digest of everything that decides a verdict, and of the metadata, which decide what is drawn of it."""
    photos = [file_identity(scene.views[number].path) for number in views]
    used = versions((*DECISIVE, "scikit-learn", "scipy"))
    return fingerprint(method.identity(), used, file_identity(scene.root / METADATA), list(views), photos)
