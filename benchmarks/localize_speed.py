"""Direct alignment against gradient inversion (iNeRF) on the same trained field: seconds a query and pose accuracy.

    python benchmarks/localize_speed.py --load-config CONFIG

Both start from the same retrieval; the true poses are read only to judge.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

import numpy as np
import torch
import tyro
from recorded import record

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.mad_layout import Query, read_mad_class
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.field_localizer import localizer_for_field
from pad_nerfstudio.localization.localizer import LocalizerConfig
from pad_nerfstudio.localization.pose_metrics import summarise
from pad_nerfstudio.localization.se3 import pose_error
from pad_nerfstudio.localization.true_poses import frames_of
from pad_nerfstudio.models.trained_field import TrainedField, load_trained_field


@dataclass
class LocalizeSpeed:
    """Options of localize_speed.py."""

    load_config: Path
    """The config.yml of a field trained on a generated toy, beside whose images lies true_poses.json."""
    queries: int = 8
    """Queries that both methods localise, spread evenly over the test split; 0 for all."""
    output: Path = Path(__file__).parent / "results" / "localize_speed.json"
    """Where the figures go."""


def measure(
    field: TrainedField, queries: list[Query], camera: Pinhole, refine: Literal["direct", "inversion"]
) -> dict[str, float]:
    """Localise some queries one way."""
    truth = frames_of(field.data_root / "true_poses.json")
    poses = {name: torch.tensor(frame["transform_matrix"], dtype=torch.float64) for name, frame in truth.items()}
    localizer = localizer_for_field(field, LocalizerConfig(refine=refine))
    seconds, errors = [], []
    for query in queries:
        image = torch.from_numpy(read_image(query.path)).float() / 255
        found = localizer.localize(image, camera)
        seconds.append(found.seconds)
        errors.append([float(e) for e in pose_error(found.camera_to_world, poses[query.file_path])])
        print(f"{refine} {query.file_path}: {errors[-1][0]:.3f} degrees, {found.seconds:.2f} s", flush=True)
    degrees, distances = zip(*errors, strict=True)
    summary = summarise(degrees, distances)
    return {"seconds_per_query": median(seconds), **{k: float(v) for k, v in vars(summary).items()}}


def main(options: LocalizeSpeed) -> None:
    """Measure both and print the ratio."""
    field = load_trained_field(options.load_config)
    mad = read_mad_class(field.data_root)
    count = options.queries or len(mad.queries)
    chosen = [mad.queries[i] for i in np.linspace(0, len(mad.queries) - 1, count).astype(int)]
    direct = measure(field, chosen, mad.camera, "direct")
    inversion = measure(field, chosen, mad.camera, "inversion")
    ratio = inversion["seconds_per_query"] / direct["seconds_per_query"]
    print(json.dumps({"direct": direct, "inversion": inversion}, indent=2))
    print(f"direct alignment is {ratio:.1f} times as fast")
    results = {"direct": direct, "inversion": inversion, "ratio": ratio, "queries": len(chosen)}
    record(options.output, results)


if __name__ == "__main__":
    main(tyro.cli(LocalizeSpeed))
