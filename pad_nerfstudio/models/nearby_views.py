"""What training photos near a query show and the field does not: highlights, fine detail, grain taken back.

A field's rendering errs in the same way in neighbouring views. So the difference between a nearby training photo and
its rendering, carried over to the query by the field's own depth, turns the reference into what that photo says it is.
"""

import threading
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.concurrency import in_threads
from pad_nerfstudio.data.common_look import in_common_look
from pad_nerfstudio.data.images import as_rgb, read_image, read_pixels
from pad_nerfstudio.data.mad_layout import TrainingView
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.fields.parallel import num_threads
from pad_nerfstudio.models.rendering import Renderer, Rendering, rendered_together

DEPTH_TOLERANCE = 0.0075
"""Two depths show the same surface where they differ by less than this share of the depth."""
NEARNESS_POWER = 4
"""How steeply a view's word counts less with its angle: the nearest decides, farther ones fill what it does not see."""
NEARNESS_ANGLE = 0.01
"""Angle in radians below which nearer is not better."""


class NearbyViews:
    """Training photos as witnesses of what the normal object looks like from near a query's camera.

    Each view is rendered once, when it is first needed, and kept: about 10 bytes a pixel.
    """

    def __init__(self, renderer: Renderer, views: Sequence[TrainingView], background: Float[Tensor, "3"]) -> None:
        """Set up; nothing is rendered yet.

        Args:
            renderer: the trained field
            views: the views it was trained on; photos are read at the size of their cameras
            background: colour behind the object in [0, 1]
        """
        self.renderer, self.views, self.background = renderer, views, background
        poses = torch.stack([torch.from_numpy(view.camera_to_world) for view in views]).double()
        self._poses = poses
        self._axes = -poses[:, :3, 2]
        self._kept: dict[int, Float[Tensor, "5 h w"]] = {}
        self._locks = [threading.Lock() for _ in views]  # two queries may ask for one view at once

    def alternatives(
        self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole, reference: Rendering, count: int
    ) -> Float[Tensor, "k h w 3"]:
        """The reference as the `count` nearest training photos correct it; unchanged where they do not see the surface.

        Beside the object a photo speaks where its own mask says object and the field shows none: a mask that leaves a
        hole filled, outvoted by the others, is no defect in a query with a mask like it.

        Args:
            camera_to_world: the query's pose, world frame of the data set
            camera: its intrinsics
            reference: the field's rendering there
            count: how many views to use

        Raises:
            UserError: a training photo is missing or broken
        """
        pose = camera_to_world.double().cpu()
        points = surface_points(pose, camera, reference.depth)
        found = [reference.rgb.new_empty(0, *reference.rgb.shape)]
        beside: Float[Tensor, "h w 3"] | None = None
        for index in self.nearest(pose, count).tolist():
            correction, visible = self._correction(points, reference, index)
            if bool(self._view(index)[4].any()):
                if beside is None:
                    beside = surface_points(pose, camera, depth_beside(reference))
                other, told = self._told_beside(beside, reference, index)
                correction, visible = torch.where(told[..., None], other, correction), visible | told
            corrected = (reference.rgb + correction).clamp(0.0, 1.0)
            found.append(torch.where(visible[..., None], corrected, reference.rgb)[None])
        return torch.cat(found)

    def corrected(
        self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole, reference: Rendering, count: int
    ) -> Rendering:
        """The reference as the `count` nearest training photos together correct it; arguments as for `alternatives`.

        Every pixel takes the mean correction of the photos that see its surface, by the power `NEARNESS_POWER` of their
        nearness; unchanged where none does.
        """
        pose = camera_to_world.double().cpu()
        points = surface_points(pose, camera, reference.depth)
        indices = self.nearest(pose, count)
        angles = (self._axes[indices] @ -pose[:3, 2]).clamp(-1.0, 1.0).arccos()
        weights = (NEARNESS_ANGLE / (angles + NEARNESS_ANGLE)) ** NEARNESS_POWER
        total, known = torch.zeros_like(reference.rgb), torch.zeros_like(reference.depth)
        for index, weight in zip(indices.tolist(), weights.tolist(), strict=True):
            correction, visible = self._correction(points, reference, index)
            total += weight * visible[..., None] * correction
            known += weight * visible
        mean = torch.where(known[..., None] > 0, total / known[..., None], torch.zeros_like(total))
        return Rendering((reference.rgb + mean).clamp(0.0, 1.0), reference.depth, reference.accumulation)

    def _correction(
        self, points: Float[Tensor, "h w 3"], reference: Rendering, index: int
    ) -> tuple[Float[Tensor, "h w 3"], Bool[Tensor, "h w"]]:
        """What one view adds to each pixel of the reference, and where it sees that pixel's surface."""
        seen, depth = self._project(points, index)
        known = functional.grid_sample(self._view(index)[None].to(seen), seen[None], align_corners=False)[0]
        visible = (known[3] > 0) & ((known[3] - depth).abs() < DEPTH_TOLERANCE * depth)
        return known[:3].permute(1, 2, 0), visible & (reference.accumulation > 0.5)

    def _told_beside(
        self, points: Float[Tensor, "h w 3"], reference: Rendering, index: int
    ) -> tuple[Float[Tensor, "h w 3"], Bool[Tensor, "h w"]]:
        """What one view adds to each pixel beside the object, and where its mask says object there."""
        seen, depth = self._project(points, index)
        known = functional.grid_sample(self._view(index)[None].to(seen), seen[None], align_corners=False)[0]
        told = (known[4] > 0.5) & (depth > 0) & (reference.accumulation <= 0.5)
        return known[:3].permute(1, 2, 0), told

    def nearest(self, camera_to_world: Float[Tensor, "4 4"], count: int) -> Int[Tensor, " k"]:
        """Indices of the views that look in the most similar direction, the most similar first."""
        similarity = self._axes @ -camera_to_world[:3, 2].double()
        return similarity.topk(min(count, len(self.views))).indices

    def _project(
        self, points: Float[Tensor, "h w 3"], index: int
    ) -> tuple[Float[Tensor, "h w 2"], Float[Tensor, "h w"]]:
        """Where a training camera sees world points, in [-1, 1] over its image, and how deep."""
        world_to_camera = torch.linalg.inv(self._poses[index]).to(points)
        local = points @ world_to_camera[:3, :3].T + world_to_camera[:3, 3]
        depth = -local[..., 2]
        safe = depth.clamp_min(1e-6)
        camera = self.views[index].camera
        x = camera.fl_x * local[..., 0] / safe + camera.cx
        y = -camera.fl_y * local[..., 1] / safe + camera.cy
        return torch.stack([2 * x / camera.w - 1, 2 * y / camera.h - 1], dim=-1), depth

    def _view(self, index: int) -> Float[Tensor, "5 h w"]:
        """Photo minus rendering, the depth of the object (0 beside it), and 1 where its mask alone says object.

        Along a silhouette mask and field differ by a pixel or two: only what is five pixels wide counts.
        """
        with self._locks[index]:
            if index not in self._kept:
                rendering = self.renderer.render(self._poses[index], self.views[index].camera)
                self._kept[index] = self._residual(index, rendering, *self._photo(index))
            return self._kept[index]

    def look_ahead(self, camera_to_world: Sequence[Float[Tensor, "4 4"]], count: int, at_once: int) -> None:
        """Render what corrects views of several queries, `at_once` training cameras in one call and their photos read
        at the same time, instead of each when it is first needed; the same is found either way.

        Raises:
            UserError: a training photo is missing or broken
        """
        needed = (index for pose in camera_to_world for index in self.nearest(pose.double().cpu(), count).tolist())
        missing = [index for index in dict.fromkeys(needed) if index not in self._kept]
        for first in range(0, len(missing), at_once):
            some = missing[first : first + at_once]
            cameras = [self.views[index].camera for index in some]
            seen = rendered_together(self.renderer, [self._poses[index] for index in some], cameras)
            photos = in_threads(self._photo, some, num_threads())
            for index, rendering, photo in zip(some, seen, photos, strict=True):
                self._kept[index] = self._residual(index, rendering, *photo)

    def _photo(self, index: int) -> tuple[UInt8[np.ndarray, "h w 3"], Float[Tensor, "h w"]]:
        """A training photo at the size of its camera, and how much of each pixel is object by its mask."""
        view, size = self.views[index], (self.views[index].camera.w, self.views[index].camera.h)
        red, green, blue = self.background.tolist()
        pixels = read_pixels(view.path)
        return as_rgb(pixels, (red, green, blue), size), opacity_of(pixels, size)

    def _residual(
        self, index: int, rendering: Rendering, pixels: UInt8[np.ndarray, "h w 3"], opacity: Float[Tensor, "h w"]
    ) -> Float[Tensor, "5 h w"]:
        view, camera = self.views[index], self.views[index].camera
        photo = torch.tensor(pixels, dtype=torch.float32).to(rendering.rgb.device) / 255.0
        if view.light is not None:
            photo = in_common_look(photo, view.light, rendering.accumulation, self.background)
        residual = photo - rendering.rgb
        shown = rendering.accumulation > 0.5
        if view.seen is not None:
            seen = torch.from_numpy(read_image(view.seen, size=(camera.w, camera.h))[..., 0] == 255)
            shown &= seen.to(shown.device)
        depth = torch.where(shown, rendering.depth, torch.zeros_like(rendering.depth))
        alone = (opacity > 0.5) & (rendering.accumulation <= 0.5).cpu()
        told = torch.from_numpy(cv2.morphologyEx(alone.numpy().astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5))))
        return torch.cat([residual.permute(2, 0, 1), depth[None], told[None].to(depth)]).half()


