"""A tiny synthetic scene in the layout of ToysAD-8K, made in milliseconds: coloured boxes on a chequered floor."""

import json
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image, ImageDraw

from pad_nerfstudio.data.object_box import ObjectBox
from tests.mad_class_factory import look_at_origin, save

OPENGL_TO_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])
FACES = ((0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5))
"""Corner numbers of `ObjectBox.corners`, around each face."""
SKY = (120, 160, 220)


def scene_boxes(count: int = 3) -> list[ObjectBox]:
    """Boxes of one size that stand on the floor z = 0, each turned about z in its own way."""
    angles = 2 * np.pi * np.arange(count) / count
    size = np.array([0.3, 0.15, 0.1])
    boxes = []
    for angle in angles:
        c, s = np.cos(1.7 * angle + 0.4), np.sin(1.7 * angle + 0.4)
        center = np.array([0.27 * np.cos(angle), 0.27 * np.sin(angle), size[2] / 2])
        boxes.append(ObjectBox(center, size, np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])))
    return boxes


def ring(views: int, radius: float = 1.3, height: float = 0.8) -> list[Float[np.ndarray, "4 4"]]:
    """Camera-to-world poses (OpenGL axes, z up) on a circle above the floor, all aimed at the origin."""
    angles = 2 * np.pi * np.arange(views) / views
    return [look_at_origin(np.array([radius * np.cos(a), radius * np.sin(a), height])) for a in angles]


def project(
    points: Float[np.ndarray, "n 3"], camera_to_world: Float[np.ndarray, "4 4"], k: Float[np.ndarray, "3 3"]
) -> Float[np.ndarray, "n 2"]:
    """Pixels (x from the left, y from the top) of world points in front of a camera with OpenGL axes."""
    world_to_camera = OPENGL_TO_OPENCV @ np.linalg.inv(camera_to_world)
    in_camera = points @ world_to_camera[:3, :3].T + world_to_camera[:3, 3]
    in_image = in_camera @ k.T
    return in_image[:, :2] / in_image[:, 2:]


def box_silhouette(
    box: ObjectBox, camera_to_world: Float[np.ndarray, "4 4"], k: Float[np.ndarray, "3 3"], size: tuple[int, int]
) -> Bool[np.ndarray, "h w"]:
    """Pixels of an image of `size` (width, height) that show any part of a box."""
    image = Image.new("L", size)
    corners = project(box.corners(), camera_to_world, k)
    for face in FACES:
        ImageDraw.Draw(image).polygon([tuple(corners[i]) for i in face], fill=255)
    return np.asarray(image) > 0


def make_scene(
    folder: Path,
    views: int = 6,
    objects: int = 3,
    size: tuple[int, int] = (64, 64),
    instance: str = "banana_028",
    anomalous: tuple[int, ...] = (0,),
    masks: bool = True,
) -> Path:
    """Write a scene folder.

    Args:
        folder: the scene to make
        views: images on a ring around the scene
        objects: how many boxes
        size: width and height of images and masks
        instance: what the shape is called
        anomalous: numbers of the objects that are cracked, drawn dark on one side
        masks: whether to write them

    Returns:
        The scene folder.
    """
    k = np.array([[0.9 * size[0], 0, size[0] / 2], [0, 0.9 * size[0], size[1] / 2], [0, 0, 1]])
    boxes, poses = scene_boxes(objects), ring(views)
    names = (["object"] + [f"object.{number:03d}" for number in range(1, objects)])[:objects]
    for view, pose in enumerate(poses):
        image, seen_by = _draw(boxes, pose, k, size, anomalous)
        save(image, folder / "RGB" / f"{view:04d}.png")
        for number, name in enumerate(names if masks else ()):
            # as the published masks are: not quite black and white
            mask = np.where(seen_by == number, 206, 1).astype(np.uint8)
            save(Image.fromarray(mask), folder / "segmentations" / name / f"{name}_{view:04d}.png")
    entries = []
    for number, (name, box) in enumerate(zip(names, boxes, strict=True)):
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = box.rotation, box.center
        shape = f"{instance}-crack-001" if number in anomalous else instance
        bbox = [box.center.tolist(), box.size.tolist()]
        path = f"/blend/{instance}/{shape}.blend"
        entries.append({"name": name, "path": path, "rotation_matrix": pose.tolist(), "bbox": bbox})
    matrices = [{"rotation": (OPENGL_TO_OPENCV @ np.linalg.inv(pose)).tolist()} for pose in poses]
    write_metadata(folder, {"objects": entries, "camera": {"poses": matrices, "K": k.tolist()}})
    return folder


def read_metadata(folder: Path) -> dict:
    """The content of a scene's `scene3d.metadata.json`, to be changed and written back."""
    return json.loads((folder / "scene3d.metadata.json").read_text())


def write_metadata(folder: Path, content: object) -> None:
    """Write a scene's `scene3d.metadata.json`; NaN is written as JSON's inofficial `NaN`."""
    (folder / "scene3d.metadata.json").write_text(json.dumps(content))


def _draw(
    boxes: list[ObjectBox],
    pose: Float[np.ndarray, "4 4"],
    k: Float[np.ndarray, "3 3"],
    size: tuple[int, int],
    anomalous: tuple[int, ...],
) -> tuple[Image.Image, np.ndarray]:
    """What a camera sees, and which object each pixel shows (-1 for none), the farthest drawn first."""
    image, numbers = Image.new("RGB", size, SKY), Image.new("I", size, -1)
    draw, draw_numbers = ImageDraw.Draw(image), ImageDraw.Draw(numbers)
    grid = np.linspace(-0.75, 0.75, 7)
    for i, j in np.ndindex(6, 6):
        square = np.array([[grid[i + a], grid[j + b], 0.0] for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))])
        shade = 200 if (i + j) % 2 else 140
        draw.polygon([tuple(p) for p in project(square, pose, k)], fill=(shade, shade, shade))
    polygons = []
    for number, box in enumerate(boxes):
        corners, pixels = box.corners(), project(box.corners(), pose, k)
        for side, face in enumerate(FACES):
            distance = float(np.linalg.norm(corners[list(face)].mean(axis=0) - pose[:3, 3]))
            color = (60, 40, 30) if number in anomalous and side == 0 else (230 - 25 * side, 60 + 30 * side, 50)
            polygons.append((distance, [tuple(pixels[i]) for i in face], color, number))
    for _, polygon, color, number in sorted(polygons, key=lambda p: -p[0]):
        draw.polygon(polygon, fill=color)
        draw_numbers.polygon(polygon, fill=number)
    return image, np.asarray(numbers)
