"""The queries of a report: a row of the table each, and a strip of pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from pad_nerfstudio.anomaly.outputs import QueryScore, read_map
from pad_nerfstudio.anomaly.overlay import colored_map
from pad_nerfstudio.anomaly.score_queries import Track
from pad_nerfstudio.anomaly.scoring_run import ScoringRun
from pad_nerfstudio.concurrency import AsFinished
from pad_nerfstudio.data.images import read_image, read_mask
from pad_nerfstudio.fields.parallel import num_threads
from pad_nerfstudio.reporting.thumbnails import data_uri
from pad_nerfstudio.short_number import short_number

LARGE_STRIPS = 100
"""Queries with larger pictures, the most anomalous first."""
MAX_STRIPS = 2000
"""Queries with pictures at all: what bounds the file, together with `SIDES`."""
SIDES = {True: (320, 208), False: (160, 96)}
"""Large strip or not -> pixels of the longer side of query and reference, and of the other pictures. A large strip of
photos with texture takes about 65 kB and a small one 20 kB; on even backgrounds a third of that."""
DIFFERENCE_GAIN = 3
"""What differences of colour are multiplied by, to be seen."""


def query_cards(run: ScoringRun, track: Track = lambda items, _: items) -> list[dict[str, Any]]:
    """Every query as the template shows it, the most anomalous first; `strip` holds pictures, or nothing beyond
    `MAX_STRIPS`.

    Args:
        run: a finished scoring run, its files in place
        track: shows the progress

    Raises:
        UserError: an image is gone or broken
    """
    ordered = sorted(run.scores, key=lambda score: -score.image_score)

    def drawn(index: int) -> list[dict[str, str]]:
        return _strip(run, ordered[index], *SIDES[index < LARGE_STRIPS])

    drawing = AsFinished(drawn, range(min(len(ordered), MAX_STRIPS)), num_threads())
    strips = dict(track(drawing, "Drawing the report"))
    return [_card(run, score, index, strips.get(index, [])) for index, score in enumerate(ordered)]


def query_filters(cards: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Buttons that choose queries by verdict; those that would show nothing are left out."""
    buttons = [{"css": "all", "name": "all", "count": len(cards)}]
    for tag in ("anomalous", "normal", "missed", "false-alarm", "not-localised"):
        count = sum(tag in card["tags"] for card in cards)
        if count:
            buttons.append({"css": tag, "name": tag.replace("-", " "), "count": count})
    return buttons


def difference(query: UInt8[np.ndarray, "h w 3"], reference: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """Absolute difference of two images, `DIFFERENCE_GAIN` times as bright."""
    distance = np.abs(query.astype(np.int16) - reference.astype(np.int16))
    return np.minimum(distance * DIFFERENCE_GAIN, 255).astype(np.uint8)


def _card(run: ScoringRun, score: QueryScore, index: int, strip: list[dict[str, str]]) -> dict[str, Any]:
    anomalous = run.calibration.is_anomalous(score.image_score)
    p_value = run.calibration.p_value(score.image_score)
    verdict = {None: "", True: "anomalous", False: "normal"}[anomalous]
    badges = []
    if score.label == 1 and anomalous is False:
        badges.append("missed")
    if score.label == 0 and anomalous:
        badges.append("false alarm")
    if not score.converged:
        badges.append("not localised")
    return {
        "file_path": score.file_path,
        "anchor": f"q{index + 1}",
        "kind": score.kind or "–",
        "image_score": score.image_score,
        "score_text": short_number(score.image_score),
        "p_value": "" if p_value is None else p_value,
        "p_text": "–" if p_value is None else f"{p_value:.3f}",
        "verdict": verdict,
        "converged": score.converged,
        "seconds": score.seconds,
        "badges": badges,
        "tags": [badge.replace(" ", "-") for badge in badges] + ([verdict] if verdict else []),
        "strip": strip,
    }


def _strip(run: ScoringRun, score: QueryScore, large: int, small: int) -> list[dict[str, str]]:
    """Query, reference, difference, map, overlay and, where there is one, mask."""
    query = read_image(Path(score.path))
    reference = read_image(run.output.reference_path(score.file_path), size=(query.shape[1], query.shape[0]))
    pictures = {
        "query": data_uri(query, large),
        "reference": data_uri(reference, large),
        "difference": data_uri(difference(query, reference), small),
        "map": data_uri(colored_map(read_map(run.output.map_path(score.file_path)), run.map_limit), small),
        "overlay": data_uri(read_image(run.output.overlay_path(score.file_path)), small),
    }
    if score.mask_path is not None:
        pictures["mask"] = data_uri(read_mask(Path(score.mask_path), (query.shape[1], query.shape[0])), small)
    return [{"name": name, "uri": uri} for name, uri in pictures.items()]
