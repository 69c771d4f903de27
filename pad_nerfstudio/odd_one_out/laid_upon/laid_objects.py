"""All objects of a scene, each laid upon each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.fields.parallel import one_torch_thread
from pad_nerfstudio.odd_one_out.judged_scene import Matches
from pad_nerfstudio.odd_one_out.laid_upon.comparison import PairDifference, SeenObject, compare, see
from pad_nerfstudio.odd_one_out.laid_upon.consensus import differing_part
from pad_nerfstudio.odd_one_out.laid_upon.instance import Instance
from pad_nerfstudio.odd_one_out.laid_upon.measures import measures_of
from pad_nerfstudio.odd_one_out.laid_upon.photos import Photos


@dataclass(frozen=True, eq=False)
class LaidObjects:
    """The objects of a scene and how each two of them lie upon each other."""

    seen: tuple[SeenObject, ...]
    """The objects."""
    pairs: dict[tuple[int, int], PairDifference]
    """Of each two, the smaller number first."""

    def measures(self) -> Float[np.ndarray, "n n measures"]:
        """How much each two differ, see `measures_of`."""
        return measures_of(self.seen, self.pairs)

    def part(self, number: int) -> Float[np.ndarray, "n 3"]:
        """World points at which an object differs from those that speak for the majority; none where it is alone."""
        return differing_part(number, self.pairs, len(self.seen)) if self.pairs else np.zeros((0, 3))

    def matches(self, count: int, seed: int) -> tuple[Matches, ...]:
        """So many correspondences of each pair."""
        draws = np.random.default_rng(seed)
        shown = []
        for objects, pair in self.pairs.items():
            chosen = draws.permutation(pair.matches.shape[1])[:count]
            shown.append(Matches(objects, pair.matches[:, chosen]))
        return tuple(shown)


def lay_upon_each_other(instances: Sequence[Instance], photos: Photos, seed: int) -> LaidObjects:
    """Compare each two objects of a scene; the order in which they are given changes nothing.

    Args:
        instances: any number
        photos: in which they are seen
        seed: decides by which places of their surfaces poses are told
    """
    with one_torch_thread():
        seen = tuple(see(instance, photos, seed) for instance in instances)
        pairs = {}
        for i in range(len(seen)):
            for j in range(i + 1, len(seen)):
                in_order = _place(instances[i]) <= _place(instances[j])
                pairs[i, j] = (
                    compare(seen[i], seen[j], photos) if in_order else compare(seen[j], seen[i], photos).swapped()
                )
    return LaidObjects(seen, pairs)


def _place(instance: Instance) -> tuple[float, ...]:
    """By which the first of two objects is chosen: searching for poses is not quite the same both ways."""
    return tuple(instance.points.mean(axis=0))
