"""Several photos scored together on a GPU: read and written in threads, rendered and compared there in one call each.

On a CPU photos are scored one by one, in as many threads as there are cores.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from pad_nerfstudio.anomaly.outputs import QueryScore
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.scorer import ComparedPhoto, ScoredPhoto, Scorer
from pad_nerfstudio.concurrency import AsFinished, in_threads, workers_for
from pad_nerfstudio.fields.parallel import num_threads
from pad_nerfstudio.models.rendering import alike, rendered_together, stacked


def compared_together(scorer: Scorer, photos: Sequence[PosedPhoto]) -> list[ComparedPhoto]:
    """`[scorer.compared(photo) for photo in photos]` with one rendering, one comparison and one look of the network for
    all photos of one size.

    Raises:
        UserError: a photo or a training photo is missing or broken
    """
    background = scorer.background.cpu()
    queries = in_threads(lambda photo: photo.rgb(background), photos, num_threads())
    poses = [photo.camera_to_world for photo in photos]
    if scorer.nearby is not None:
        scorer.nearby.look_ahead(poses, scorer.nearby_count, scorer.batching.chunk)
    references = rendered_together(scorer.renderer, poses, [scorer.compared_with(photo.camera) for photo in photos])
    asked = [
        scorer.beside(query, photo.camera_to_world, photo.camera, photo.light, reference)
        for query, photo, reference in zip(queries, photos, references, strict=True)
    ]
    compared: dict[int, ComparedPhoto] = {}
    for numbers in alike([one.alternatives.shape for one in asked]):
        some = [asked[number] for number in numbers]
        queries, alternatives = (
            torch.stack([getattr(one, name) for one in some]) for name in ("query", "alternatives")
        )
        maps, opinions = scorer.maps(queries, stacked([one.view.reference for one in some]), alternatives)
        for i, (number, one) in enumerate(zip(numbers, some, strict=True)):
            opinion = None if opinions is None else opinions[i]
            pose = photos[number].camera_to_world if photos[number].converged else None
            camera = photos[number].camera
            compared[number] = ComparedPhoto(one.photo, one.view, maps[i], opinion, one.background, pose, camera)
    return [compared[number] for number in range(len(photos))]


@dataclass(frozen=True)
class InChunks:
    """Pairs of (photo, `function` of it) of a function that takes several photos; has a length, for progress bars."""

    function: Callable[[Sequence[PosedPhoto]], Sequence[Any]]
    """Called on no more than `chunk` photos."""
    photos: Sequence[PosedPhoto]
    """All of them."""
    chunk: int
    """How many at once."""

    def __len__(self) -> int:
        return len(self.photos)

    def __iter__(self) -> Iterator[tuple[PosedPhoto, Any]]:
        for start in range(0, len(self.photos), self.chunk):
            part = self.photos[start : start + self.chunk]
            yield from zip(part, self.function(part), strict=True)


def all_compared(scorer: Scorer, photos: Sequence[PosedPhoto]) -> AsFinished[PosedPhoto, ComparedPhoto] | InChunks:
    """Pairs of (photo, compared), as suits the scorer's device."""
    if scorer.batching.chunk > 1:
        return InChunks(lambda part: compared_together(scorer, part), photos, scorer.batching.chunk)
    return AsFinished(scorer.compared, photos, workers_for(scorer.renderer))


def scored_in_chunks(
    scorer: Scorer,
    photos: Sequence[PosedPhoto],
    finished: Callable[[PosedPhoto], QueryScore | None],
    written: Callable[[PosedPhoto, ScoredPhoto, float], QueryScore],
) -> InChunks:
    """Pairs of (photo, score) of photos that are scored together.

    Args:
        scorer: says how many at once
        photos: all of them
        finished: the score of a photo that need not be scored again
        written: writes what was found of a photo in so many seconds; safe to call from several threads
    """

    def score(part: Sequence[PosedPhoto]) -> list[QueryScore]:
        scores = {photo.file_path: finished(photo) for photo in part}
        fresh = [photo for photo in part if scores[photo.file_path] is None]
        start = time.perf_counter()
        judged = [scorer.judged(compared).on_cpu() for compared in compared_together(scorer, fresh)]
        seconds = (time.perf_counter() - start) / max(1, len(fresh))
        pairs = list(zip(fresh, judged, strict=True))
        for found in in_threads(lambda pair: written(*pair, seconds), pairs, num_threads()):
            scores[found.file_path] = found
        return [scores[photo.file_path] for photo in part]  # type: ignore[misc]

    return InChunks(score, photos, scorer.batching.chunk)
