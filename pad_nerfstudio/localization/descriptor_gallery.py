"""Retrieval of whole training views: the camera of the view whose descriptor is most like the query's."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pad_nerfstudio.concurrency import in_threads
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.gallery import PosedImage
from pad_nerfstudio.localization.retrieval import Retrieved

Describe = Callable[[Float[Tensor, "h w 3"]], Float[Tensor, " n"]]
"""Colour in [0, 1] -> a vector of length one."""


class DescriptorGallery:
    """Training views by the cosine of their descriptors; satisfies `Retriever`.

    Unlike `Gallery` it knows nothing of roll, aim and distance: a guess is exactly the camera of a training view.
    """

    def __init__(self, views: Sequence[PosedImage], describe: Describe, name: str, workers: int = 1):
        """Describe the views.

        Args:
            views: training views
            describe: makes the descriptors
            name: what poses found here are recorded as
            workers: how many views to describe at once

        Raises:
            ValueError: for no views
        """
        if not views:
            raise ValueError("a gallery needs at least one view")
        self.name = name
        self._describe = describe
        self._poses = [view.camera_to_world.double() for view in views]
        self._descriptors = torch.stack(in_threads(lambda view: describe(view.rgb), views, workers))

    def __len__(self) -> int:
        return len(self._poses)

    def nearest(self, query: Float[Tensor, "h w 3"], k: int) -> Int[Tensor, " k"]:
        """Indices of the views most like the query, the most similar first."""
        return (self._descriptors @ self._describe(query)).topk(min(k, len(self))).indices

    def retrieve(self, query: Float[Tensor, "h w 3"], camera: Pinhole, k: int) -> Retrieved:
        """See `Retriever.retrieve`; the camera's intrinsics are taken to be the training views'."""
        return Retrieved([self._poses[i] for i in self.nearest(query, k).tolist()], self.name)
