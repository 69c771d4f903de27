import torch

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.roi_pooling import roi_places
from pad_nerfstudio.odd_one_out.learned.seen_volumes import seen_volumes
from pad_nerfstudio.odd_one_out.learned.upright_places import MARGIN, upright_places

GRID = SceneGrid((40, 40, 16), 0.025, (0.0, 0.0, 0.175))
BOXES = torch.tensor(
    [[[-0.3, -0.1, 0.0], [-0.1, 0.1, 0.2]], [[0.0, -0.1, 0.01], [0.2, 0.1, 0.1]], [[0.3, 0.0, 0.0], [0.4, 0.2, 0.2]]]
)


def views(color: float) -> SceneViews:
    """Two views from above that see everything in one colour each."""
    poses = torch.eye(4).repeat(2, 1, 1)
    poses[:, 2, 3] = 4.0
    images = torch.stack([torch.full((3, 8, 8), value) for value in (color, color + 0.2)])
    return SceneViews(images, torch.tensor([[8.0, 0, 4], [0, 8, 4], [0, 0, 1]]), poses, None)


def test_blocks_have_one_size_stand_on_one_floor_and_hold_their_boxes_however_turned() -> None:
    places = upright_places(BOXES, 8)
    sizes = places.points.amax(dim=(1, 2, 3)) - places.points.amin(dim=(1, 2, 3))
    assert torch.allclose(sizes, sizes[:1].expand(3, 3), atol=1e-6)
    side, half_diagonal = float(sizes[0, 0]) * 8 / 7, float((BOXES[0, 1] - BOXES[0, 0])[:2].norm() / 2)
    assert side / 2 > half_diagonal
    middles = (places.points.amax(dim=(1, 2, 3)) + places.points.amin(dim=(1, 2, 3))) / 2
    torch.testing.assert_close(middles[:, :2], BOXES[:, :, :2].mean(dim=1), atol=1e-6, rtol=0)
    for number, (least, greatest) in enumerate(BOXES):
        own = places.points[number][places.own[number]]
        assert len(own) and bool((own >= least - MARGIN).all()) and bool((own <= greatest + MARGIN).all())
    assert not places.own.all()


def test_opacity_is_that_of_the_density_and_only_the_objects_own() -> None:
    places = upright_places(BOXES, 8)
    full, empty = (seen_volumes(torch.full(GRID.shape, raw), places, views(0.3), GRID) for raw in (5.0, -6.0))
    in_grid = (places.points.abs()[..., 0] < 0.45) & (places.points[..., 2] > 0)
    assert float(full[:, 0][places.own & in_grid].min()) > 0.99 and not full[:, 0][~places.own].any()
    assert float(empty[:, 0].max()) < 0.01


def test_colors_are_the_views_mean_and_their_spread() -> None:
    found = seen_volumes(torch.zeros(GRID.shape), upright_places(BOXES, 4), views(0.3), GRID)
    assert found.shape == (3, 7, 4, 4, 4)
    torch.testing.assert_close(found[:, 1:4], torch.full_like(found[:, 1:4], 0.4), atol=1e-5, rtol=0)
    torch.testing.assert_close(found[:, 4:7], torch.full_like(found[:, 4:7], 0.1), atol=1e-5, rtol=0)


def test_of_no_objects_nothing_is_seen() -> None:
    assert seen_volumes(torch.zeros(GRID.shape), roi_places(BOXES[:0], 4), views(0.3), GRID).shape == (0, 7, 4, 4, 4)
