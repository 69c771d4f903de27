from pathlib import Path

import pytest
import torch

from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.odd_one_out.learned.found_instances import FINER, MARGIN
from pad_nerfstudio.odd_one_out.learned.learned_method import LearnedMethod
from pad_nerfstudio.odd_one_out.learned.network import ViewMaps
from tests.odd_one_out.learned.scenes import boxes_of, tiny_network
from tests.scene_factory import make_scene


def test_objects_laid_upon_each_other_are_judged_and_matched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_scene(tmp_path / "scene", views=6, objects=3, size=(48, 48))
    scene, network = read_scene(folder), tiny_network(judged="surfaces", silhouettes_in_volume=True)
    monkeypatch.setattr(network, "boxes", lambda *_: boxes_of(folder))
    monkeypatch.setattr(network, "raw_density", lambda _: torch.full(network.grid.shape, 3.0))
    monkeypatch.setattr(network, "maps", lambda _: [ViewMaps(torch.zeros(3, 8, 8, 8), torch.full((3, 16, 16), 3.0))])
    judged = LearnedMethod(network, (32, 32))(scene, [0, 2, 4])
    assert len(judged.objects) == 3 and all(found.score is not None for found in judged.objects)
    assert [match.objects for match in judged.matches] == [(0, 1), (0, 2), (1, 2)]
    reach = MARGIN + network.grid.voxel_size / FINER
    for match in judged.matches:
        assert match.points.shape[1] > 0
        for number, points in zip(match.objects, match.points, strict=True):
            least, greatest = judged.objects[number].bounds
            assert (points >= least - reach).all() and (points <= greatest + reach).all()
