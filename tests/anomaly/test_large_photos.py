"""Photos larger than the training photos are compared at the size of those; maps have the photo's size."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.comparison import FeatureOptions, comparison_named
from pad_nerfstudio.anomaly.scorer import Scorer
from pad_nerfstudio.data.images import read_mask
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.models.rendering import Rendering
from tests.anomaly.fakes import WHITE, square, write_photo


@dataclass
class WatchedRenderer:
    """Renders the square and remembers the sizes asked for."""

    sizes: list[tuple[int, int]] = field(default_factory=list)

    def render(self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> Rendering:
        self.sizes.append((camera.w, camera.h))
        return square(camera.w, camera.h)


def test_a_photo_of_ten_times_the_size_costs_one_of_training_size(tmp_path: Path) -> None:
    large, small = (write_photo(tmp_path / str(side), "Burrs", 0, side) for side in (480, 48))
    renderer = WatchedRenderer()
    scorer = Scorer(renderer, WHITE, comparison_named("lab-envelope", FeatureOptions()), largest=48)
    scored, plain = scorer(large), scorer(small)
    assert renderer.sizes == [(48, 48), (48, 48)]
    assert scored.query.shape == scored.reference.rgb.shape == (480, 480, 3)
    assert scored.anomaly_map.shape == scored.reference.accumulation.shape == (480, 480)
    assert scored.box == tuple(10 * side for side in plain.box)
    assert scored.image_score == scored.anomaly_map.max()
    assert abs(scored.image_score - plain.image_score) < 0.15 * plain.image_score
    assert large.mask_path is not None
    mask = torch.from_numpy(read_mask(large.mask_path, (480, 480)))
    assert scored.anomaly_map[mask].mean() > 5 * scored.anomaly_map[~mask].mean()


def test_a_photo_that_is_not_larger_is_compared_as_it_is(tmp_path: Path) -> None:
    photo = write_photo(tmp_path, "Burrs", 0)
    scorer = Scorer(WatchedRenderer(), WHITE, comparison_named("lab-envelope", FeatureOptions()), largest=48)
    assert torch.equal(scorer(photo).anomaly_map, replace(scorer, largest=None)(photo).anomaly_map)
