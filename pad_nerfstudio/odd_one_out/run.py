"""`ns-pad-score` from scene folders to files: read, judge, evaluate, write."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pad_nerfstudio.anomaly.score_queries import Track
from pad_nerfstudio.data.scene_layout import Scene, read_scene, scenes_under
from pad_nerfstudio.data.scene_splits import scenes_of_part
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.files import write_json
from pad_nerfstudio.odd_one_out.evaluation import evaluate
from pad_nerfstudio.odd_one_out.judge_scenes import judge_scenes
from pad_nerfstudio.odd_one_out.methods import NamedMethod
from pad_nerfstudio.odd_one_out.scene_outputs import SceneOutputFolder, write_objects
from pad_nerfstudio.odd_one_out.scene_run import SceneRun
from pad_nerfstudio.odd_one_out.view_choice import check_view_counts
from pad_nerfstudio.versions import DECISIVE, machine, versions

RULE = "an object is correct where its box IoU is over 0.5 and its verdict is right; one without verdict is not"
"""Of the accuracy (Bhunia et al., section 4.3)."""


def read_scenes(
    folders: Sequence[Path], split: Path | None = None, track: Track = lambda items, _: items
) -> list[Scene]:
    """All scenes in or below some folders, each once; broken ones are found before anything long begins.

    Args:
        folders: scenes, or folders of such
        split: a file as `read_split` reads it: only the scenes of its part `test`, which lie under one folder
        track: shows the progress

    Raises:
        UserError: a folder holds no scene, one is broken, or the split does not fit
    """
    if split is not None and len(folders) != 1:
        raise UserError("--split: its scenes lie under one folder; give that alone by --scenes")
    if split is not None:
        roots = scenes_of_part(folders[0], split, "test")
        if not roots:
            raise UserError(f"{split}: its part 'test' is empty; name the scenes to judge, or leave --split out")
    else:
        roots = list(dict.fromkeys(root for folder in folders for root in scenes_under(folder)))
    return [read_scene(root) for root in track(roots, "Reading scenes")]


def run_scene_scoring(
    scenes: Sequence[Scene],
    view_counts: Sequence[int],
    method: NamedMethod,
    output: SceneOutputFolder,
    track: Track = lambda items, _: items,
) -> SceneRun:
    """Judge scenes and write `objects.csv`, `metrics.json` and the pictures.

    Args:
        scenes: at least one
        view_counts: numbers of views to judge each scene with; all that it has where none is given
        method: says which objects are not like the others
        output: where files go
        track: shows the progress

    Raises:
        UserError: a scene has fewer views than are asked for, a photo is broken, or the method refuses a scene
    """
    start = time.perf_counter()
    counts = sorted(set(view_counts))
    check_view_counts(scenes, counts)
    by_views = judge_scenes(scenes, counts, method, output, track)
    summary = {
        "method": method.name,
        "remarks": list(method.remarks),
        "scenes": len(scenes),
        "rule": RULE,
        "views": {views: evaluate(scored) for views, scored in by_views.items()},
        **_origin(method),
        "timings": {"seconds_scoring": time.perf_counter() - start},
        "versions": versions((*DECISIVE, "scikit-learn", "scipy")),
        "machine": machine(),
    }
    run = SceneRun(output, by_views, summary)
    summary["notes"] = run.sentences
    write_objects(output.objects_path, [scene for scored in by_views.values() for scene in scored])
    write_json(output.metrics_path, summary)
    return run


def _origin(method: NamedMethod) -> dict[str, Any]:
    """Where the method comes from."""
    files = {"config": method.config, "checkpoint": method.checkpoint}
    paths = {name: None if path is None else str(path) for name, path in files.items()}
    return {"seed": method.seed, "settings": dict(method.settings), **paths}
