"""Views are spread evenly, and never fewer than asked for."""

from pathlib import Path

import pytest

from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.odd_one_out.view_choice import check_view_counts, spread_views
from tests.scene_factory import make_scene


def test_views_are_spread_evenly() -> None:
    assert spread_views(20, 5) == (0, 4, 8, 12, 16) and spread_views(20, 20) == tuple(range(20))
    assert spread_views(20, 1) == (0,) and spread_views(20, 3) == (0, 6, 13)
    for count in range(1, 21):
        views = (*spread_views(20, count), 20)
        steps = {second - first for first, second in zip(views[:-1], views[1:], strict=True)}
        assert len(views) == count + 1 and max(steps) - min(steps) <= 1


@pytest.mark.parametrize(("total", "count"), [(3, 4), (3, 0)])
def test_more_views_than_there_are(total: int, count: int) -> None:
    with pytest.raises(ValueError, match="views"):
        spread_views(total, count)


def test_a_scene_with_too_few_views_is_named(tmp_path: Path) -> None:
    scenes = [read_scene(make_scene(tmp_path / f"s{views}", views=views, masks=False)) for views in (4, 3)]
    check_view_counts(scenes, [1, 3])
    with pytest.raises(UserError, match="--views 4: .*s3 has 3 views; give"):
        check_view_counts(scenes, [1, 4])
    with pytest.raises(UserError, match="--views 0: out of range"):
        check_view_counts(scenes, [0])
