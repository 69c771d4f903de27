"""From objects as they look, laid upon each other, to one logit each."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pad_nerfstudio.odd_one_out.learned.seen_volumes import SEEN
from pad_nerfstudio.odd_one_out.learned.turning import Turns, best_turns, turned

MAPS = 12
"""Learnt maps of differences, beside the plain ones."""
PLAIN = 3
"""Plain ones: of opacity, of the mean colour and of its spread."""
CONTRAST = 4.0
"""Colours differ by about a quarter, opacities by one."""
COLOR_SHARE = 1.5
"""Of colours against opacities in telling how objects lie upon each other."""
LEAST_VOLUME = 0.005
"""Of a block, added to the volume by which differences are divided: of hardly anything nothing is told."""
LEAST = 1e-3
"""Difference that counts as none."""
START, RARE = 0.7, -1.5
"""Weight of each plain difference and the logit of an object that differs as all do, before anything is learnt."""


class AlignedComparison(nn.Module):
    """How much each object differs from the others that it lies upon, as a multiple of what is usual in the scene.

    Not in the paper, whose attention must learn from thousands of scenes which voxels correspond and what is unusual.
    Here every pair is turned about the vertical until it fits best, differences are measured in plain and in learnt
    ways, an object's measure is the median over the others, and only its ratio to the scene's median is judged: noise
    of the reconstruction, gloss and size weigh on all objects of a scene alike.
    """

    def __init__(self) -> None:
        """Set up so that plain differences decide until more is learnt."""
        super().__init__()
        channels = 2 + SEEN - 1
        self.maps = nn.Sequential(
            nn.Conv3d(channels, MAPS, 3, padding=1), nn.ReLU(), nn.Conv3d(MAPS, MAPS, 3, padding=1), nn.Softplus()
        )
        measures = 2 * (PLAIN + MAPS)
        self.plain = nn.Linear(measures, 1)
        self.learnt = nn.Sequential(nn.Linear(measures, 16), nn.ReLU(), nn.Linear(16, 1))
        last: Any = self.learnt[-1]
        for layer in (self.plain, last):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        nn.init.constant_(self.plain.bias, RARE)
        with torch.no_grad():
            self.plain.weight[:, :PLAIN] = START

    def forward(
        self, objects: Float[Tensor, "n 7 a a a"], features: Float[Tensor, "n voxels d"] | None = None
    ) -> tuple[Float[Tensor, " n"], Turns]:
        """Logits to be anomalous, and how objects lie upon each other.

        Args:
            objects: of one scene, at least one, upright and at one scale, see `seen_volumes`
            features: not looked at
        """
        turns = best_turns(_described(objects))
        if len(objects) == 1:
            return self.plain.bias, turns
        measures = self._measures(*_pairs(objects, turns))
        measures = (measures + measures.transpose(0, 1)) / 2
        usual = torch.log(_median_of_others(measures) + LEAST)
        ratios = usual - usual.quantile(0.5, dim=0)
        return (self.plain(ratios) + self.learnt(2 * ratios))[:, 0], turns

    def _measures(
        self, own: Float[Tensor, "n n 7 a a a"], other: Float[Tensor, "n n 7 a a a"]
    ) -> Float[Tensor, "n n measures"]:
        """Of each pair: every map's sum over the mean volume of the two, and its strongest place."""
        both = torch.minimum(own[:, :, :1], other[:, :, :1])
        away = (own - other).abs()
        colors = CONTRAST * away[:, :, 1:] * both
        seen = torch.cat([away[:, :, :1], both, colors], dim=2).flatten(0, 1)
        plain = torch.stack([seen[:, 0], seen[:, 2:5].mean(dim=1), seen[:, 5:8].mean(dim=1)], dim=1)
        maps = torch.cat([plain, self.maps(seen)], dim=1)
        volume = (own[:, :, 0] + other[:, :, 0]).mean(dim=(2, 3, 4)).flatten()[:, None] / 2 + LEAST_VOLUME
        strongest = functional.avg_pool3d(maps, 3, stride=1, padding=1).amax(dim=(2, 3, 4))
        return torch.cat([maps.mean(dim=(2, 3, 4)) / volume, strongest], dim=1).unflatten(0, own.shape[:2])

    def matches(
        self,
        objects: Float[Tensor, "n 7 a a a"],
        turns: Turns,
        features: Float[Tensor, "n voxels d"] | None,
        pair: tuple[int, int],
        count: int,
    ) -> tuple[Int[Tensor, " count"], Int[Tensor, " count"]]:
        """Voxels of two objects that lie upon each other, all over what both have; may be fewer than asked."""
        a = objects.shape[-1]
        axis = torch.arange(a).to(objects)
        places = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"))
        first, second = pair
        there = torch.cat([objects[second, :1], places])[None]
        there = turned(there, turns.angles[first, second, None], turns.shifts[first, second, None])[0]
        here = torch.minimum(objects[first, 0], there[0]).flatten() > 0.5
        x, y, z = there[1:].round().long().clamp(0, a - 1).flatten(1)
        chosen = here.nonzero()[:, 0]
        chosen = chosen[:: max(1, -(-len(chosen) // count))]
        return chosen, ((x * a + y) * a + z)[chosen]


def _described(objects: Float[Tensor, "n 7 a a a"]) -> Float[Tensor, "n 4 a a a"]:
    """By what it is told how objects lie upon each other."""
    opacity = objects[:, :1]
    return torch.cat([opacity, COLOR_SHARE * opacity * (objects[:, 1:4] - 0.5)], dim=1)


def _pairs(
    objects: Float[Tensor, "n 7 a a a"], turns: Turns
) -> tuple[Float[Tensor, "n n 7 a a a"], Float[Tensor, "n n 7 a a a"]]:
    """Of each pair the first object as it stands, and the second turned upon it."""
    n = len(objects)
    own, other = objects[:, None].expand(-1, n, -1, -1, -1, -1), objects[None].expand(n, -1, -1, -1, -1, -1)
    return own, turned(other.flatten(0, 1), turns.angles.flatten(), turns.shifts.flatten(0, 1)).view_as(other)


def _median_of_others(measures: Float[Tensor, "n n m"]) -> Float[Tensor, "n m"]:
    """Of each object's measures against every other one; at least two objects."""
    n = len(measures)
    others = ~torch.eye(n, dtype=torch.bool, device=measures.device)
    return measures[others].view(n, n - 1, -1).quantile(0.5, dim=1)
