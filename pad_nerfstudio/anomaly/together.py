"""Several photos scored together on a GPU: read and written in threads, compared there, with one look of the network.

On a CPU photos are scored one by one, in as many threads as there are cores.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.batching import half_precision
from pad_nerfstudio.anomaly.learned.evidence import evidence
from pad_nerfstudio.anomaly.learned.network import Comparator
from pad_nerfstudio.anomaly.learned.second_opinion import SMOOTHING, SecondOpinion
from pad_nerfstudio.anomaly.outputs import QueryScore
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.scorer import ComparedPhoto, ScoredPhoto, Scorer
from pad_nerfstudio.concurrency import AsFinished, in_threads, workers_for
from pad_nerfstudio.features.filters import gaussian_blur
from pad_nerfstudio.fields.parallel import num_threads
from pad_nerfstudio.models.rendering import Rendering

Asked = tuple[Float[Tensor, "h w 3"], Rendering, Float[Tensor, "k h w 3"]]
"""What a network is asked of one photo; see `Comparison`."""


@dataclass(frozen=True, eq=False)
class AskedLater(SecondOpinion):
    """Notes what a network is to be asked of each photo."""

    questions: list[Asked] = field(default_factory=list)
    """In the order of the photos."""

    def __call__(
        self, query: Float[Tensor, "h w 3"], reference: Rendering, alternatives: Float[Tensor, "k h w 3"]
    ) -> Any:
        """Note the question; the answer is still open, so this is None."""
        self.questions.append((query, reference, alternatives))


def compared_together(scorer: Scorer, photos: Sequence[PosedPhoto]) -> list[ComparedPhoto]:
    """`[scorer.compared(photo) for photo in photos]`, the network being asked once of all that are alike in size.

    Raises:
        UserError: a photo or a training photo is missing or broken
    """
    background = scorer.background.cpu()
    queries = in_threads(lambda photo: photo.rgb(background), photos, num_threads())
    opinion = scorer.second_opinion
    later = None if opinion is None else AskedLater(opinion.network)
    asking = replace(scorer, second_opinion=later)
    compared = [
        asking.compare(query, photo.camera_to_world, photo.camera, photo.light)
        for query, photo in zip(queries, photos, strict=True)
    ]
    if later is None:
        return compared
    answers = answered(later.network, later.questions, scorer.batching.mixed_precision)
    return [replace(one, opinion=answer) for one, answer in zip(compared, answers, strict=True)]


@torch.no_grad()
def answered(
    network: Comparator, questions: Sequence[Asked], mixed_precision: bool = False
) -> list[Float[Tensor, "h w"]]:
    """What `SecondOpinion` says of each photo; photos of one size, with equally many alternatives, in one batch."""
    answers: dict[int, Tensor] = {}
    kinds = [tuple(alternatives.shape) for _, _, alternatives in questions]
    for kind in dict.fromkeys(kinds):
        numbers = [i for i, other in enumerate(kinds) if other == kind]
        queries = torch.stack([questions[i][0] for i in numbers]).permute(0, 3, 1, 2)
        references = [questions[i][1] for i in numbers]
        normal = torch.stack([torch.cat([questions[i][1].rgb[None], questions[i][2]]) for i in numbers])
        accumulation = torch.stack([reference.accumulation for reference in references])
        maps = evidence(queries, normal.permute(0, 1, 4, 2, 3), accumulation)
        with half_precision(maps.device) if mixed_precision else nullcontext():
            logits = network(maps)
        answers.update(zip(numbers, gaussian_blur(logits.float(), SMOOTHING), strict=True))
    return [answers[i] for i in range(len(questions))]


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
