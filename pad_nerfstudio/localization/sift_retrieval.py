"""A camera from local features: matches with training views, their depth from the field, and PnP.

SIFT (Lowe 2004) with his ratio test, 3-D points from the field's rendering at each training view, and OpenCV's
`solvePnPRansac`. Methods that match local features with LoFTR (the code of OmniposeAD and SplatPose) need its weights;
SIFT needs none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization import se3
from pad_nerfstudio.localization.descriptor_gallery import DescriptorGallery
from pad_nerfstudio.localization.gallery import PosedImage
from pad_nerfstudio.localization.jacobian import backproject
from pad_nerfstudio.localization.retrieval import Retrieved
from pad_nerfstudio.localization.view_descriptors import image_descriptor
from pad_nerfstudio.models.rendering import Renderer

_TO_OPENCV = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0], dtype=torch.float64))
"""OpenGL camera axes (x right, y up, z back) to OpenCV's (x right, y down, z forward), and back."""


@dataclass
class SiftConfig:
    """How features are matched and a camera is found from them."""

    views: int = 8
    """Training views that the query is matched with: those most like it as whole images."""
    ratio: float = 0.8
    """A match counts where it is closer than this share of the second best (Lowe's ratio test)."""
    reprojection: float = 3.0
    """A match agrees with a camera where its point falls within this many pixels of the query."""
    least_matches: int = 8
    """Agreeing matches below which no camera is believed."""
    iterations: int = 1000
    """Iterations of RANSAC."""
    seed: int = 0
    """Seed of OpenCV's random numbers."""


@dataclass(frozen=True, eq=False)
class Matches:
    """Points of the object and where the query shows them."""

    points: Float[Tensor, "n 3"]
    """World frame, float64."""
    pixels: Float[Tensor, "n 2"]
    """x, y in the query, pixel centres at half-integers, float64."""


def features_of(image: Float[Tensor, "h w 3"]) -> tuple[Float[Tensor, "n 2"], Float32[np.ndarray, "n 128"]]:
    """SIFT key points (x, y, pixel centres at half-integers) and their descriptors."""
    gray = cv2.cvtColor(as_bytes(image), cv2.COLOR_RGB2GRAY)
    points, descriptors = cv2.SIFT.create().detectAndCompute(gray, None)  # type: ignore[arg-type]
    if descriptors is None:
        return torch.zeros(0, 2), np.zeros((0, 128), np.float32)
    return torch.tensor([point.pt for point in points]).float() + 0.5, descriptors


def as_bytes(image: Float[Tensor, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """Colour in [0, 1] as OpenCV reads it."""
    return (image.cpu().numpy() * 255).round().clip(0, 255).astype(np.uint8)


def ratio_matches(
    ours: Float32[np.ndarray, "n 128"], theirs: Float32[np.ndarray, "m 128"], ratio: float
) -> list[tuple[int, int]]:
    """Pairs (index of ours, index of theirs) that pass the ratio test."""
    if len(ours) == 0 or len(theirs) < 2:
        return []
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(ours, theirs, k=2)
    return [(best.queryIdx, best.trainIdx) for best, second in pairs if best.distance < ratio * second.distance]


def camera_from_matches(
    matches: Matches, camera: Pinhole, config: SiftConfig
) -> tuple[Float[Tensor, "4 4"] | None, int]:
    """The camera that most matches agree with, by PnP in RANSAC.

    Returns:
        camera-to-world (OpenGL axes, float64), or None where fewer than `least_matches` agree; and how many do
    """
    if len(matches.points) < max(4, config.least_matches):
        return None, 0
    intrinsics = np.array([[camera.fl_x, 0, camera.cx], [0, camera.fl_y, camera.cy], [0, 0, 1]], np.float64)
    cv2.setRNGSeed(config.seed)  # of this thread alone
    found, rotation, translation, inliers = cv2.solvePnPRansac(
        matches.points.numpy(),
        matches.pixels.numpy(),
        intrinsics,
        np.zeros(4),
        iterationsCount=config.iterations,
        reprojectionError=config.reprojection,
        flags=cv2.SOLVEPNP_SQPNP,
    )
    agreeing = 0 if inliers is None else len(inliers)
    if not found or agreeing < config.least_matches or not np.isfinite(rotation).all():
        return None, agreeing
    world_to_camera = torch.eye(4, dtype=torch.float64)
    world_to_camera[:3, :3] = torch.from_numpy(cv2.Rodrigues(rotation)[0])
    world_to_camera[:3, 3] = torch.from_numpy(translation[:, 0])
    return se3.orthonormalised(se3.inverse(world_to_camera) @ _TO_OPENCV), agreeing


class SiftGallery:
    """Training views to match a query with; satisfies `Retriever`."""

    def __init__(
        self,
        renderer: Renderer,
        views: Sequence[PosedImage],
        config: SiftConfig | None = None,
        workers: int = 1,
    ):
        """Set up; a view's features are found, and its depth is rendered, whenever it is matched.

        Args:
            renderer: the trained field
            views: training views, as large as details are to be matched
            config: options
            workers: how many views to describe at once

        Raises:
            ValueError: for no views
        """
        self.renderer, self.views, self.config = renderer, views, config or SiftConfig()
        self.likeness = DescriptorGallery(views, image_descriptor, "image", workers)

    def retrieve(self, query: Float[Tensor, "h w 3"], camera: Pinhole, k: int) -> Retrieved:
        """The camera by PnP alone; where too few matches agree, the views most like the query, said to be so.

        See `Retriever.retrieve`.
        """
        pixels, descriptors = features_of(query)
        chosen = self.likeness.nearest(query, self.config.views).tolist()
        found = [self._matches(pixels, descriptors, self.views[i]) for i in chosen]
        matches = Matches(torch.cat([each.points for each in found]), torch.cat([each.pixels for each in found]))
        pose, agreeing = camera_from_matches(matches, camera, self.config)
        if pose is not None:
            return Retrieved([pose], f"sift: {agreeing} of {len(matches.points)} matches agree")
        account = f"sift failed: {agreeing} of {len(matches.points)} matches agree; began at the most similar view"
        return Retrieved(self.likeness.retrieve(query, camera, k).poses, account, failed=True)

    def _matches(
        self, pixels: Float[Tensor, "n 2"], descriptors: Float32[np.ndarray, "n 128"], view: PosedImage
    ) -> Matches:
        there, theirs = features_of(view.rgb)
        pairs = torch.tensor(ratio_matches(descriptors, theirs, self.config.ratio)).long().reshape(-1, 2)
        rendering = self.renderer.render(view.camera_to_world, view.camera)
        spots = there[pairs[:, 1]]
        columns = spots[:, 0].long().clamp(0, view.camera.w - 1)
        rows = spots[:, 1].long().clamp(0, view.camera.h - 1)
        local = backproject(rendering.depth, view.camera)[rows, columns].double()
        pose = view.camera_to_world.double()
        on_object = rendering.accumulation[rows, columns] > 0.5
        points = local @ pose[:3, :3].T + pose[:3, 3]
        return Matches(points[on_object], pixels[pairs[:, 0]][on_object].double())
