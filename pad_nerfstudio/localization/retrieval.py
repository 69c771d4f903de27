"""The one interface of everything that guesses the camera of a query before it is refined."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole

RetrievalName = Literal["polar", "image", "efficientnet_b4", "sift"]
"""The names that `--retrieval` takes."""


@dataclass(frozen=True, eq=False)
class Retrieved:
    """Guesses of one query's camera."""

    poses: list[Float[Tensor, "4 4"]]
    """At least one, best first: OpenGL axes, world frame, float64."""
    account: str
    """What found them, as `poses.json` records it."""
    failed: bool = False
    """Whether what was asked for gave no pose, so that these are the fall-back that `account` tells of."""


@runtime_checkable
class Retriever(Protocol):
    """Known views of an object that a query is looked up among."""

    def retrieve(self, query: Float[Tensor, "h w 3"], camera: Pinhole, k: int) -> Retrieved:
        """The likeliest cameras of a query, at most `k`.

        Args:
            query: colour in [0, 1]
            camera: its intrinsics
            k: how many poses, at most
        """
        ...