def opacity_of(pixels: UInt8[np.ndarray, "_h _w c"], size: tuple[int, int]) -> Float[Tensor, "h w"]:
    """How much of each pixel of a photo is object by its mask, at another width and height; 0 without a mask."""
    if pixels.shape[2] not in (2, 4) or pixels[..., -1].min() == 255:
        return torch.zeros(size[1], size[0])
    return torch.from_numpy(cv2.resize(pixels[..., -1], size, interpolation=cv2.INTER_AREA)) / 255.0


def depth_beside(reference: Rendering) -> Float[Tensor, "h w"]:
    """Depth of the object; beside it, that of the object's nearest pixel."""
    outside = (reference.accumulation <= 0.5).cpu().numpy()
    if outside.all():
        return reference.depth
    rows, columns = distance_transform_edt(outside, return_distances=False, return_indices=True)  # type: ignore[misc]
    return reference.depth[torch.from_numpy(rows).long(), torch.from_numpy(columns).long()]


def surface_points(
    camera_to_world: Float[Tensor, "4 4"], camera: Pinhole, depth: Float[Tensor, "h w"]
) -> Float[Tensor, "h w 3"]:
    """World points that a rendering shows.

    Args:
        camera_to_world: OpenGL axes
        camera: intrinsics of the rendering
        depth: depth along the viewing axis
    """
    x = (torch.arange(camera.w) + 0.5 - camera.cx) / camera.fl_x
    y = -(torch.arange(camera.h) + 0.5 - camera.cy) / camera.fl_y
    rays = torch.stack([x.expand(camera.h, -1), y[:, None].expand(-1, camera.w), -torch.ones(camera.h, camera.w)], -1)
    local = rays.to(depth) * depth[..., None]
    pose = camera_to_world.to(depth)
    return local @ pose[:3, :3].T + pose[:3, 3]
