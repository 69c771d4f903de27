"""The kinds of anomaly by name, drawn again until they pass the checks of the paper (section A.1)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenes import breaks, deform, part_changes
from scenes.changed import changed_share
from scenes.mesh import Mesh
from scenes.pieces import body_count

ANOMALIES: dict[str, Callable[[Mesh, np.random.Generator], Mesh | None]] = {
    "crack": breaks.crack,
    "fracture": breaks.fracture,
    "bump": deform.bump,
    "bend": deform.bend,
    "twist": deform.twist,
    "moved_part": part_changes.moved_part,
    "rotated_part": part_changes.rotated_part,
    "material": part_changes.material,
    "missing_part": part_changes.missing_part,
    "other": part_changes.other,
}
LEAST_CHANGED = 0.01
"""Share of the surface that must differ."""
LEAST_CHANGED_OF = {"bend": 0.1, "twist": 0.1, "other": 0.05}
"""The same for kinds that go through the whole mesh: a bottle that is wrung about its axis looks as before."""


def draw_anomaly(name: str, mesh: Mesh, rng: np.random.Generator, attempts: int = 5) -> Mesh | None:
    """A changed copy of a mesh; None where the mesh has nothing that `name` could happen to.

    Nothing comes loose (`body_count` does not rise), the change is no trifle (`LEAST_CHANGED`) and something is left.

    Args:
        name: a key of `ANOMALIES`
        mesh: `normalised` and `welded`
        rng: decides where and how much
        attempts: draws before giving up
    """
    bodies = body_count(mesh)
    for _ in range(attempts):
        changed = ANOMALIES[name](mesh, rng)
        if changed is None or not len(changed.faces) or changed.extent > 1.6:
            continue
        if body_count(changed) <= bodies and changed_share(mesh, changed) >= LEAST_CHANGED_OF.get(name, LEAST_CHANGED):
            return changed
    return None
