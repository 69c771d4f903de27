"""Each class is found where it was painted."""

import pytest
import torch

from pad_nerfstudio.anomaly.expected_view import ExpectedView
from pad_nerfstudio.anomaly.pixel_class import PixelClass, depth_jump, pixel_classes
from pad_nerfstudio.models.rendering import Rendering

SIDE = 128
FOCAL = 150.0


def grey_view(**changes: torch.Tensor) -> ExpectedView:
    """A grey plane that fills all but the outermost quarter of the image, at depth 3."""
    accumulation = torch.zeros(SIDE, SIDE)
    accumulation[16:-16, 16:-16] = 1.0
    parts = {"rgb": torch.full((SIDE, SIDE, 3), 0.5), "depth": torch.full((SIDE, SIDE), 3.0)}
    parts |= {"accumulation": accumulation, "spread": torch.zeros(SIDE, SIDE)}
    parts |= {"unconfirmed": torch.zeros(SIDE, SIDE, dtype=torch.bool), **changes}
    reference = Rendering(parts["rgb"], parts["depth"], parts["accumulation"])
    return ExpectedView(reference, parts["spread"], parts["unconfirmed"], FOCAL)


def painted(value: float, ground: float) -> torch.Tensor:
    image = torch.full((SIDE, SIDE), ground)
    image[40:88, 40:88] = value
    return image


def tilted(tangent: float) -> torch.Tensor:
    """Depth of a plane through (0, 0, 3) with this tangent between its normal and the viewing axis."""
    x = (torch.arange(SIDE) + 0.5 - SIDE / 2) / FOCAL
    return (3.0 / (1.0 - tangent * x)).clamp(0.5, 50.0).expand(SIDE, SIDE).contiguous()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, PixelClass.FLAT),
        ({"rgb": torch.rand(SIDE, SIDE, 3, generator=torch.Generator().manual_seed(0))}, PixelClass.DETAIL),
        ({"depth": tilted(2.5)}, PixelClass.GRAZING),
        ({"depth": tilted(1.0)}, PixelClass.FLAT),
        ({"spread": painted(0.2, 0.0)}, PixelClass.HIGHLIGHT),
        ({"spread": painted(0.2, 0.0), "unconfirmed": painted(1.0, 0.0) > 0}, PixelClass.UNCONFIRMED),
    ],
)
def test_the_middle_is_of_its_class(changes: dict[str, torch.Tensor], expected: PixelClass) -> None:
    classes = pixel_classes(grey_view(**changes))
    assert int(classes[SIDE // 2, SIDE // 2]) == expected
    assert int(classes[2, 2]) != PixelClass.EDGE and int(classes[16, SIDE // 2]) == PixelClass.EDGE


def test_an_inner_edge_is_where_the_depth_jumps_only() -> None:
    classes = pixel_classes(grey_view(depth=painted(2.0, 3.0)))
    assert int(classes[64, 40]) == int(classes[64, 39]) == PixelClass.EDGE
    assert int(classes[64, 64]) == int(classes[64, 28]) == PixelClass.FLAT
    assert float(depth_jump(tilted(1.0), FOCAL)[:, 30:-30].max()) < 0.1


def test_a_class_goes_by_the_object_not_by_the_number_of_pixels() -> None:
    small = grey_view(spread=painted(0.2, 0.0))
    double = {
        name: torch.nn.functional.interpolate(part[None, None], scale_factor=2)[0, 0]
        for name, part in (("accumulation", small.reference.accumulation), ("spread", small.spread))
    }
    reference = Rendering(
        torch.full((2 * SIDE, 2 * SIDE, 3), 0.5), torch.full((2 * SIDE,) * 2, 3.0), double["accumulation"]
    )
    large = pixel_classes(ExpectedView(reference, double["spread"], double["spread"] > 1, 2 * FOCAL))[::2, ::2]
    assert float((large == pixel_classes(small)).float().mean()) > 0.97


def test_an_image_without_object_is_flat() -> None:
    nothing = grey_view(accumulation=torch.zeros(SIDE, SIDE), depth=torch.zeros(SIDE, SIDE))
    assert int(pixel_classes(nothing).max()) == PixelClass.FLAT
