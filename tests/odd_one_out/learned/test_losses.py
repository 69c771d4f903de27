from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pad_nerfstudio.data.scene_set import SceneViews
from pad_nerfstudio.odd_one_out.learned.grid import SceneGrid
from pad_nerfstudio.odd_one_out.learned.losses import (
    RenderingOptions,
    cameras_of,
    drawn_pixels,
    feature_loss,
    image_losses,
    silhouette_loss,
)
from pad_nerfstudio.odd_one_out.learned.training_scene import object_masks
from pad_nerfstudio.odd_one_out.learned.volume_rendering import composite, weighted_samples
from tests.odd_one_out.learned.scenes import boxes_of, views_of
from tests.scene_factory import make_scene

GRID = SceneGrid((64, 64, 16), 0.02, (0.0, 0.0, 0.1))
OPTIONS = RenderingOptions(samples=96, rays=400, object_share=0.5, feature_side=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scene(tmp_path_factory.mktemp("scenes") / "scene", size=(64, 64))


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def true_density(folder: Path) -> torch.Tensor:
    """Opaque in the true boxes, which turned objects do not quite fill."""
    points, density = GRID.voxel_centers(), torch.zeros(GRID.shape)
    for least, greatest in boxes_of(folder):
        density[((points > least) & (points < greatest)).all(dim=-1)] = 5.0
    return density


def seen_by(views: SceneViews, volume: torch.Tensor, density: torch.Tensor, side: int) -> torch.Tensor:
    """Rendered at `side` pixels squared: `(views, channels, side, side)`."""
    found, row, column = torch.meshgrid(torch.arange(len(views.images)), *[torch.arange(side)] * 2, indexing="ij")
    x, y = ((cell.flatten() + 0.5) * 64 / side for cell in (column, row))
    along = weighted_samples(GRID, density, *cameras_of(views)(found.flatten(), x, y), samples=96)
    return composite(GRID, volume, along).view(len(views.images), side, side, -1).permute(0, 3, 1, 2)


def test_half_of_the_pixels_lie_on_or_near_objects() -> None:
    masks = torch.zeros(2, 32, 64, dtype=torch.bool)
    masks[1, 10:20, 30:40] = True
    view, row, column = drawn_pixels(masks, 1000, 0.5, generator())
    near = (view == 1) & (row >= 6) & (row < 24) & (column >= 26) & (column < 44)
    on = masks[view, row, column]
    assert len(view) == 2000 and 1000 <= int(near.sum()) < 1200 and 250 < int(on.sum()) < 450
    assert len(drawn_pixels(torch.zeros(1, 8, 8, dtype=torch.bool), 10, 0.5, generator())[0]) == 10


def test_the_truth_has_smaller_losses_than_other_volumes(folder: Path) -> None:
    views = views_of(folder, [0, 3])
    masks, density = object_masks("scene", views), true_density(folder)
    color = torch.full((3, *GRID.shape), 0.5)

    def losses(volume: torch.Tensor) -> list[float]:
        return [float(loss) for loss in image_losses(GRID, volume, color, views, masks, OPTIONS, generator())]

    truth = losses(density)
    for other in (torch.zeros(GRID.shape), density.roll(12, 0), torch.full(GRID.shape, 0.2)):
        assert losses(other)[1] > 2 * truth[1] and losses(other)[0] > truth[0]


def test_features_that_render_to_the_teachers_cost_nothing(folder: Path) -> None:
    views, field = views_of(folder, [0, 3]), torch.rand(5, *GRID.shape, generator=generator()) - 0.5
    masks, density = object_masks("scene", views), true_density(folder)
    taught = seen_by(views, field, density, OPTIONS.feature_side)
    loss = feature_loss(GRID, density, field, views, masks, 3 * taught, OPTIONS)
    assert float(loss) < 1e-3
    assert float(feature_loss(GRID, density, field, views, masks, -taught, OPTIONS)) > 1.9
    # a teacher of fewer channels leaves the last ones free
    assert float(feature_loss(GRID, density, field, views, masks, taught[:, :3], OPTIONS)) < 1e-3
    nothing = torch.zeros_like(masks)
    assert float(feature_loss(GRID, density, field, views, nothing, taught, replace(OPTIONS))) == 0


def test_silhouettes_that_are_right_cost_next_to_nothing() -> None:
    masks = torch.zeros(2, 16, 16, dtype=torch.bool)
    masks[0, 4:8, 4:12], masks[1, :, 12:] = True, True
    right = 20 * (masks[:, ::4, ::4].float() - 0.5)
    assert float(silhouette_loss(right, masks)) < 1e-3
    assert float(silhouette_loss(-right, masks)) > 5
    assert abs(float(silhouette_loss(torch.zeros(2, 4, 4), masks)) - 0.6931) < 1e-3
