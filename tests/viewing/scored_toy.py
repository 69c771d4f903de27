"""A scored run of an analytic toy on disk: two photos, of which the first shows a spur, and the fused part."""

import json
from pathlib import Path

import numpy as np
from torch import Tensor

from pad_nerfstudio.anomaly.fused.parts import write_volume
from pad_nerfstudio.anomaly.fused.score_volume import fuse
from pad_nerfstudio.anomaly.fused.scored_surface import scored_surface
from pad_nerfstudio.anomaly.outputs import CSV_COLUMNS, OutputFolder, as_bytes, write_map, write_png
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.files import write_csv
from pad_nerfstudio.viewing.pointer import Pointer
from tests.localization.analytic_scene import SPUR, TOY, AnalyticScene, look_at

CAMERA = Pinhole.from_angle_x(0.691, 96, 96)
POSES = {"test/Burrs/0.png": look_at((40, 20), 4.0), "test/good/1.png": look_at((25, 60), 4.0, roll=12.0)}
GOOD, BAD = AnalyticScene(), AnalyticScene((*TOY, SPUR))
THRESHOLD = 5.0


def difference(pose: Tensor, photo: np.ndarray) -> np.ndarray:
    """A map: ten times the largest difference of a colour."""
    return np.abs(photo / 255.0 - GOOD.render(pose, CAMERA).rgb.numpy()).max(axis=-1).astype(np.float32) * 10


def write_scored_toy(folder: Path, part: bool = True) -> tuple[Pointer, Path]:
    """Write the class folder and the results; returns where the results are, and the class folder."""
    data, output = folder / "toy", OutputFolder(folder / "results")
    rows, frames, surfaces = [], [], []
    for name, pose in POSES.items():
        photo = as_bytes((BAD if "Burrs" in name else GOOD).render(pose, CAMERA).rgb)
        anomaly_map = difference(pose, photo)
        write_png(data / name, photo)
        write_map(output.map_path(name), anomaly_map)
        surfaces.append(scored_surface(anomaly_map, GOOD.render(pose, CAMERA), CAMERA, pose))
        score, kind = float(anomaly_map.max()), Path(name).parent.name
        rows.append((name, kind, int(kind != "good"), score, 0.1, THRESHOLD, score > THRESHOLD, kind != "good", 0.5))
        frames.append({"file_path": name, "transform_matrix": pose.tolist(), "converged": kind != "good"})
    write_csv(output.scores_path, CSV_COLUMNS, sorted(rows, key=lambda row: row[3]))
    (output.root / "poses.json").write_text(json.dumps({"camera": CAMERA.as_dict(), "frames": frames}))
    if part:
        write_volume(output.root / "parts" / "toy.npz", fuse(surfaces, resolution=48))
        columns = ("part_id", "fused_score", "volume")
        write_csv(output.root / "parts.csv", columns, [("lost", None, None), ("toy", 4.5, "parts/toy.npz")])
    return Pointer(output.root, output.root / "poses.json"), data
