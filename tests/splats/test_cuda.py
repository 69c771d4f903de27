"""gsplat's kernels against the torch rasteriser, on a GPU."""

import pytest
import torch

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.splats.gaussians import Gaussians
from pad_nerfstudio.splats.rasterization import check_rasterizer, choose_rasterizer
from tests.splats.scenes import some_cameras, some_gaussians

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="gsplat renders with CUDA only"),
]


def rendered(name: str, compensate: bool) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Pictures, and gradients of a weighted sum of them."""
    parts = {key: value.cuda().requires_grad_() for key, value in vars(some_gaussians(count=60)).items()}
    cameras = some_cameras(width=48, height=40).to("cuda")
    pose = cameras.camera_to_world.clone().requires_grad_()
    stack = PinholeStack.of_one_size(pose, cameras.focal, cameras.center, cameras.width, cameras.height)
    seen = choose_rasterizer(name)(Gaussians(**parts), stack, 1, compensate)  # pyright: ignore
    weight = torch.rand(seen.rgb.shape, generator=torch.Generator().manual_seed(0)).cuda()
    (seen.rgb * weight).sum().backward()
    gradients = {key: value.grad for key, value in {**parts, "pose": pose}.items()}
    pictures = {"rgb": seen.rgb, "accumulation": seen.accumulation, "depth": seen.depth * (seen.accumulation > 0.1)}
    return pictures, gradients


@pytest.mark.parametrize("compensate", [False, True])
def test_pictures_and_gradients_agree(compensate: bool) -> None:
    check_rasterizer("gsplat", "cuda")
    ours, slopes = rendered("reference", compensate)
    theirs, their_slopes = rendered("gsplat", compensate)
    for name, picture in ours.items():
        # splats end at three deviations there
        assert (picture - theirs[name]).abs().mean() < 2e-3, name
    for name, slope in slopes.items():
        apart = (slope - their_slopes[name]).norm() / slope.norm()
        assert apart < 0.05, name
