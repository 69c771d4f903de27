"""Judge poses.json against the true poses of generated queries.

python benchmarks/pose_accuracy.py OUT/poses.json CLASS/true_poses.json
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Annotated

import tyro
from rich.console import Console
from rich.table import Table

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.pose_metrics import summarise
from pad_nerfstudio.localization.true_poses import error_of, frames_of


@dataclass
class PoseAccuracy:
    """Options of pose_accuracy.py."""

    poses: Annotated[Path, tyro.conf.Positional]
    """The poses.json that ns-pad-localize wrote."""
    true_poses: Annotated[Path, tyro.conf.Positional]
    """The true_poses.json of the data set's generator."""
    worst: int = 3
    """How many of the worst queries to list."""

    def main(self) -> None:
        """Print the table."""
        found, truth = frames_of(self.poses), frames_of(self.true_poses)
        known = [name for name in found if name in truth]
        if not known:
            raise UserError(
                f"{self.true_poses}: has no pose of any photo in {self.poses}; give those of the same class"
            )
        errors = {name: error_of(found[name], truth[name]) for name in known}
        table = Table("kind", "n", "median deg", "max deg", "< 1 deg %", "AUC@5deg", "median", "max", "AUC@0.05", "s")
        for kind in [*dict.fromkeys(Path(name).parent.name for name in known), "all"]:
            names = [name for name in known if kind in ("all", Path(name).parent.name)]
            summary = summarise([errors[name][0] for name in names], [errors[name][1] for name in names])
            table.add_row(
                kind,
                str(summary.count),
                f"{summary.median_degrees:.3f}",
                f"{summary.max_degrees:.3f}",
                f"{summary.within_one_degree:.1f}",
                f"{summary.auc_5_degrees:.2f}",
                f"{summary.median_distance:.4f}",
                f"{summary.max_distance:.4f}",
                f"{summary.auc_005:.2f}",
                f"{mean(found[name]['seconds'] for name in names):.2f}",
            )
        Console(width=120).print(table)
        residuals = {True: [], False: []}
        for name in known:
            residuals[found[name]["converged"]].append(found[name]["residual"])
        for name in sorted(known, key=lambda name: errors[name][0])[-self.worst :]:
            degrees, distance = errors[name]
            print(f"{name}: {degrees:.3f} degrees, {distance:.4f} units, residual {found[name]['residual']:.3f}")
        right = residuals[True]
        print(f"converged {len(right)} of {len(known)}, median residual {median(right or [0.0]):.4f}")


if __name__ == "__main__":
    try:
        tyro.cli(PoseAccuracy, description=__doc__).main()
    except UserError as error:
        sys.exit(f"error: {error}")
