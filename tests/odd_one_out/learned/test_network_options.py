from dataclasses import replace
from typing import Any

import pytest

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.network_options import NetworkOptions, check_network_options
from tests.odd_one_out.learned.scenes import TINY


def test_the_published_sizes_and_those_of_the_tests_pass() -> None:
    check_network_options(NetworkOptions())
    check_network_options(TINY)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"backbone": "resnet51"}, "backbone resnet51: timm has no such network"),
        ({"channels": 16}, "volume-widths 8 16: give multiples of 8, the first of them --channels"),
        ({"volume_widths": (8, 12)}, "volume-widths 8 12: give multiples"),
        ({"volume_down": (1,)}, "volume-down 1: give as many numbers"),
        ({"volume_up": (1, 1)}, "volume-up 1 1: give one number less"),
        ({"object_size": 6}, "object-size 6: give a power of two"),
        ({"grid": SceneGrid(voxel_size=0.0)}, "grid.voxel-size 0.0: give a number above 0"),
        ({"judged": "surfaces", "silhouettes_in_volume": True, "variant": "B"}, "judged surfaces: cuts objects out"),
        ({"judged": "surfaces"}, "judged surfaces: cuts objects out"),
        ({"heads": 0}, "grid.shape, heads and other sizes: none may be negative"),
    ],
)
def test_mistakes_are_named(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=f"--pipeline.model.network.{sentence}"):
        check_network_options(replace(TINY, **changes))
