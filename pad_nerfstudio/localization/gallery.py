"""Known views of the object, and which of them a query looks like."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.concurrency import in_threads, workers_for
from pad_nerfstudio.data.pinhole import Pinhole, typical_camera
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.image_pyramid import resize, scaled_camera
from pad_nerfstudio.localization.polar_descriptor import ANGLES, distances, polar_descriptor, spectrum
from pad_nerfstudio.localization.retrieval import Retrieved
from pad_nerfstudio.localization.silhouette import Centred, border_colour, centred, contrast
from pad_nerfstudio.models.rendering import Renderer

_WORKING_SIZE = 200
"""Silhouettes and descriptors need no more pixels than this on the longer side."""


@dataclass(frozen=True)
class PosedImage:
    """An image whose camera is known."""

    rgb: Float[Tensor, "h w 3"]
    """Colour in [0, 1]."""
    camera_to_world: Float[Tensor, "4 4"]
    """OpenGL axes, world frame of the data set, float64."""
    camera: Pinhole
    """Intrinsics of `rgb`."""


@dataclass(frozen=True)
class DescribedView:
    """What a gallery keeps of a view: not the image itself."""

    rotation: Float[Tensor, "3 3"]
    """Camera-to-world rotation of the camera turned to the object, OpenGL axes, float64."""
    origin: Float[Tensor, "3"]
    """The camera's position, world frame, float64."""
    spread: float
    """The object's apparent size, see `Centred`."""
    descriptor: Float[Tensor, "features angles"]
    """See `polar_descriptor`."""


def described(view: PosedImage) -> DescribedView:
    """Describe a view for a gallery."""
    turned, descriptor = describe(view.rgb, view.camera)
    pose = view.camera_to_world.double()
    return DescribedView(pose[:3, :3] @ turned.rotation, pose[:3, 3], turned.spread, descriptor)


