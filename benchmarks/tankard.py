"""From a museum's photos of a tankard to defects found on some of them: every step as a user takes it.

    python benchmarks/tankard.py --capture CAPTURE --work-dir FOLDER

Nine photos, spread evenly, are kept from the training. They are localised without their poses, as they are and with
defects pasted on copies. Run it alone on the machine: the record tells the load that others put on it.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro
from recorded import record
from whole_job import WholeJob, measured, run

from pad_nerfstudio.localization.true_poses import error_of, frames_of

CONVERTERS = Path(__file__).resolve().parents[1] / "data_converters"


@dataclass
class Tankard:
    """Options of tankard.py."""

    capture: Path
    """The capture's transforms.json, or its folder."""
    work_dir: Path
    """Folder for the class folder, the run and its results."""
    longest_side: int = 400
    """Of the pictures in pixels. The field's voxels are as large as two of them; the comparison looks no closer."""
    hold_out: int = 9
    """Photos kept from the training."""
    per_photo: int = 1
    """Copies of each of them for each kind of defect."""
    query_masks: Literal["alpha", "none"] = "alpha"
    """Whether the photos to be judged are cut out by their masks, as the training photos are."""
    seed: int = 0
    """Of the defects."""
    train: tuple[str, ...] = ()
    """Further arguments of ns-train."""
    score: tuple[str, ...] = ("--places", "--image-score", "pooled-maximum")
    """Further arguments of ns-pad-score; by default single pixels, by which photos and field differ, decide nothing."""
    output: Path = Path(__file__).parent / "results" / "tankard.json"
    """Where the figures go."""


def prepared(options: Tankard, data: Path) -> dict[str, Any]:
    """Make the class folder, unless an earlier run has; seconds by program."""
    work = data.parent
    work.mkdir(parents=True, exist_ok=True)
    made = ["--hold-out", str(options.hold_out), "--longest-side", str(options.longest_side)]
    convert = [CONVERTERS / "capture_to_mad.py", "--data", options.capture.absolute(), *made]
    paste = [CONVERTERS / "paste_defects.py", "--per-photo", str(options.per_photo), "--seed", str(options.seed)]
    if options.query_masks == "none":  # defects still want to know where the object is
        masked = work / "masked"
        run("python", *convert, "--output-dir", masked, log=work / "masked.log")
        convert += ["--hold-out-masks", "none"]
        paste += ["--object-masks", masked / "test" / "good"]
    return {
        "capture_to_mad": run("python", *convert, "--output-dir", data, log=work / "convert.log"),
        "paste_defects": run("python", *paste, "--data", data, log=work / "paste.log"),
    }


def pose_errors(poses: Path, truth: Path) -> dict[str, list[float]]:
    """Degrees, and world units, by which the camera of each photo is off."""
    found, true = frames_of(poses), frames_of(truth)
    return {name: [round(value, 4) for value in error_of(found[name], true[name])] for name in found}


def main(options: Tankard) -> None:
    """Make the data, run the whole job, and write down what was found."""
    work = options.work_dir.absolute()
    data = work / "tankard"
    load = os.getloadavg()[1]
    preparing = prepared(options, data)
    found = measured(WholeJob(data, work, options.train, options.score))
    errors = pose_errors(work / "poses.json", data / "true_poses.json")
    load = {"before": load, "after": os.getloadavg()[1]}
    record(options.output, {**preparing, **found, "degrees_and_distances": errors, "load_of_five_minutes": load})


if __name__ == "__main__":
    main(tyro.cli(Tankard))
