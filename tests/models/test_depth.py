"""Both meanings of depth come out as one."""

import torch

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.models.depth import z_depth


def test_a_plane_has_one_depth_however_a_model_measures_it() -> None:
    camera = Pinhole(40.0, 50.0, 15.0, 11.0, 32, 24)
    z = 2.5
    pixels = torch.arange(camera.w * camera.h)
    stack = PinholeStack.of_one_size(
        torch.eye(4)[None, :3], torch.tensor([[40.0, 50.0]]), torch.tensor([[15.0, 11.0]]), camera.w, camera.h
    )
    view, y, x = stack.split(pixels)
    _, directions = stack(view, x + 0.5, y + 0.5)
    along_ray = (z / -directions[:, 2]).view(camera.h, camera.w)
    torch.testing.assert_close(z_depth(along_ray, camera, along_ray=True), torch.full((24, 32), z))
    torch.testing.assert_close(z_depth(torch.full((24, 32), z), camera, along_ray=False), torch.full((24, 32), z))
