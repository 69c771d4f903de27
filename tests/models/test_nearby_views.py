"""What a training photo shows arrives where the query sees the same surface."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from pad_nerfstudio.data.mad_layout import TrainingView
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.models.nearby_views import NearbyViews, surface_points
from pad_nerfstudio.models.rendering import Rendering, RenderingBatch, render_each

SIDE, DISTANCE = 64, 4.0
CAMERA = Pinhole.from_angle_x(0.691, SIDE, SIDE)


class Wall:
    """A gray wall at z = 0 that fills every image; the camera looks along -z."""

    renders = 0

    def render(self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> Rendering:
        """Gray everywhere, at the camera's height above the wall."""
        self.renders += 1
        depth = torch.full((camera.h, camera.w), float(camera_to_world[2, 3]))
        return Rendering(torch.full((camera.h, camera.w, 3), 0.5), depth, torch.ones(camera.h, camera.w))


def pose(x: float, z: float = DISTANCE) -> Float[Tensor, "4 4"]:
    matrix = torch.eye(4, dtype=torch.float64)
    matrix[0, 3], matrix[2, 3] = x, z
    return matrix


def view(folder: Path, name: str, x: float, spot: tuple[int, int] | None) -> TrainingView:
    """A photo of the wall with a white spot of 5 x 5 pixels around a row and column."""
    pixels = np.full((SIDE, SIDE, 3), 128, np.uint8)
    if spot is not None:
        pixels[spot[0] - 2 : spot[0] + 3, spot[1] - 2 : spot[1] + 3] = 255
    Image.fromarray(pixels).save(folder / name)
    return TrainingView(name, folder / name, pose(x).numpy(), CAMERA)


class WallOfMany(Wall):
    """The same for several cameras in one call."""

    calls = 0

    def render_stack(self, cameras: PinholeStack) -> RenderingBatch:
        """See `BatchRenderer.render_stack`."""
        self.calls += 1
        return render_each(self, cameras)


def test_looking_ahead_finds_the_same_in_fewer_calls(tmp_path: Path) -> None:
    views = [view(tmp_path, f"{i}.png", 0.1 * i, (30, 30 + i)) for i in range(5)]
    wall, walls = Wall(), WallOfMany()
    alone, ahead = NearbyViews(wall, views, torch.ones(3)), NearbyViews(walls, views, torch.ones(3))
    ahead.look_ahead([pose(0.0), pose(0.2)], count=5, at_once=3)
    assert (walls.calls, walls.renders) == (2, 5)
    for x in (0.0, 0.2):
        reference = wall.render(pose(x), CAMERA)
        found = [nearby.alternatives(pose(x), CAMERA, reference, 5) for nearby in (alone, ahead)]
        assert torch.equal(*found)
    assert walls.renders == 5


def test_a_spot_moves_with_the_surface(tmp_path: Path) -> None:
    wall = Wall()
    nearby = NearbyViews(wall, [view(tmp_path, "a.png", 0.0, (30, 40))], torch.ones(3))
    shift = 10 * DISTANCE / CAMERA.fl_x
    reference = wall.render(pose(shift), CAMERA)
    corrected = nearby.alternatives(pose(shift), CAMERA, reference, 3)
    assert corrected.shape == (1, SIDE, SIDE, 3)
    rows, columns = torch.nonzero(corrected[0, ..., 0] > 0.9, as_tuple=True)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (28, 32, 28, 32)


def test_another_surface_is_left_as_it_is(tmp_path: Path) -> None:
    wall = Wall()
    nearby = NearbyViews(wall, [view(tmp_path, "a.png", 0.0, (30, 40))], torch.ones(3))
    reference = wall.render(pose(0.0), CAMERA)
    nearer = Rendering(reference.rgb, reference.depth * 0.8, reference.accumulation)
    assert torch.equal(nearby.alternatives(pose(0.0), CAMERA, nearer, 1)[0], reference.rgb)


