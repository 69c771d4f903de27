"""Masks that say which pixels of a query are its object."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from pad_nerfstudio.data.images import check_mask_size, verified_size
from pad_nerfstudio.data.names import image_files, match_name
from pad_nerfstudio.errors import UserError


def find_masks(
    folder: Path, photos: Sequence[tuple[str, Path, tuple[int, int]]], option: str = "--query-masks"
) -> dict[Path, Path]:
    """The mask of each photo that has one, of the upright photo's size.

    A photo `test/good/0.jpg` has its mask in `folder` as `test/good/0.png`, `good/0.png` or `0.png`; `0_mask.png` is
    understood, too.

    Args:
        folder: holds the masks
        photos: file_path, path, and width and height of each
        option: what named the folder

    Raises:
        UserError: no such folder, no mask for any photo, or one of another size than its photo
    """
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise UserError(f"{option} {folder}: no such folder; give the one that holds the masks of the queries")
    listings: dict[Path, list[Path]] = {}
    found = {}
    for file_path, path, size in photos:
        mask = _mask_of(folder, file_path, listings)
        if mask is not None:
            check_mask_size(mask, verified_size(mask), size)
            found[path] = mask
    if not found:
        raise UserError(f"{option} {folder}: holds no mask of any query; name masks like their photos")
    return found


def _mask_of(folder: Path, file_path: str, listings: dict[Path, list[Path]]) -> Path | None:
    name = PurePosixPath(file_path)
    places = [folder / name.parent.name, folder]
    if not name.is_absolute():
        places.insert(0, folder / name.parent)
    for place in dict.fromkeys(places):
        files = listings.setdefault(place, image_files(place))
        for spelling in (name.name, f"{name.stem}_mask"):
            mask = match_name(spelling, files)
            if mask is not None:
                return mask
    return None
