"""Slow and obvious twins of what runs fast elsewhere, for the tests that compare the two."""

from itertools import product

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.back_projection import projection_matrices
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid


def slow_between_voxels(volume: Float[Tensor, "c x y z"], grid: SceneGrid, point: Float[Tensor, "3"]) -> Tensor:
    """`SceneGrid.between_voxels` at one point: the eight voxels around it, those beyond the grid 0."""
    place = (point - grid.bounds()[0]) / grid.voxel_size - 0.5
    low = place.floor().long()
    value = torch.zeros(len(volume), dtype=volume.dtype)
    for corner in range(8):
        step = torch.tensor([corner >> 2 & 1, corner >> 1 & 1, corner & 1])
        voxel = low + step
        share = torch.where(step == 1, place - low, 1 - (place - low)).prod()
        if all(0 <= int(v) < n for v, n in zip(voxel, grid.shape, strict=True)):
            value = value + share * volume[:, voxel[0], voxel[1], voxel[2]]
    return value


def slow_back_project(
    features: Float[Tensor, "v c h w"],
    projections: Float[Tensor, "v 3 4"],
    points: Float[Tensor, "n 3"],
    image_size: tuple[int, int],
) -> Float[Tensor, "c n"]:
    """`back_project`, point by point and view by view."""
    h, w = features.shape[-2:]
    columns = []
    for point in points:
        total, views = torch.zeros(features.shape[1]), 0
        for view, projection in zip(features, projections, strict=True):
            x, y, depth = projection @ torch.cat([point, torch.ones(1)])
            u, v = x / depth, y / depth
            if depth <= 0 or not (0 <= u <= image_size[0] and 0 <= v <= image_size[1]):
                continue
            total = total + _slow_pixel(view, u * w / image_size[0] - 0.5, v * h / image_size[1] - 0.5)
            views += 1
        columns.append(total / max(views, 1))
    return torch.stack(columns, dim=1)


def slow_floor_cue(views: SceneViews) -> Float[Tensor, "views 6 h w"]:
    """`floor_seen_by_others`, pixel by pixel: a ray to the floor, whose end is projected into every other view."""
    count, _, h, w = views.images.shape
    found = torch.zeros(count, 6, h, w)
    projections = projection_matrices(views.k, views.camera_to_world)
    for own, row, column in product(range(count), range(h), range(w)):
        center = views.camera_to_world[own, :3, 3]
        pixel = torch.tensor([column + 0.5, row + 0.5, 1.0])
        ray = torch.linalg.solve(projections[own][:, :3], pixel)
        along = -center[2] / ray[2]
        if along <= 0:
            continue
        place = center + along * ray
        others = []
        for other in range(count):
            x, y, depth = projections[other] @ torch.cat([place, torch.ones(1)])
            u, v = x / depth, y / depth
            if other != own and depth > 0 and 0 <= u <= w and 0 <= v <= h:
                others.append(_slow_pixel(views.images[other], u - 0.5, v - 0.5))
        if others:
            colors = torch.stack(others)
            differences = views.images[own, :, row, column] - colors
            sizes, spread = differences.abs().mean(dim=1), colors.std(dim=0, correction=0).mean()
            found[own, :3, row, column] = differences.sort(dim=0).values[(len(others) - 1) // 2]
            found[own, 3:, row, column] = torch.stack([sizes.min(), spread, torch.tensor(len(others) / (count - 1))])
    return found


def _slow_pixel(image: Float[Tensor, "c h w"], column: Tensor, row: Tensor) -> Tensor:
    """Bilinear value at a place in units of pixels, 0 in the middle of the first; the border goes on beyond."""
    h, w = image.shape[-2:]
    total = torch.zeros(len(image))
    for i in (int(row.floor()), int(row.floor()) + 1):
        for j in (int(column.floor()), int(column.floor()) + 1):
            share = (1 - (row - i).abs()) * (1 - (column - j).abs())
            total = total + share * image[:, min(max(i, 0), h - 1), min(max(j, 0), w - 1)]
    return total


def slow_render(
    density: Float[Tensor, "rays samples"],
    length: Float[Tensor, " rays"],
    values: Float[Tensor, "rays samples c"],
) -> tuple[Float[Tensor, "rays c"], Float[Tensor, " rays"]]:
    """Colour and opacity of rays, one sample after the other."""
    seen, opacity = torch.zeros(len(values), values.shape[-1]), torch.zeros(len(values))
    for ray in range(len(density)):
        light = torch.ones(())
        for sample in range(density.shape[1]):
            stopped = light * (1 - torch.exp(-density[ray, sample] * length[ray]))
            seen[ray] += stopped * values[ray, sample]
            opacity[ray] += stopped
            light = light - stopped
    return seen, opacity


def slow_sparse_attention(
    queries: Float[Tensor, "heads tokens d"],
    keys: Float[Tensor, "heads tokens d"],
    values: Float[Tensor, "heads tokens d"],
    chosen: Int[Tensor, "objects objects voxels k"],
) -> Float[Tensor, "heads tokens d"]:
    """Bhunia et al., equation 7, voxel by voxel: the corresponding voxels of every other object, one softmax."""
    objects, _, voxels, _ = chosen.shape
    rows = []
    for head in range(len(queries)):
        for n in range(objects):
            for i in range(voxels):
                seen = [m * voxels + int(j) for m in range(objects) if m != n for j in chosen[n, m, i]]
                scores = keys[head, seen] @ queries[head, n * voxels + i] / queries.shape[-1] ** 0.5
                rows.append(torch.softmax(scores, dim=0) @ values[head, seen])
    return torch.stack(rows).view(queries.shape)


def slow_corresponding_voxels(
    features: Float[Tensor, "objects voxels d"], k: int
) -> Int[Tensor, "objects objects voxels k"]:
    """`corresponding_voxels`, voxel by voxel."""
    objects, voxels, _ = features.shape
    chosen = torch.zeros(objects, objects, voxels, k, dtype=torch.long)
    for n in range(objects):
        for m in range(objects):
            for i in range(voxels):
                alike = torch.stack([torch.cosine_similarity(features[n, i], other, dim=0) for other in features[m]])
                chosen[n, m, i] = alike.argsort(descending=True)[:k]
    return chosen