def test_photos_together_correct_what_any_of_them_sees_and_the_nearest_says_most(tmp_path: Path) -> None:
    wall = Wall()
    views = [view(tmp_path, "a.png", 0.0, (30, 40)), view(tmp_path, "b.png", 0.2, None)]
    reference = wall.render(pose(0.0), CAMERA)
    nearby = NearbyViews(wall, views, torch.ones(3))
    one = nearby.corrected(pose(0.0), CAMERA, reference, 1)
    assert torch.allclose(one.rgb, nearby.alternatives(pose(0.0), CAMERA, reference, 1)[0])
    # Both look the same way, so both have one word: half of the spot is left where both see the wall.
    both = nearby.corrected(pose(0.0), CAMERA, reference, 2)
    assert abs(float(both.rgb[30, 40, 0]) - 0.75) < 0.01 and torch.equal(both.depth, reference.depth)
    # The second camera does not see the leftmost columns: there the first one's word is the only one.
    views[0] = view(tmp_path, "c.png", 0.0, (30, 2))
    edge = NearbyViews(wall, views, torch.ones(3)).corrected(pose(0.0), CAMERA, reference, 2)
    assert float(edge.rgb[30, 2, 0]) > 0.98
    elsewhere = Rendering(reference.rgb, reference.depth * 0.8, reference.accumulation)
    assert torch.equal(nearby.corrected(pose(0.0), CAMERA, elsewhere, 2).rgb, reference.rgb)


def test_views_are_rendered_once_and_the_nearest_first(tmp_path: Path) -> None:
    wall = Wall()
    away = view(tmp_path, "b.png", 0.0, None)
    turned = torch.eye(4, dtype=torch.float64)
    turned[0, 0] = turned[2, 2] = np.cos(0.5)
    turned[0, 2], turned[2, 0] = np.sin(0.5), -np.sin(0.5)
    turned[2, 3] = DISTANCE
    away = TrainingView(away.file_path, away.path, turned.numpy(), CAMERA)
    nearby = NearbyViews(wall, [away, view(tmp_path, "a.png", 0.0, None)], torch.ones(3))
    assert nearby.nearest(pose(0.1), 2).tolist() == [1, 0]
    reference = wall.render(pose(0.0), CAMERA)
    wall.renders = 0
    for _ in range(3):
        nearby.alternatives(pose(0.0), CAMERA, reference, 1)
    assert wall.renders == 1


class Disc:
    """A gray disc of 20 pixels across at z = 0 before white; the camera looks along -z."""

    def render(self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> Rendering:
        """The disc in the middle, whatever the camera's place along x."""
        y, x = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
        disc = ((x - 32) ** 2 + (y - 32) ** 2 < 100).float()
        rgb = 1.0 - 0.5 * disc[..., None].expand(-1, -1, 3)
        return Rendering(rgb, torch.where(disc > 0, DISTANCE, 2 * DISTANCE), disc)


def masked_disc(folder: Path, name: str, also: tuple[int, int], with_mask: bool = True) -> TrainingView:
    """A photo of the disc, and of something dark between two columns beside it; its mask calls both object."""
    disc = Disc().render(pose(0.0), CAMERA)
    pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
    pixels[..., :3] = disc.rgb * 255
    pixels[..., 3] = disc.accumulation * 255
    pixels[28:36, also[0] : also[1]] = (20, 20, 20, 255)
    Image.fromarray(pixels if with_mask else np.ascontiguousarray(pixels[..., :3])).save(folder / name)
    return TrainingView(name, folder / name, pose(0.0).numpy(), CAMERA)


def test_what_a_mask_alone_calls_object_may_be_seen_from_nearby(tmp_path: Path) -> None:
    disc = Disc()
    reference = disc.render(pose(0.0), CAMERA)
    nearby = NearbyViews(disc, [masked_disc(tmp_path, "a.png", (44, 54))], torch.ones(3))
    told = nearby.alternatives(pose(0.0), CAMERA, reference, 1)[0]
    assert float(told[28:36, 44:54].max()) < 0.1
    told[28:36, 44:54] = 1.0
    assert torch.allclose(told, reference.rgb, atol=0.01)
    assert torch.equal(nearby.corrected(pose(0.0), CAMERA, reference, 1).rgb[28:36, 44:54], reference.rgb[28:36, 44:54])


def test_photos_without_masks_and_seams_of_a_mask_tell_nothing_beside_the_object(tmp_path: Path) -> None:
    disc = Disc()
    reference = disc.render(pose(0.0), CAMERA)
    for name, also, with_mask in (("a.png", (44, 54), False), ("b.png", (44, 47), True)):
        nearby = NearbyViews(disc, [masked_disc(tmp_path, name, also, with_mask)], torch.ones(3))
        told = nearby.alternatives(pose(0.0), CAMERA, reference, 1)[0]
        beside = reference.accumulation < 0.5
        assert torch.equal(told[beside], reference.rgb[beside])


def test_surface_points_lie_on_the_wall() -> None:
    points = surface_points(pose(0.7), CAMERA, torch.full((SIDE, SIDE), DISTANCE))
    assert torch.allclose(points[..., 2], torch.zeros(SIDE, SIDE), atol=1e-6)
    assert abs(float(points[..., 0].mean()) - 0.7) < 1e-5
