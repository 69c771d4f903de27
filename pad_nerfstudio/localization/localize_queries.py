"""The resumable run behind `ns-pad-localize`: photos in, `poses.json` out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, Protocol, runtime_checkable

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pad_nerfstudio.concurrency import AsFinished, workers_for
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.files import write_json
from pad_nerfstudio.localization.batch.photos import localized_together, photos_at_once
from pad_nerfstudio.localization.field_localizer import Field, localizer_for_field, read_photo
from pad_nerfstudio.localization.jacobian import zoomed
from pad_nerfstudio.localization.localizer import Localization, Localizer, LocalizerConfig
from pad_nerfstudio.localization.queries import QueryPhoto
from pad_nerfstudio.versions import versions


@runtime_checkable
class RecordedField(Field, Protocol):
    """A trained field that knows where it comes from (`TrainedField` does)."""

    method: str
    """Name of the Nerfstudio method."""
    config_path: Path
    """Its config.yml."""
    checkpoint: Path
    """Its checkpoint."""
    data_root: Path
    """The class folder."""


def localize_queries(
    field: RecordedField,
    photos: Sequence[QueryPhoto],
    config: LocalizerConfig,
    output_dir: Path,
    prepare: Callable[[RecordedField, LocalizerConfig], Localizer] = localizer_for_field,
) -> Path:
    """Localise photos and write `poses.json`, which is whole after every single photo.

    Photos that an earlier run with the same settings, checkpoint and intrinsics has finished are not computed again.

    Args:
        field: the trained field
        photos: what to localise
        config: how
        output_dir: folder of `poses.json`
        prepare: makes the localizer, once something is left to localise

    Returns:
        the absolute path of `poses.json`

    Raises:
        UserError: a photo or training image is broken, or the field cannot be refined as asked
    """
    path = output_dir.expanduser().absolute() / "poses.json"
    header = run_header(field, photos, config)
    earlier = _finished_run(path, header)
    header["residual_limit"] = earlier.get("residual_limit")
    finished = {frame["file_path"]: frame for frame in earlier.get("frames", [])}
    frames = {photo.file_path: finished.get(photo.file_path) for photo in photos}
    for photo in photos:
        frame = frames[photo.file_path]
        if frame is not None and not _is_of(frame, photo, header["camera"]):
            frames[photo.file_path] = None
    remaining = [photo for photo in photos if frames[photo.file_path] is None]

    def save() -> None:
        write_json(path, {**header, "frames": [frame for frame in frames.values() if frame is not None]})

    save()
    if not remaining:
        return path
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("preparing the gallery", total=len(photos), completed=len(photos) - len(remaining))
        localizer = prepare(field, config)
        header["residual_limit"] = localizer.residual_limit

        def localize(photo: QueryPhoto) -> Localization:
            image = read_photo(photo.path, field.background, mask=photo.mask)
            return localizer.localize(image, photo.camera, photo.focal_starts)

        together = photos_at_once(field, config.batch)
        one_by_one = AsFinished(localize, remaining, workers_for(field))
        pairs = localized_together(localizer, field, remaining, together) if together > 1 else one_by_one
        for photo, found in pairs:
            frames[photo.file_path] = pose_frame(photo, found, header["camera"])
            save()
            residual = median(frame["residual"] for frame in frames.values() if frame is not None)
            progress.update(task, advance=1, description=f"localising, median residual {residual:.4f}")
    return path


def run_header(field: RecordedField, photos: Sequence[QueryPhoto], config: LocalizerConfig) -> dict[str, Any]:
    """Everything in `poses.json` but the frames: what the poses depend on."""
    return {
        "camera": photos[0].camera.as_dict(),
        "config": str(field.config_path.absolute()),
        "checkpoint": str(field.checkpoint.absolute()),
        "checkpoint_stamp": _stamp(field.checkpoint),
        "method": field.method,
        "settings": asdict(config) | {"weights": None if config.weights is None else str(config.weights.absolute())},
        "weights_stamp": None if config.weights is None else _stamp(config.weights),
        "versions": versions(),
        "seed": config.inversion.seed,
    }


def pose_frame(photo: QueryPhoto, found: Localization, camera: dict[str, float]) -> dict[str, Any]:
    """One entry of `frames`; it holds its own intrinsics only where they differ from the file's.

    Where the focal length was estimated, `began_with` holds the intrinsics that this began with.
    """
    own = zoomed(photo.camera, found.focal).as_dict()
    estimated = {"began_with": photo.camera.as_dict(), "focal_starts": list(photo.focal_starts)}
    return {
        "file_path": photo.file_path,
        "transform_matrix": found.camera_to_world.tolist(),
        "residual": found.residual,
        "converged": found.converged,
        "retrieval": found.retrieval,
        "gain": found.light.gain.tolist(),
        "bias": found.light.bias.tolist(),
        "seconds": found.seconds,
        **(own if own != camera else {}),
        "intrinsics": f"estimated, from {photo.intrinsics}" if photo.focal_starts else photo.intrinsics,
        **(estimated if photo.focal_starts else {}),
        **({} if photo.mask is None else {"mask_path": str(photo.mask), "mask_stamp": _stamp(photo.mask)}),
        "photo": _stamp(photo.path),
    }


def _finished_run(path: Path, header: dict[str, Any]) -> dict[str, Any]:
    """The content that an earlier run left whose frames this one would find again; empty where there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        decisive = ("checkpoint", "checkpoint_stamp", "settings", "weights_stamp", "versions", "seed", "camera")
        whole = all("file_path" in frame for frame in content["frames"])
        return content if whole and all(content[key] == header[key] for key in decisive) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _is_of(frame: dict[str, Any], photo: QueryPhoto, camera: dict[str, float]) -> bool:
    """Whether a finished frame was made from just this photo with these intrinsics."""
    begun = frame.get("began_with") or {key: frame.get(key, value) for key, value in camera.items()}
    same_starts = tuple(frame.get("focal_starts") or ()) == photo.focal_starts
    mask = None if photo.mask is None else (str(photo.mask), _stamp(photo.mask))
    same_mask = mask == ((frame["mask_path"], frame["mask_stamp"]) if "mask_path" in frame else None)
    return frame["photo"] == _stamp(photo.path) and Pinhole(**begun) == photo.camera and same_starts and same_mask


def _stamp(path: Path) -> str:
    """Tells a file from what replaced it."""
    status = path.stat()
    return f"{status.st_size}-{status.st_mtime_ns}"
