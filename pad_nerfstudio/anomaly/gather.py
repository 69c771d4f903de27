"""The photos to score with their poses: estimated ones from a file, or localised here."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.poses_json import EstimatedPose, read_poses
from pad_nerfstudio.data.images import check_mask_size, verified_size
from pad_nerfstudio.data.mad_files import QueryFiles, find_queries
from pad_nerfstudio.data.transforms_json import same_proportions
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.intrinsics import Intrinsics
from pad_nerfstudio.localization.localizer import LocalizerConfig
from pad_nerfstudio.localization.queries import QueryPhoto, find_photos, gather_queries


def posed_queries(
    field: Any,
    paths: Sequence[Path],
    poses: Path | None,
    output_dir: Path,
    skip_bad_images: bool = False,
    localizer: LocalizerConfig | None = None,
) -> tuple[list[PosedPhoto], list[str]]:
    """The queries with pose, kind and mask.

    Args:
        field: the trained field (`TrainedField`)
        paths: photos and folders of photos; none for those in `poses` or, without it, the test split
        poses: a `poses.json`; without one, the queries are localised and theirs is written to `output_dir`
        output_dir: folder of the `poses.json` written here
        skip_bad_images: leave broken photos and masks out instead of raising
        localizer: how queries without `poses` are localised

    Returns:
        the queries, and sentences on what was left out

    Raises:
        UserError: a photo, a mask or `poses` is missing or broken, or `poses` lacks a query or is of another photo
    """
    root = field.data_root
    if poses is None:
        estimated = None
        photos, skipped = gather_queries(root, paths, field.camera, Intrinsics(), skip_bad_images)
    else:
        poses = poses.expanduser().absolute()
        estimated = read_poses(poses)
        photos, skipped = _photos_with_poses(root, paths, poses, estimated, skip_bad_images)
    notes = [f"{path} is broken and was left out" for path in skipped]
    known = {query.image: query for query in find_queries(root)}
    masks = []
    for photo in photos:  # before the localisation, which takes long
        mask, note = _mask(known.get(photo.path), photo, skip_bad_images)
        masks.append(mask)
        notes += [note] if note else []
    if estimated is None:
        estimated = read_poses(_localised(field, photos, output_dir, localizer))
    queries = [
        _posed(photo, estimated[photo.file_path], known.get(photo.path), mask)
        for photo, mask in zip(photos, masks, strict=True)
    ]
    return queries, notes


def posed_normal_views(field: Any, output_dir: Path, localizer: LocalizerConfig | None = None) -> list[PosedPhoto]:
    """The normal views that the field has not seen, localised as if their poses were unknown.

    Args:
        field: the trained field (`TrainedField`)
        output_dir: folder of the `poses.json` written here
        localizer: how they are localised

    Raises:
        UserError: a photo is missing or broken
    """
    photos = [QueryPhoto(view.file_path, view.path, view.camera) for view in field.held_out_views]
    if not photos:
        return []
    estimated = read_poses(_localised(field, photos, output_dir, localizer))
    return [_posed(photo, estimated[photo.file_path], None, None) for photo in photos]


def _photos_with_poses(
    root: Path, paths: Sequence[Path], poses: Path, estimated: Mapping[str, EstimatedPose], skip_bad_images: bool
) -> tuple[list[QueryPhoto], list[str]]:
    """The photos at `paths`, or else all those in `poses`, each with the camera that it was localised with."""
    for name in () if paths else estimated:
        if not (root / name).is_file():
            raise UserError(f"{poses}: its photo {root / name} is gone; restore it or run ns-pad-localize again")
    found, skipped = find_photos(root, list(paths) or [root / name for name in estimated], skip_bad_images)
    photos = []
    for photo in found:
        pose = estimated.get(photo.file_path)
        if pose is None:
            raise UserError(f"{poses}: holds no pose of {photo.file_path}; run ns-pad-localize on it, or leave it out")
        if not same_proportions(pose.camera, photo.w, photo.h):
            raise UserError(
                f"{photo.path}: {photo.w}x{photo.h} pixels, but {poses} holds its pose as a photo of "
                f"{pose.camera.w}x{pose.camera.h}; run ns-pad-localize again"
            )
        photos.append(QueryPhoto(photo.file_path, photo.path, pose.camera.resized(photo.w, photo.h)))
    return photos, skipped


def _localised(field: Any, photos: Sequence[QueryPhoto], output_dir: Path, config: LocalizerConfig | None) -> Path:
    from pad_nerfstudio.localization.localize_queries import localize_queries

    return localize_queries(field, photos, config or LocalizerConfig(), output_dir, prepared_localizer)


class _PreparedOnce:
    """The localizer last asked for: the queries and the held-out normal views of a field share it."""

    def __init__(self) -> None:
        self._last: tuple[Any, LocalizerConfig, Any] | None = None

    def __call__(self, field: Any, config: LocalizerConfig) -> Any:
        from pad_nerfstudio.localization.field_localizer import localizer_for_field

        if self._last is None or self._last[0] is not field or self._last[1] != config:
            self._last = field, config, localizer_for_field(field, config)
        return self._last[2]


prepared_localizer = _PreparedOnce()
"""The localizer of a field and a configuration; made anew only where it is not the one last asked for."""


def _mask(known: QueryFiles | None, photo: QueryPhoto, skip_bad_images: bool) -> tuple[Path | None, str]:
    """The mask of a query, checked; where it is skipped, a sentence that says so."""
    if known is None or known.mask is None:
        return None, ""
    try:
        check_mask_size(known.mask, verified_size(known.mask), (photo.camera.w, photo.camera.h))
    except UserError as error:
        if not skip_bad_images:
            raise
        return None, f"mask left out: {error}"
    return known.mask, ""


def _posed(photo: QueryPhoto, pose: EstimatedPose, known: QueryFiles | None, mask: Path | None) -> PosedPhoto:
    return PosedPhoto(
        file_path=photo.file_path,
        path=photo.path,
        camera_to_world=pose.camera_to_world,
        camera=photo.camera,
        converged=pose.converged,
        seconds=pose.seconds,
        light=pose.light,
        kind="" if known is None else known.kind,
        label=None if known is None else int(known.kind != "good"),
        mask_path=mask,
        residual=pose.residual,
        residual_limit=pose.residual_limit,
        object_mask=pose.object_mask,
    )
