"""Our rays against a slow projection of our own and against Nerfstudio's."""

import torch
from nerfstudio.cameras.cameras import Cameras, CameraType

from pad_nerfstudio.data.pixel_rays import PinholeStack, is_plain_pinhole


def make_cameras() -> Cameras:
    generator = torch.Generator().manual_seed(0)
    rotation = torch.linalg.qr(torch.randn(3, 3, 3, generator=generator)).Q
    rotation = rotation * torch.linalg.det(rotation)[:, None, None]
    pose = torch.cat([rotation, torch.randn(3, 3, 1, generator=generator)], -1)
    return Cameras(pose, torch.tensor([[30.0]] * 3), torch.tensor([[35.0]] * 3), 11.5, 8.25, 20, 16)


def test_points_along_a_ray_project_back_to_its_pixel() -> None:
    cameras = make_cameras()
    stack = PinholeStack.from_cameras(cameras)
    view, y, x = stack.split(torch.arange(3 * 20 * 16))
    origins, directions = stack(view, x + 0.5, y + 0.5)
    points = origins + 3 * directions
    for i in torch.randperm(len(view))[:50].tolist():
        pose = cameras.camera_to_worlds[view[i]]
        local = pose[:, :3].T @ (points[i] - pose[:, 3])
        assert local[2] < 0
        assert abs(30 * local[0] / -local[2] + 11.5 - (x[i] + 0.5)) < 1e-3
        assert abs(-35 * local[1] / -local[2] + 8.25 - (y[i] + 0.5)) < 1e-3


def test_nerfstudio_makes_the_same_rays() -> None:
    cameras = make_cameras()
    stack = PinholeStack.from_cameras(cameras)
    theirs = cameras.generate_rays(camera_indices=1, keep_shape=True)
    view, y, x = stack.split(torch.arange(20 * 16) + 20 * 16)
    origins, directions = stack(view, x + 0.5, y + 0.5)
    torch.testing.assert_close(theirs.directions.reshape(-1, 3), directions, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(theirs.origins.reshape(-1, 3), origins)


def test_all_pixels_are_the_rays_through_them() -> None:
    cameras = make_cameras()[1:2]
    stack = PinholeStack.from_cameras(cameras)
    view, y, x = stack.split(torch.arange(20 * 16))
    for ours, theirs in zip(stack.all_pixels(), stack(view, x + 0.5, y + 0.5), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-6)


def test_only_undistorted_perspective_cameras_are_plain() -> None:
    cameras = make_cameras()
    assert is_plain_pinhole(cameras)
    cameras.distortion_params = torch.tensor([[0.1, 0, 0, 0, 0, 0]] * 3)
    assert not is_plain_pinhole(cameras)
    fisheye = make_cameras()
    fisheye.camera_type = torch.full_like(fisheye.camera_type, CameraType.FISHEYE.value)
    assert not is_plain_pinhole(fisheye)


def test_cameras_of_other_sizes_and_focal_lengths_keep_their_own_rays() -> None:
    alike = make_cameras()
    sizes = [(20, 16), (16, 20), (7, 5)]
    cameras = Cameras(
        alike.camera_to_worlds,
        torch.tensor([[30.0], [40.0], [9.0]]),
        torch.tensor([[35.0], [40.0], [11.0]]),
        torch.tensor([[11.5], [8.0], [3.0]]),
        torch.tensor([[8.25], [10.0], [2.0]]),
        torch.tensor([[w] for w, _ in sizes]),
        torch.tensor([[h] for _, h in sizes]),
    )
    stack = PinholeStack.from_cameras(cameras)
    view, y, x = stack.split(torch.arange(sum(w * h for w, h in sizes)))
    origins, directions = stack(view, x + 0.5, y + 0.5)
    for index, (w, h) in enumerate(sizes):
        theirs = cameras.generate_rays(camera_indices=index, keep_shape=True)
        assert theirs.directions.shape[:2] == (h, w)
        torch.testing.assert_close(theirs.directions.reshape(-1, 3), directions[view == index], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(theirs.origins.reshape(-1, 3), origins[view == index])
        for ours, all_pixels in zip((origins, directions), stack.one(index).all_pixels(), strict=True):
            torch.testing.assert_close(ours[view == index], all_pixels, atol=1e-6, rtol=1e-6)
