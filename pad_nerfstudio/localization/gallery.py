"""Known views of the object, and which of them a query looks like."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from pad_nerfstudio.concurrency import in_threads, workers_for
from pad_nerfstudio.data.pinhole import Pinhole, typical_camera
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.image_pyramid import resize, scaled_camera
from pad_nerfstudio.localization.masked_matching import ROLLS, in_order, match, picture, stacked
from pad_nerfstudio.localization.polar_descriptor import ANGLES, distances, polar_descriptor, spectrum
from pad_nerfstudio.localization.retrieval import Retrieved
from pad_nerfstudio.localization.silhouette import (
    LOOKED_AT,
    Backdrop,
    Centred,
    backdrop,
    border_colour,
    centred,
    contrast,
    differs,
    turn_to,
)
from pad_nerfstudio.models.rendering import Renderer

MOST_PICTURES = 250
"""Views that are laid over photos before a background that tells nothing: some ten degrees apart."""
_WORKING_SIZE = LOOKED_AT
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
    picture: Float[Tensor, "4 side side"]
    """See `masked_matching.picture`."""
    background: Float[Tensor, "3"] | None
    """Colour behind the object; None where it is not plain."""


def described(view: PosedImage) -> DescribedView:
    """Describe a view for a gallery."""
    camera = scaled_camera(view.camera, _WORKING_SIZE)
    image = resize(view.rgb, camera.w, camera.h)
    background = border_colour(image)
    silhouette = contrast(image, background)
    turned = centred(silhouette, camera)
    descriptor = polar_descriptor(image, camera, turned, background)
    pose = view.camera_to_world.double()
    seen = picture(image, silhouette, camera, turned)
    return DescribedView(pose[:3, :3] @ turned.rotation, pose[:3, 3], turned.spread, descriptor, seen, background)


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
        self._pictured = torch.arange(0, len(views), math.ceil(len(views) / MOST_PICTURES))
        self._pictures = stacked([views[i].picture for i in self._pictured.tolist()])
        self._spread = median(view.spread for view in views)
        plain = [view.background for view in views if view.background is not None]
        self.background = torch.stack(plain).median(dim=0).values if 2 * len(plain) > len(views) else None
        """Colour behind the object in most views; None where it is not plain."""

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
        camera = scaled_camera(camera, _WORKING_SIZE)
        image = resize(query, camera.w, camera.h)
        behind = backdrop(image)
        if behind is None and self.background is not None:
            return self._matched(image, camera, k, separation)
        turned, descriptor = describe(image, camera, behind, self.background)
        table = distances(descriptor, self._spectra, self._energies)
        order = table.flatten().topk(min(table.numel(), 64 * k), largest=False).indices
        views, steps = (order // ANGLES).cpu(), (order % ANGLES).cpu()
        rolls = torch.zeros(len(order), 6, dtype=torch.float64)
        rolls[:, 5] = steps * (2 * math.pi / ANGLES)
        candidates = self._rotations[views] @ se3.exp(rolls)[:, :3, :3]
        chosen = distinct(candidates, k, separation)
        poses = [self._pose(int(views[i]), candidates[i], turned.rotation, turned.spread) for i in chosen]
        return Retrieved(poses, "polar")

    def _matched(self, image: Float[Tensor, "h w 3"], camera: Pinhole, k: int, separation: float) -> Retrieved:
        """The likeliest cameras of a query before a background that tells nothing."""
        matches = match(image, camera, self._pictures, self._spread)
        sizes, steps, pictures = in_order(matches, 64 * k).unbind(-1)
        views = self._pictured[pictures]
        rolls = torch.zeros(len(views), 6, dtype=torch.float64)
        rolls[:, 5] = steps * (2 * math.pi / ROLLS)
        candidates = self._rotations[views] @ se3.exp(rolls)[:, :3, :3]
        poses = []
        for i in distinct(candidates, k, separation):
            x, y = matches.place[sizes[i], steps[i], pictures[i]].tolist()
            turn = turn_to(functional.normalize(torch.tensor([x, y, -1.0], dtype=torch.float64), dim=0))
            poses.append(self._pose(int(views[i]), candidates[i], turn, float(matches.spreads[sizes[i]])))
        return Retrieved(poses, "polar, background unknown")

    def _pose(
        self, view: int, rotation: Float[Tensor, "3 3"], turn: Float[Tensor, "3 3"], spread: float
    ) -> Float[Tensor, "4 4"]:
        """The camera that sees what a view shows, rolled, in another direction and at another size."""
        # The size of a silhouette in world units is its view's; the query's apparent size gives the distance.
        origin = self._pivots[view] + rotation[:, 2] * (self._sizes[view] / spread)
        return se3.from_parts(rotation @ turn.T, origin)


def distinct(rotations: Float[Tensor, "n 3 3"], k: int, separation: float) -> list[int]:
    """Indices of the first `k` that differ from all before by at least `separation` degrees."""
    chosen: list[int] = []
    limit = 1 + 2 * math.cos(math.radians(separation))
    for i in range(len(rotations)):
        traces = (rotations[chosen] * rotations[i]).sum((-1, -2))
        if (traces < limit).all():
            chosen.append(i)
            if len(chosen) == k:
                break
    return chosen


def describe(
    image: Float[Tensor, "h w 3"],
    camera: Pinhole,
    behind: Backdrop | None,
    expected: Float[Tensor, "3"] | None,
) -> tuple[Centred, Float[Tensor, "features angles"]]:
    """Centre a query on its object and describe it as if it stood before the background of the views.

    Args:
        image: colour in [0, 1]
        camera: its intrinsics
        behind: what stands behind its object
        expected: colour behind the object in the views
    """
    silhouette = contrast(image, behind)
    if behind is not None and expected is not None and differs(behind, expected):
        image = silhouette[..., None] * image + (1 - silhouette[..., None]) * expected
        behind = expected
    turned = centred(silhouette, camera)
    return turned, polar_descriptor(image, camera, turned, behind)


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
