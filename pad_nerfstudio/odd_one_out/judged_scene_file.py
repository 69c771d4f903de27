"""A judged scene as a file, so that it is not judged again."""

import json
import zipfile
from pathlib import Path

import numpy as np

from pad_nerfstudio.files import written_aside
from pad_nerfstudio.odd_one_out.judged_scene import JudgedObject, JudgedScene, Matches


def write_judged_scene(path: Path, judged: JudgedScene, fingerprint: str) -> None:
    """Write a judged scene whole or not at all.

    Args:
        path: a `.npz` file
        judged: what a method says of a scene
        fingerprint: digest of everything that decided it
    """
    told = {
        "fingerprint": fingerprint,
        "name": judged.name,
        "views": judged.views,
        "notes": judged.notes,
        "seconds": judged.seconds,
        "verdicts": [found.is_anomalous for found in judged.objects],
        "scores": [found.score for found in judged.objects],
        "matched": [match.objects for match in judged.matches],
        "features": judged.features is not None,
    }
    arrays = {f"bounds_{i}": found.bounds for i, found in enumerate(judged.objects)}
    arrays |= {f"part_{i}": found.part for i, found in enumerate(judged.objects)}
    arrays |= {f"match_{i}": match.points for i, match in enumerate(judged.matches)}
    if judged.features is not None:
        arrays["features"] = judged.features
    with written_aside(path) as aside:
        np.savez_compressed(aside, told=np.array(json.dumps(told)), **arrays)


def read_judged_scene(path: Path, fingerprint: str) -> JudgedScene | None:
    """The judged scene that was kept; None where there is none, it is broken, or its fingerprint differs."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            told = json.loads(str(kept["told"]))
            if told["fingerprint"] != fingerprint:
                return None
            objects = zip(told["scores"], told["verdicts"], strict=True)
            return JudgedScene(
                name=told["name"],
                views=tuple(told["views"]),
                objects=tuple(
                    JudgedObject(kept[f"bounds_{i}"], score, verdict, kept[f"part_{i}"])
                    for i, (score, verdict) in enumerate(objects)
                ),
                notes=tuple(told["notes"]),
                seconds=told["seconds"],
                matches=tuple(Matches((a, b), kept[f"match_{i}"]) for i, (a, b) in enumerate(told["matched"])),
                features=kept["features"] if told["features"] else None,
            )
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None
