"""Which file is what in a MAD class folder, from names alone: no image is opened here."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pad_nerfstudio.data.names import image_files, match_name, natural_key
from pad_nerfstudio.data.transforms_json import Frame, Transforms
from pad_nerfstudio.errors import UserError


@dataclass(frozen=True)
class QueryFiles:
    """A test image and its mask, as found on disk."""

    kind: str
    """The folder in `test/`."""
    image: Path
    """Absolute path of the photo."""
    mask: Path | None
    """Absolute path of the ground-truth mask, where there is one."""


def check_is_mad_class(root: Path) -> None:
    """Raise a UserError that says what is missing unless `root` has transforms.json and images in train/good."""
    if not root.exists():
        raise UserError(f"{root}: no such folder; give the folder of one class in the MAD layout")
    if not root.is_dir():
        raise UserError(f"{root}: a file, not a folder; give the folder of one class in the MAD layout")
    parts = {"transforms.json": root / "transforms.json", "train/good": root / "train" / "good"}
    missing = [name for name, path in parts.items() if not path.exists()]
    if missing:
        classes = sorted((p.parent.name for p in root.glob("*/transforms.json")), key=natural_key)
        if classes:
            shown = ", ".join(classes[:3]) + (", ..." if len(classes) > 3 else "")
            raise UserError(f"{root}: a folder of several classes; give one of them ({shown})")
        lacks = f"it lacks {' and '.join(missing)}"
        raise UserError(f"{root}: not a class folder in the MAD layout, {lacks}; give the folder that holds them")
    if not image_files(root / "train" / "good"):
        raise UserError(f"{root / 'train' / 'good'}: holds no image; put the training images there")


def resolve_frames(root: Path, transforms: Transforms) -> dict[Path, Frame]:
    """The image on disk that each frame means, in natural order of the files.

    Args:
        root: absolute path of the class folder
        transforms: the parsed `transforms.json`

    Raises:
        UserError: a file_path leaves the folder, its image is missing, or two frames mean one image
    """
    folders: dict[Path, list[Path]] = {}
    frames: dict[Path, Frame] = {}
    for frame in transforms.frames:
        path = _find_image(root, frame.file_path, transforms.path, folders)
        if path in frames:
            raise UserError(
                f"{transforms.path}: the frames '{frames[path].file_path}' and '{frame.file_path}' both mean "
                f"{path.relative_to(root)}; remove one of them"
            )
        frames[path] = frame
    return dict(sorted(frames.items(), key=lambda item: natural_key(item[0].relative_to(root).as_posix())))


def find_queries(root: Path) -> list[QueryFiles]:
    """Every image in `test/KIND` with its mask `ground_truth/KIND/N_mask.png`, in natural order of kind and name.

    Photos of one physical part may stand in a folder of their own, `test/KIND/PART/N.png`, with their masks in
    `ground_truth/KIND/PART`; they come after the other images of their kind.

    Raises:
        UserError: a mask that belongs to no test image, or two masks that belong to the same one
    """
    tests = {place: image_files(root / "test" / place) for place in _kinds_and_parts(root / "test")}
    masks: dict[Path, Path] = {}
    for place in _kinds_and_parts(root / "ground_truth"):
        for mask in image_files(root / "ground_truth" / place):
            image = match_name(mask.stem.removesuffix("_mask"), tests.get(place, []))
            if image is None:
                raise UserError(f"{mask}: a mask without an image in {root / 'test' / place}; rename or remove it")
            if image in masks:
                raise UserError(f"{mask}: {image.name} has a second mask, {masks[image].name}; remove one of them")
            masks[image] = mask
    return [QueryFiles(place.parts[0], image, masks.get(image)) for place, images in tests.items() for image in images]


def find_view_mask(root: Path, image: Path, frame: Frame, source: Path) -> Path | None:
    """The mask of the object in a training view: the frame's `mask_path`, or else `train/masks/N.png`; None without.

    Raises:
        UserError: the mask that the frame names is missing or lies outside of the class folder
    """
    if frame.mask_path is None:
        return find_beside(root, "masks", image)
    mask = (root / frame.mask_path).resolve()
    if not mask.is_relative_to(root.resolve()) or not mask.is_file():
        raise UserError(
            f"{source}: the mask of frame '{frame.file_path}' is missing in {root} ({frame.mask_path}); restore it or "
            "remove its mask_path"
        )
    return mask


def find_beside(root: Path, folder: str, image: Path) -> Path | None:
    """The image in `train/FOLDER` that goes with a training image, None where there is none.

    Raises:
        UserError: two fit equally well
    """
    return match_name(image.stem, image_files(root / "train" / folder))


def count_unposed(root: Path, posed: Iterable[Path]) -> int:
    """How many images of `train/good` no frame gives a pose for."""
    return len(set(image_files(root / "train" / "good")) - set(posed))


def _find_image(root: Path, file_path: str, source: Path, folders: dict[Path, list[Path]]) -> Path:
    """The file under `root` that a frame's file_path means; `folders` caches listings."""
    given = PurePosixPath(file_path.strip().replace("\\", "/"))
    if given.is_relative_to(root):
        given = given.relative_to(root)
    if given.is_absolute() or ".." in given.parts:
        raise UserError(
            f"{source}: the file_path '{file_path}' leaves the class folder; make it relative, without '..'"
        )
    for base in (root, root / "train", root / "train" / "good"):
        folder = (base / given).parent
        if folder not in folders:
            folders[folder] = image_files(folder)
        found = match_name(given.name, folders[folder])
        if found is not None:
            if not found.resolve().is_relative_to(root.resolve()):
                raise UserError(f"{found}: a link that leaves the class folder; replace it by a copy of the image")
            return found
    raise UserError(
        f"{source}: the image of frame '{file_path}' is missing in {root}; restore it or remove the frame from the file"
    )


def _kinds_and_parts(folder: Path) -> list[Path]:
    """KIND and KIND/PART of all folders there, relative to `folder`; a kind stands before its parts."""
    return [Path(kind, part) for kind in _subfolders(folder) for part in ("", *_subfolders(folder / kind))]


def _subfolders(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted((f.name for f in folder.iterdir() if f.is_dir() and not f.name.startswith(".")), key=natural_key)
