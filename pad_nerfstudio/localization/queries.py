"""Which photos to localise, and with which intrinsics."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pad_nerfstudio.data.images import verified_size
from pad_nerfstudio.data.mad_files import find_queries
from pad_nerfstudio.data.names import IMAGE_SUFFIXES, natural_key
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.localization.intrinsics import TRAINING, Intrinsics, query_camera
from pad_nerfstudio.localization.query_masks import find_masks


@dataclass(frozen=True)
class FoundPhoto:
    """A whole photo, its intrinsics not yet settled."""

    file_path: str
    """Relative to the class folder where it lies in it, else absolute."""
    path: Path
    """Absolute path."""
    w: int
    """Width of the upright image in pixels."""
    h: int
    """Its height."""


@dataclass(frozen=True)
class QueryPhoto:
    """A photo to be localised."""

    file_path: str
    """Relative to the class folder where it lies in it, else absolute."""
    path: Path
    """Absolute path."""
    camera: Pinhole
    """Intrinsics at the photo's own size."""
    intrinsics: str = TRAINING
    """Where they come from, as `poses.json` records it."""
    focal_starts: tuple[float, ...] = ()
    """Factors on the focal length from which it is estimated; none where it is known."""
    mask: Path | None = None
    """Says which pixels are its object; None where nothing does."""


def gather_queries(
    root: Path,
    paths: Sequence[Path],
    training_camera: Pinhole,
    given: Intrinsics,
    skip_bad_images: bool = False,
    masks: Path | None = None,
) -> tuple[list[QueryPhoto], list[str]]:
    """Find the photos, check that each is whole, and settle its intrinsics.

    Args:
        root: the class folder
        paths: photos and folders of photos; none for the test split of the class folder
        training_camera: whose field of view a photo of the same proportions shares
        given: intrinsics that the user knows better
        skip_bad_images: leave broken photos out instead of raising
        masks: folder of masks of the objects in them, see `find_masks`

    Returns:
        the photos, and the paths of those left out

    Raises:
        UserError: no such path, no photo, a broken one, or one of other proportions without intrinsics
    """
    found, skipped = find_photos(root, paths, skip_bad_images)
    mask_of = {} if masks is None else find_masks(masks, [(p.file_path, p.path, (p.w, p.h)) for p in found])
    photos = []
    for photo in found:
        settled = query_camera(photo.path, photo.w, photo.h, training_camera, given)
        how = settled.source, settled.focal_starts, mask_of.get(photo.path)
        photos.append(QueryPhoto(photo.file_path, photo.path, settled.camera, *how))
    return photos, skipped


def find_photos(root: Path, paths: Sequence[Path], skip_bad_images: bool = False) -> tuple[list[FoundPhoto], list[str]]:
    """Find the photos and check that each is whole.

    Args:
        root: the class folder
        paths: photos and folders of photos; none for the test split of the class folder
        skip_bad_images: leave broken photos out instead of raising

    Returns:
        the photos, and the paths of those left out

    Raises:
        UserError: no such path, no photo, or a broken one
    """
    found = [photo for path in paths for photo in _photos(path)] or [query.image for query in _test_split(root, paths)]
    if not found:
        where = ", ".join(str(path) for path in paths) or f"{root / 'test'}"
        raise UserError(f"{where}: no photo to localise; give photos or folders by --queries")
    photos, skipped = [], []
    for path in dict.fromkeys(found):
        try:
            photos.append(FoundPhoto(name_in_class(path, root), path, *verified_size(path)))
        except UserError:
            if not skip_bad_images:
                raise
            skipped.append(str(path))
    if not photos:
        raise UserError(f"{skipped[0]}: broken like every other photo to localise; give whole ones")
    return photos, skipped


def _test_split(root: Path, paths: Sequence[Path]) -> list:
    return [] if paths else find_queries(root)


def _photos(path: Path) -> list[Path]:
    path = path.expanduser().absolute()
    if not path.exists():
        raise UserError(f"{path}: no such photo or folder; mend --queries")
    if path.is_file():
        return [path]
    images = (p for p in path.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith("."))
    return sorted((p for p in images if p.is_file()), key=lambda p: natural_key(p.relative_to(path).as_posix()))


def name_in_class(path: Path, root: Path) -> str:
    """The `file_path` of a photo: relative to the class folder `root` where it lies in it, else absolute."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
