"""Maps weighed by the network's odds, with the weights that come with the package."""

from dataclasses import replace

import torch

from pad_nerfstudio.anomaly.comparison import comparison_named
from pad_nerfstudio.anomaly.learned.comparison import read_comparator
from pad_nerfstudio.anomaly.learned.second_opinion import OFFSET, SHARE, SecondOpinion, weighed
from pad_nerfstudio.anomaly.scorer import Scorer
from tests.anomaly.fakes import WHITE, SquareRenderer, square, write_photo

NONE = torch.empty(0, 96, 96, 3)


class Halves:
    """A noise of two everywhere."""

    def normalised(self, anomaly_map, view):
        return anomaly_map / 2

    def as_list(self):
        return []


def test_agreement_counts_more_than_either_alone() -> None:
    maps, opinion = torch.tensor([[0.0, 4.0, 0.0, 4.0]]), torch.tensor([[-4.0, -4.0, 4.0, 4.0]])
    neither, out_of_range, suspected, both = weighed(maps, opinion)[0].tolist()
    assert 0 < neither < min(out_of_range, suspected) and both > 5 * max(out_of_range, suspected)
    assert both == torch.tensor(4.0 + OFFSET).mul(torch.tensor(4 * SHARE).exp()).item()


def test_the_shipped_network_suspects_a_blot_and_not_the_object() -> None:
    reference = square(96, 96)
    query = reference.rgb.clone()
    query[44:52, 40:48] = torch.tensor([0.0, 0.8, 0.2])
    opinion = SecondOpinion(read_comparator())
    good, bad = (opinion(rgb, reference, NONE) for rgb in (reference.rgb, query))
    assert float(good.max()) < 0 < float(bad.max())
    row, column = divmod(int(bad.argmax()), 96)
    assert 42 <= row <= 53 and 38 <= column <= 49


def test_maps_that_are_not_calibrated_are_left_alone(tmp_path) -> None:
    photo = write_photo(tmp_path, "Stains", 0)
    plain = Scorer(SquareRenderer(), WHITE, comparison_named("lab-envelope"))
    asked = replace(plain, second_opinion=SecondOpinion(read_comparator()))
    assert torch.equal(asked(photo).anomaly_map, plain(photo).anomaly_map)
    halved, weighed_too = (replace(scorer, noise=Halves())(photo).anomaly_map for scorer in (plain, asked))
    assert not torch.allclose(halved, weighed_too)
