"""A sparse voxel grid: parameters only at vertices near matter."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from scipy.ndimage import distance_transform_cdt
from torch import Tensor, nn

from pad_nerfstudio.fields.spherical_harmonics import num_coefficients

EMPTY_DENSITY = -3.0
"""Raw density of space that nothing is known of: a voxel of it takes five percent of the light."""
DATA_BUFFERS = ("lower", "voxel_size", "shape", "vertices", "background")


def corner_vertices(cells: Bool[Tensor, "x y z"]) -> Bool[Tensor, "x y z"]:
    """Vertices that are a corner of any marked cell; cell (i, j, k) has its lowest corner at vertex (i, j, k)."""
    grown = cells
    for axis in range(3):
        grown = grown | torch.roll(grown, 1, dims=axis)
    return grown


def whole_cells(vertices: Bool[Tensor, "x y z"]) -> Bool[Tensor, "x y z"]:
    """Cells all of whose eight corners are marked; those that start at the last vertex of an axis do not exist."""
    cells = vertices
    for axis in range(3):
        cells = cells & torch.roll(cells, -1, dims=axis)
    cells = cells.clone()
    cells[-1], cells[:, -1], cells[:, :, -1] = False, False, False
    return cells


def skip_distances(cells: Bool[Tensor, "x y z"]) -> UInt8[Tensor, "x y z"]:
    """Chessboard distance, in cells, to the nearest marked cell; 0 on marked cells, 255 at most.

    Off the CPU it is 1 at most: what renders there asks only whether a cell is empty.
    """
    if cells.device.type != "cpu":
        return (~cells).to(torch.uint8)
    if not bool(cells.any()):
        return torch.full(cells.shape, 255, dtype=torch.uint8, device=cells.device)
    distance = np.asarray(distance_transform_cdt(~cells.cpu().numpy(), metric="chessboard"))
    return torch.from_numpy(distance.clip(max=255).astype(np.uint8)).to(cells.device)


class VoxelGrid(nn.Module):
    """Density and view-dependent colour at the vertices of a cubic lattice, stored only where there may be matter.

    Density is optical depth per voxel before softplus; colour is a spherical-harmonics expansion whose constant term is
    the plain colour. Between vertices both are trilinear.
    """

    density: nn.Parameter
    """(rows,) raw density."""
    color: nn.Parameter
    """(rows, 3 k) coefficients, coefficient-major: k = (degree + 1)^2."""
    vertices: Int[Tensor, "rows 3"]
    """Lattice position of each row, in the order of `index`."""
    index: Int[Tensor, "x y z"]
    """Row of each vertex, or -1."""
    skip: UInt8[Tensor, "x y z"]
    """0 where the cell that starts at the vertex may hold matter, else the distance to such a cell."""
    lower: Float[Tensor, " 3"]
    """Position of the first vertex."""
    voxel_size: Float[Tensor, ""]
    """Distance of neighbouring vertices."""
    background: Float[Tensor, " 3"]
    """What a ray sees that meets nothing."""

    def __init__(
        self, box: Float[Tensor, "2 3"], resolution: int, sh_degree: int, empty_density: float = EMPTY_DENSITY
    ) -> None:
        """A full grid over `box` with `resolution` voxels along its longest side, empty and grey."""
        super().__init__()
        self.sh_degree, self.empty_density = sh_degree, empty_density
        extent = box[1] - box[0]
        voxel = extent.max() / resolution
        shape = torch.ceil(extent / voxel - 1e-4).long() + 1
        for name in ("lower", "voxel_size", "shape", "vertices", "index", "skip"):
            self.register_buffer(name, torch.empty(0), persistent=name in DATA_BUFFERS)
        self.register_buffer("background", torch.ones(3))
        marked = torch.ones(*shape.tolist(), dtype=torch.bool)
        self.place(box[0], voxel, marked)
        color = torch.zeros(len(self.vertices), 3 * num_coefficients(sh_degree))
        color[:, :3] = 0.5
        self.set_parameters(torch.full((len(self.vertices),), empty_density), color)

    def set_parameters(self, density: Float[Tensor, " rows"], color: Float[Tensor, "rows c"]) -> None:
        """New parameters for the rows of the lattice."""
        self.density, self.color = nn.Parameter(density), nn.Parameter(color)

    def place(self, lower: Float[Tensor, " 3"], voxel_size: Float[Tensor, ""], marked: Bool[Tensor, "x y z"]) -> None:
        """Lay the lattice anew with rows at the marked vertices, in their order; parameters are the caller's to set."""
        self.lower, self.voxel_size = lower.clone(), voxel_size.clone()
        self.shape = torch.tensor(marked.shape, device=marked.device)
        self.vertices = marked.nonzero().to(torch.int32)
        index = torch.full(marked.shape, -1, dtype=torch.int32, device=marked.device)
        index[marked] = torch.arange(len(self.vertices), dtype=torch.int32, device=marked.device)
        self.index = index
        self.skip = skip_distances(whole_cells(marked))

    def marked(self) -> Bool[Tensor, "x y z"]:
        """Which vertices have a row."""
        return self.index >= 0

    def to_grid(self, points: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """World positions in grid units: the first vertex at the origin, voxels of side 1."""
        return (points - self.lower) / self.voxel_size

    def box(self) -> Float[Tensor, "2 3"]:
        """The first and the last vertex, in world units."""
        return torch.stack([self.lower, self.lower + (self.shape - 1) * self.voxel_size])

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        """Take on the size of the saved grid; the parameters stay the same objects, as an optimiser may hold them."""
        names = (*DATA_BUFFERS, "density", "color")
        if not all(prefix + name in state_dict for name in names):
            super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
            return
        saved = {name: state_dict[prefix + name] for name in names}
        device = self.density.device
        marked = torch.zeros(*saved["shape"].tolist(), dtype=torch.bool)
        marked[tuple(saved["vertices"].long().unbind(-1))] = True
        self.place(saved["lower"].to(device), saved["voxel_size"].to(device), marked.to(device))
        self.density.data = torch.empty_like(saved["density"], device=device)
        self.color.data = torch.empty_like(saved["color"], device=device)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
