"""Photos of parts to be judged, as pictures of a class folder's `test`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from captures.capture_json import CapturedPhoto
from captures.conversion import Picture
from captures.lens import Lens
from captures.photo import photo_size
from pad_nerfstudio.data.names import image_files
from pad_nerfstudio.errors import UserError


def plan_queries(folder: Path, kind: str, capture: Sequence[CapturedPhoto] | None = None) -> list[Picture]:
    """`test/KIND/N.png` for each photo in `folder`, in natural order.

    Args:
        folder: holds the photos
        kind: name of the folder in `test`
        capture: the training photos, to undistort the queries as those; by default they are only turned upright

    Raises:
        UserError: there is no photo, the kind is no name of a folder, or no camera is known for a photo
    """
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give the folder of photos as --queries")
    if kind in ("", ".", "..") or kind.startswith(".") or any(sign in kind for sign in '/\\:*?"<>|\0'):
        raise UserError(f"--query-kind is {kind!r}, which cannot be the name of a folder; give a word such as good")
    photos = image_files(folder)
    if not photos:
        raise UserError(f"{folder}: holds no photo (JPEG, PNG, TIFF, BMP, WebP); give another folder as --queries")
    names = [f"test/{kind}/{index}.png" for index in range(len(photos))]
    if capture is None:
        return [Picture(name, photo, upright=True) for name, photo in zip(names, photos, strict=True)]
    lenses = typical_lenses([photo.lens for photo in capture])
    return [_undistorted(name, photo, lenses) for name, photo in zip(names, photos, strict=True)]


def typical_lenses(lenses: Sequence[Lens]) -> dict[tuple[int, int], Lens]:
    """For each size of photo the lens with the median of each number.

    One camera has one lens; where a phone focuses anew for every photo, its focal lengths lie a percent apart.
    """
    groups: dict[tuple[int, int], list[Lens]] = {}
    for lens in lenses:
        groups.setdefault((lens.w, lens.h), []).append(lens)
    return {size: _median(group) for size, group in groups.items() if len({lens.fisheye for lens in group}) == 1}


def _median(lenses: Sequence[Lens]) -> Lens:
    if all(lens == lenses[0] for lens in lenses):
        return lenses[0]
    rows = [(lens.fl_x, lens.fl_y, lens.cx, lens.cy, *lens.radial, *lens.tangential) for lens in lenses]
    fl_x, fl_y, cx, cy, k1, k2, k3, k4, p1, p2 = map(float, np.median(rows, axis=0))
    first = lenses[0]
    return Lens(fl_x, fl_y, cx, cy, first.w, first.h, (k1, k2, k3, k4), (p1, p2), first.fisheye)


def _undistorted(name: str, photo: Path, lenses: dict[tuple[int, int], Lens]) -> Picture:
    """Photos of a capture are taken as stored, so queries are too; turned where only that fits."""
    stored, swapped = photo_size(photo)
    if stored in lenses:
        return Picture(name, photo, upright=False, lens=lenses[stored])
    turned = stored[1], stored[0]
    if swapped and turned in lenses:
        return Picture(name, photo, upright=True, lens=lenses[turned])
    sizes = ", ".join(f"{w}x{h}" for w, h in sorted(lenses))
    raise UserError(
        f"{photo}: {stored[0]}x{stored[1]} pixels, but the capture's photos have {sizes}, so its lens is not known; "
        "leave --undistort-queries out, or give photos from the capture's camera"
    )