class Gallery:
    """Descriptors of posed views of one object.

    Views are compared at every roll and normalised for aim and distance: the pose that a match suggests puts the
    object's centroid where the query shows it, at the distance at which it has the query's apparent size.
    """

    def __init__(self, views: Sequence["DescribedView"]):
        """Set up.

        Raises:
            ValueError: for no views
        """
        if not views:
            raise ValueError("a gallery needs at least one view")
        origins = torch.stack([view.origin for view in views])
        self._rotations = torch.stack([view.rotation for view in views])
        axes = -self._rotations[:, :, 2]
        self.centre = nearest_point(origins, axes)
        """The object's centre: the point nearest to the rays through the silhouettes' centroids."""
        depths = ((self.centre - origins) * axes).sum(-1)
        self._pivots = origins + depths[:, None] * axes
        self._sizes = depths * torch.tensor([view.spread for view in views], dtype=torch.float64)
        descriptors = torch.stack([view.descriptor for view in views])
        self._spectra = spectrum(descriptors)
        self._energies = (descriptors * descriptors).sum((-1, -2))

    def __len__(self) -> int:
        return len(self._rotations)

    def retrieve(self, query: Float[Tensor, "h w 3"], camera: Pinhole, k: int, separation: float = 8.0) -> Retrieved:
        """The likeliest cameras of a query, best first; see `Retriever.retrieve`.

        Args:
            query: colour in [0, 1]
            camera: its intrinsics
            k: how many poses, at most
            separation: the orientations of any two differ by at least this many degrees: they are different guesses
        """
        turned, descriptor = describe(query, camera)
        table = distances(descriptor, self._spectra, self._energies)
        order = table.flatten().topk(min(table.numel(), 64 * k), largest=False).indices
        views, steps = (order // ANGLES).cpu(), (order % ANGLES).cpu()
        rolls = torch.zeros(len(order), 6, dtype=torch.float64)
        rolls[:, 5] = steps * (2 * math.pi / ANGLES)
        candidates = self._rotations[views] @ se3.exp(rolls)[:, :3, :3]
        chosen: list[int] = []
        limit = 1 + 2 * math.cos(math.radians(separation))
        for i in range(len(order)):
            traces = (candidates[chosen] * candidates[i]).sum((-1, -2))
            if (traces < limit).all():
                chosen.append(i)
                if len(chosen) == k:
                    break
        poses = []
        for i in chosen:
            rotation, view = candidates[i], int(views[i])
            # The size of a silhouette in world units is its view's; the query's apparent size gives the distance.
            origin = self._pivots[view] + rotation[:, 2] * (self._sizes[view] / turned.spread)
            poses.append(se3.from_parts(rotation @ turned.rotation.T, origin))
        return Retrieved(poses, "polar")


def describe(image: Float[Tensor, "h w 3"], camera: Pinhole) -> tuple[Centred, Float[Tensor, "features angles"]]:
    """Centre a view on its object and describe it."""

    camera = scaled_camera(camera, _WORKING_SIZE)
    image = resize(image, camera.w, camera.h)
    background = border_colour(image)
    turned = centred(contrast(image, background), camera)
    return turned, polar_descriptor(image, camera, turned, background)


def nearest_point(origins: Float[Tensor, "n 3"], directions: Float[Tensor, "n 3"]) -> Float[Tensor, "3"]:
    """The point with the least sum of squared distances to lines of unit direction; the origins' mean if parallel."""
    projectors = torch.eye(3, dtype=origins.dtype) - directions[:, :, None] * directions[:, None, :]
    damping = 1e-9 * len(origins) * torch.eye(3, dtype=origins.dtype)
    right = (projectors @ origins[:, :, None]).sum(0)[:, 0] + damping @ origins.mean(0)
    return torch.linalg.solve(projectors.sum(0) + damping, right)


def in_between_poses(
    poses: Sequence[Float[Tensor, "4 4"]], centre: Float[Tensor, "3"], count: int, reach: float = 30.0
) -> list[Float[Tensor, "4 4"]]:
    """Cameras that look at `centre` from between the given ones, evenly over the sphere.

    Args:
        poses: training cameras
        centre: what the new cameras look at, world frame
        count: cameras on the whole sphere; directions without a training camera nearby are left out
        reach: how far from the nearest training camera a new one may lie, in degrees
    """
    offsets = torch.stack([pose[:3, 3].double() for pose in poses]) - centre
    radius = offsets.norm(dim=-1).median()
    known = torch.nn.functional.normalize(offsets, dim=-1)
    i = torch.arange(count, dtype=torch.float64) + 0.5
    z, azimuth = 1 - 2 * i / count, i * math.pi * (3 - math.sqrt(5))
    ring = (1 - z * z).sqrt()
    sphere = torch.stack([ring * azimuth.cos(), ring * azimuth.sin(), z], dim=-1)
    near = (sphere @ known.T).amax(-1) > math.cos(math.radians(reach))
    return [_looking_along(-direction, centre + radius * direction) for direction in sphere[near]]


def _looking_along(forward: Float[Tensor, "3"], origin: Float[Tensor, "3"]) -> Float[Tensor, "4 4"]:
    """A camera at `origin` with a given viewing direction and some roll."""
    helper = torch.eye(3, dtype=forward.dtype)[int(forward.abs().argmin())]
    right = torch.nn.functional.normalize(torch.linalg.cross(forward, helper), dim=0)
    rotation = torch.stack([right, torch.linalg.cross(right, forward), -forward], dim=-1)
    return se3.from_parts(rotation, origin)


def build_gallery(renderer: Renderer, views: Sequence[PosedImage], rendered_views: int, size: int = 64) -> Gallery:
    """A gallery of training views and of views rendered between them.

    Args:
        renderer: the trained field
        views: training views
        rendered_views: how many views to render over the sphere; zero for the training views alone
        size: longer side of the rendered views in pixels
    """

    workers = workers_for(renderer)
    known = in_threads(described, views, workers)
    gallery = Gallery(known)
    if rendered_views == 0:
        return gallery
    camera = scaled_camera(typical_camera([view.camera for view in views]), size)
    poses = in_between_poses([view.camera_to_world for view in views], gallery.centre, rendered_views)

    def rendered(pose: Float[Tensor, "4 4"]) -> DescribedView:
        return described(PosedImage(renderer.render(pose, camera).rgb, pose, camera))

    return Gallery([*known, *in_threads(rendered, poses, workers)])
