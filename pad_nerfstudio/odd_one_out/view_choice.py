"""Which views of a scene a method may look at."""

from collections.abc import Sequence

from pad_nerfstudio.data.scene_layout import Scene
from pad_nerfstudio.errors import UserError


def spread_views(total: int, count: int) -> tuple[int, ...]:
    """Numbers of `count` of `total` views, the first of each of `count` equal stretches of their order.

    Cameras of the published scenes, and of those of `render_scenes.py`, stand on a way around the objects, so even
    steps in the order are even steps in direction.

    Raises:
        ValueError: there are not so many, or none is asked for
    """
    if not 1 <= count <= total:
        raise ValueError(f"{count} of {total} views")
    return tuple(number * total // count for number in range(count))


def check_view_counts(scenes: Sequence[Scene], counts: Sequence[int]) -> None:
    """Make sure that every scene has as many views as are asked for: a mean over fewer would bear a wrong name.

    Raises:
        UserError: one has not, or a count is below 1
    """
    for count in counts:
        if count < 1:
            raise UserError(f"--views {count}: out of range; give 1 or more")
        for scene in scenes:
            if count > len(scene.views):
                raise UserError(
                    f"--views {count}: {scene.root} has {len(scene.views)} views; give at most that, or leave it out"
                )
