"""A class folder in the official MAD layout, as it lies on disk."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.data.images import check_mask_size, verified_size
from pad_nerfstudio.data.mad_files import (
    check_is_mad_class,
    count_unposed,
    find_beside,
    find_queries,
    find_view_mask,
    resolve_frames,
)
from pad_nerfstudio.data.photo_light import PhotoLight
from pad_nerfstudio.data.pinhole import Pinhole, typical_camera
from pad_nerfstudio.data.transforms_json import read_transforms, same_proportions
from pad_nerfstudio.errors import UserError


@dataclass(frozen=True, eq=False)
class TrainingView:
    """A photo with a known pose: of the normal object in a class folder, of all instances in a scene."""

    file_path: str
    """Path relative to the folder of the data, as the file is named on disk: `train/good/0.png`."""
    path: Path
    """Absolute path of the image."""
    camera_to_world: Float[np.ndarray, "4 4"]
    """Rigid, float64, OpenGL axes (x right, y up, z back), in the data set's own world frame and units."""
    camera: Pinhole
    """Its intrinsics, at the size of the image."""
    mask: Path | None = None
    """Where the object is in it, besides its own transparency, which tells the same."""
    seen: Path | None = None
    """Which of its pixels the photo shows; the others are neither object nor background. All where there is none."""
    light: PhotoLight | None = None
    """How its light differs from the common look of all, where that is known."""


@dataclass(frozen=True)
class Query:
    """A photo whose pose is unknown and whose object may be defective."""

    file_path: str
    """Path relative to the class folder, as the file is named on disk: `test/Burrs/0.png`."""
    path: Path
    """Absolute path of the image."""
    kind: str
    """The folder in `test/`: `good`, or the kind of defect."""
    label: int
    """0 for the kind `good`, else 1."""
    size: tuple[int, int]
    """Width and height of the upright image in pixels; they may differ from the training camera's."""
    mask_path: Path | None
    """Ground-truth mask at the image's own size, where there is one."""


@dataclass(frozen=True, eq=False)
class MadClass:
    """One class of a data set in the MAD layout, checked."""

    root: Path
    """Absolute path of the class folder."""
    camera: Pinhole
    """Intrinsics of the training views, at the size of their images; the typical ones where they differ."""
    training_views: tuple[TrainingView, ...]
    """In natural order of their file names."""
    queries: tuple[Query, ...]
    """In natural order of kind and file name; empty where there is no test folder."""
    skipped: tuple[str, ...]
    """Images and masks (relative to the class folder) left out because they are broken."""
    notes: tuple[str, ...]
    """Sentences on what was found and not used, to be shown to the user."""

    def query_camera(self, query: Query) -> Pinhole:
        """The training camera at the size of `query`.

        Raises:
            UserError: the image has other proportions than the training images, so its intrinsics are unknown
        """
        w, h = query.size
        if not same_proportions(self.camera, w, h):
            raise UserError(
                f"{query.path}: {w}x{h} pixels, but the training images have {self.camera.w}x{self.camera.h}"
                ", other proportions, so its camera is unknown; give its intrinsics or crop it alike"
            )
        return self.camera.resized(w, h)


def read_mad_class(root: Path, skip_bad_images: bool = False, with_queries: bool = True) -> MadClass:
    """Read and check one class folder in the MAD layout, with the quirks of the copies in circulation.

    File names may be padded or not (`000.png`, `0.png`), on disk and in `transforms.json` independently; a file_path
    may start with `./`, lack its suffix or `train/`; kinds are whatever folders stand in `test/`; masks may be missing.
    Every image is checked to be whole; none is kept in memory.

    Args:
        root: the folder with `transforms.json`, `train/good` and, where there are queries, `test` and `ground_truth`
        skip_bad_images: leave broken images and masks out and list them in `skipped`, instead of raising
        with_queries: whether to read `test` and `ground_truth` at all

    Raises:
        UserError: one sentence that names the file at fault and the remedy
    """
    root = root.expanduser().absolute()
    check_is_mad_class(root)
    transforms = read_transforms(root / "transforms.json")
    posed = resolve_frames(root, transforms)
    unposed = count_unposed(root, posed)
    found = find_queries(root) if with_queries else []

    masks = [query.mask for query in found if query.mask is not None]
    sizes, bad = _verified_sizes([*posed, *(query.image for query in found), *masks])
    if bad and not skip_bad_images:
        raise next(iter(bad.values()))

    posed = {path: frame for path, frame in posed.items() if path in sizes}
    if not posed:
        raise UserError(f"{root / 'train' / 'good'}: every image is broken; give the class folder's images again")
    _check_common_size({path: sizes[path] for path, frame in posed.items() if not frame.intrinsics})
    views = tuple(
        TrainingView(
            _relative(path, root),
            path,
            frame.camera_to_world,
            transforms.camera(*sizes[path], frame),
            find_view_mask(root, path, frame, transforms.path),
            find_beside(root, "seen", path),
        )
        for path, frame in posed.items()
    )
    queries = []
    for query in found:
        if query.image not in sizes:
            continue
        mask = query.mask if query.mask in sizes else None
        if mask is not None:
            check_mask_size(mask, sizes[mask], sizes[query.image])
        label = int(query.kind != "good")
        file_path = _relative(query.image, root)
        queries.append(Query(file_path, query.image, query.kind, label, sizes[query.image], mask))

    return MadClass(
        root=root,
        camera=typical_camera([view.camera for view in views]),
        training_views=views,
        queries=tuple(queries),
        skipped=tuple(_relative(path, root) for path in bad),
        notes=_notes(root, unposed, transforms.distorted),
    )


def _verified_sizes(paths: list[Path]) -> tuple[dict[Path, tuple[int, int]], dict[Path, UserError]]:
    """The size (width, height) of each whole image, and the complaint about each broken one."""

    def check(path: Path) -> tuple[int, int] | UserError:
        try:
            return verified_size(path)
        except UserError as error:
            return error

    with ThreadPoolExecutor() as pool:
        results = dict(zip(paths, pool.map(check, paths), strict=True))
    sizes = {path: result for path, result in results.items() if not isinstance(result, UserError)}
    bad = {path: result for path, result in results.items() if isinstance(result, UserError)}
    return sizes, bad


def _check_common_size(sizes: dict[Path, tuple[int, int]]) -> None:
    """Raise a UserError unless the images of views that share one camera have one size."""
    counts = Counter(sizes.values()).most_common()
    if len(counts) > 1:
        usual, other = counts[0][0], counts[-1][0]
        odd = next(path for path, size in sizes.items() if size == other)
        raise UserError(
            f"{odd}: {other[0]}x{other[1]} pixels, but other training images have {usual[0]}x{usual[1]}; "
            "resize the training images to one size, as they share one camera, or give frames intrinsics of their own"
        )


def _notes(root: Path, unposed: int, distorted: bool) -> tuple[str, ...]:
    notes = []
    if unposed:
        notes.append(f"{unposed} images of {root / 'train' / 'good'} have no frame in transforms.json and are not used")
    if distorted:
        notes.append(f"{root / 'transforms.json'}: lens distortion is not modelled; undistort the images beforehand")
    return tuple(notes)


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
