"""A tiny synthetic class folder in the MAD layout, made in milliseconds."""

import json
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw

CAMERA_ANGLE_X = 0.691


def look_at_origin(centre: Float[np.ndarray, "3"]) -> Float[np.ndarray, "4 4"]:
    """Camera-to-world pose (OpenGL axes, z up) of a camera at `centre` that looks exactly at the origin."""
    back = centre / np.linalg.norm(centre)
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(back, right), back], axis=1)
    pose[:3, 3] = centre
    return pose


def rig(rings: int = 14, azimuths: int = 15, radius: float = 4.0) -> Float[np.ndarray, "n 4 4"]:
    """The MAD-Sim rig: `rings` elevations from +85 to -85 degrees, `azimuths` views each, all aimed at the origin."""
    elevations = np.radians(np.linspace(85, -85, rings)) if rings > 1 else np.zeros(1)
    angles = np.arange(azimuths) * 2 * np.pi / azimuths
    return np.stack(
        [
            look_at_origin(radius * np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)]))
            for e in elevations
            for a in angles
        ]
    )


def draw_cube(
    pose: Float[np.ndarray, "4 4"], size: tuple[int, int], defect: bool = False, focal: float | None = None
) -> Image.Image:
    """A coloured cube of half extent 0.5 on white, seen from `pose`; a defect adds a black blob at a corner.

    The focal length, in pixels, is that of `CAMERA_ANGLE_X` unless given.
    """
    w, h = size
    focal = 0.5 * w / np.tan(0.5 * CAMERA_ANGLE_X) if focal is None else focal
    grid = np.linspace(-0.5, 0.5, 7)
    points = np.stack(np.meshgrid(grid, grid, grid), axis=-1).reshape(-1, 3)
    points = points[np.abs(points).max(axis=1) > 0.49]
    colours = ((points + 0.5) * 200).astype(int)
    if defect:
        points, colours = np.vstack([points, [[0.6, 0.6, 0.6]]]), np.vstack([colours, [[0, 0, 0]]])
    in_camera = (points - pose[:3, 3]) @ pose[:3, :3]
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for index in np.argsort(in_camera[:, 2]):
        x, y, z = in_camera[index]
        u, v, r = w / 2 - focal * x / z, h / 2 + focal * y / z, max(1.0, -0.08 * focal / z)
        draw.ellipse((u - r, v - r, u + r, v + r), fill=tuple(int(c) for c in colours[index]))
    return image


def make_mad_class(
    folder: Path,
    rings: int = 3,
    azimuths: int = 4,
    radius: float = 4.0,
    size: tuple[int, int] = (16, 16),
    kinds: tuple[str, ...] = ("good", "Burrs"),
    queries_per_kind: int = 2,
    padded: bool = False,
    suffix: str = ".png",
    frame_name: str = "train/good/{name}",
) -> Path:
    """Write a class folder: `rings` x `azimuths` posed views of a coloured cube, queries of each kind, and masks.

    Args:
        folder: the class folder to make
        rings: elevation rings
        azimuths: views a ring
        radius: distance of every camera from the origin
        size: width and height of all images
        kinds: folders in `test/`; all but `good` show a black blob and have masks
        queries_per_kind: test images a kind
        padded: whether file names on disk are `000.png` instead of `0.png`
        suffix: suffix of all photos on disk
        frame_name: how `transforms.json` spells a view; `{name}` is the file's name on disk, `{index}` the number

    Returns:
        The class folder.
    """
    poses = rig(rings, azimuths, radius)
    frames = []
    for index, pose in enumerate(poses):
        name = (f"{index:03d}" if padded else f"{index}") + suffix
        save(draw_cube(pose, size), folder / "train" / "good" / name)
        frames.append({"file_path": frame_name.format(name=name, index=index), "transform_matrix": pose.tolist()})
    write_transforms(folder, {"camera_angle_x": CAMERA_ANGLE_X, "frames": frames})

    rng = np.random.default_rng(0)
    for kind in kinds:
        for index in range(queries_per_kind):
            stem = f"{index:03d}" if padded else f"{index}"
            direction = rng.normal(size=3)
            pose = look_at_origin(radius * direction / np.linalg.norm(direction))
            photo = draw_cube(pose, size, defect=kind != "good")
            save(photo, folder / "test" / kind / f"{stem}{suffix}")
            if kind != "good":
                difference = np.asarray(photo).astype(int) - np.asarray(draw_cube(pose, size))
                mask = Image.fromarray(np.where(np.abs(difference).max(axis=2) > 0, 255, 0).astype(np.uint8))
                save(mask, folder / "ground_truth" / kind / f"{stem}_mask.png")
    return folder


def read_transforms_dict(folder: Path) -> dict:
    """The content of a class folder's `transforms.json`, to be changed and written back."""
    return json.loads((folder / "transforms.json").read_text())


def write_transforms(folder: Path, content: object) -> None:
    """Write a class folder's `transforms.json`; NaN is written as JSON's inofficial `NaN`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "transforms.json").write_text(json.dumps(content))


def save(image: Image.Image, path: Path) -> None:
    """Save an image, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
