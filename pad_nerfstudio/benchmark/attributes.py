"""What makes an object hard: how colourful and how intricate it is (PAD, section 3.4 and supplementary 4)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.mad_layout import read_mad_class
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.features.color import srgb_to_lab
from pad_nerfstudio.fields.refinement import vertex_opacity
from pad_nerfstudio.fields.voxel_grid import VoxelGrid
from pad_nerfstudio.localization.silhouette import border_colour, contrast
from pad_nerfstudio.models.checkpoint import latest_checkpoint, load_state

LONGEST_SIDE = 200
"""Of a photo only so many pixels a side are looked at, picked evenly: averaging them would mix colours."""
SURFACE = 0.5
"""Opacity of a voxel at the object's surface."""
GRID = "_model.grid."
"""What the names of a voxel grid's tensors begin with in a checkpoint of `pad-nerf`."""


def color_contrast(photos: Sequence[Float[Tensor, "h w 3"]]) -> float:
    """Euclidean norm of the standard deviations of a* and b* over the object's pixels of all photos.

    PAD, supplementary 4.2; a pixel is the object's where its colour stands off from a plain background.

    Args:
        photos: sRGB in [0, 1], of any sizes

    Raises:
        ValueError: no photo shows an object
    """
    pixels = torch.cat([photo[contrast(photo, border_colour(photo)) > 0.5] for photo in photos])
    if not len(pixels):
        raise ValueError("no photo shows an object")
    return float(srgb_to_lab(pixels)[:, 1:].double().std(dim=0, correction=0).norm())


def color_contrast_of_class(class_folder: Path) -> float:
    """`color_contrast` of the training views of a class folder.

    Raises:
        UserError: the folder or an image is broken, or nothing stands off from the background
    """
    views = read_mad_class(class_folder, skip_bad_images=True, with_queries=False).training_views
    try:
        return color_contrast([thinned_photo(view.path) for view in views])
    except ValueError as error:
        raise UserError(f"{class_folder}: {error}; give photos on a plain background") from error


def thinned_photo(path: Path) -> Float[Tensor, "h w 3"]:
    """Evenly picked pixels of a photo, at most `LONGEST_SIDE` a side; sRGB in [0, 1]."""
    image = read_image(path)
    stride = -(-max(image.shape[:2]) // LONGEST_SIDE)
    return torch.tensor(image[::stride, ::stride]).float() / 255


def triangles_of_mesh(path: Path) -> int:
    """Number of triangles of a mesh file of any common format.

    Raises:
        UserError: there is no such file, or no mesh in it
    """
    import trimesh

    try:
        mesh = trimesh.load(path, force="mesh")
    except Exception as error:
        raise UserError(f"{path}: cannot be read as a mesh ({error}); give an .obj, .ply, .stl or .glb file") from error
    return len(getattr(mesh, "faces", ()))


def triangles_of_volume(opacity: Float[np.ndarray, "x y z"], level: float = SURFACE) -> int:
    """Number of triangles that marching cubes (Lewiner et al. 2003) lay through a volume at `level`; 0 without any."""
    from skimage.measure import marching_cubes

    padded = np.pad(opacity, 1)
    if not padded.min() < level < padded.max():
        return 0
    return len(marching_cubes(padded, level)[1])


def triangles_of_field(config: Path) -> int:
    """Number of triangles of the surface in a trained `pad-nerf` field, at its own resolution.

    Raises:
        UserError: the run has no checkpoint, or its method has no voxel grid
    """
    checkpoint = latest_checkpoint(config.parent / "nerfstudio_models")
    state = {key.removeprefix("module."): value for key, value in load_state(checkpoint)["pipeline"].items()}
    tensors = {key.removeprefix(GRID): value for key, value in state.items() if key.startswith(GRID)}
    if not tensors:
        raise UserError(f"{checkpoint}: holds no voxel grid to count triangles of; give a mesh by --meshes")
    grid = VoxelGrid(torch.tensor([[0.0, 0, 0], [1, 1, 1]]), resolution=1, sh_degree=0)
    grid.load_state_dict(tensors)
    return triangles_of_volume(vertex_opacity(grid).numpy())


def mapped_to_100(counts: Mapping[str, int]) -> dict[str, float | None]:
    """Counts on a scale from 0 (the least of the classes) to 100 (the most); None where all are the same.

    PAD, supplementary 4.1, maps "to 0-100 for different classes" and leaves open how; this is the linear map.
    """
    least, most = min(counts.values(), default=0), max(counts.values(), default=0)
    return {name: 100.0 * (n - least) / (most - least) if most > least else None for name, n in counts.items()}
