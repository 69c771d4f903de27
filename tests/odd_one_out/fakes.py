"""A method that knows the truth, for tests of what is done with verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pad_nerfstudio.data.scene_layout import Scene
from pad_nerfstudio.odd_one_out.judged_scene import JudgedObject, JudgedScene, Matches
from pad_nerfstudio.odd_one_out.methods import NamedMethod
from pad_nerfstudio.odd_one_out.verdicts import contact_notes, verdicts


@dataclass
class KnowingMethod:
    """Reads boxes and labels off the metadata, moves boxes by noise and keeps count of how often it was asked."""

    noise: float = 0.005
    """Standard deviation of the corners, world units."""
    wrong: tuple[int, ...] = ()
    """Numbers of objects that get the opposite verdict."""
    missed: tuple[int, ...] = ()
    """Numbers of objects that are not found."""
    remarks: tuple[str, ...] = ()
    """What it says of itself."""
    asked: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    """Name and views of every scene that was judged."""

    def __call__(self, scene: Scene, views: Sequence[int]) -> JudgedScene:
        self.asked.append((scene.name, tuple(views)))
        random = np.random.default_rng(len(views))
        found, scores = [], []
        for number, known in enumerate(scene.objects):
            if number not in self.missed and known.bounds is not None:
                found.append(known.bounds + self.noise * random.standard_normal((2, 3)))
                scores.append(float((known.label == 1) != (number in self.wrong)) + 0.1 * random.random())
        values = np.array(scores, np.float64)
        said = verdicts(values, 0.5, np.abs(values[:, None] - values[None]), 0.5)
        contacts = contact_notes(np.array(found).reshape(-1, 2, 3))
        parts = [box.mean(axis=0)[None] for box in found]
        objects = zip(found, said.scores, said.is_anomalous, parts, strict=True)
        pairs = [Matches((0, 1), np.stack([found[0], found[1]]))] if len(found) > 1 else []
        colors = random.integers(0, 255, (8, 12, 3), dtype=np.uint8)
        judged = tuple(JudgedObject(*each) for each in objects)
        return JudgedScene(scene.name, tuple(views), judged, (*said.notes, *contacts), 0.25, tuple(pairs), colors)

    def named(self) -> NamedMethod:
        """As the run takes it."""
        return NamedMethod("training-free", self)
