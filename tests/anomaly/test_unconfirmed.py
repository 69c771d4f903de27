"""Places that too few photos see are in doubt, nothing else."""

import pytest
import torch

from pad_nerfstudio.anomaly.lab_envelope import lab_envelope
from pad_nerfstudio.anomaly.unconfirmed import unconfirmed
from pad_nerfstudio.models.rendering import Rendering

SIDE = 240


def grey_square() -> Rendering:
    """A grey square before white, at depth 3."""
    accumulation = torch.zeros(SIDE, SIDE)
    accumulation[40:-40, 40:-40] = 1.0
    rgb = torch.ones(SIDE, SIDE, 3) - 0.5 * accumulation[..., None]
    return Rendering(rgb, torch.full((SIDE, SIDE), 3.0), accumulation)


def seen_by(reference: Rendering, photos: int, seeing: int, place: tuple[slice, slice]) -> torch.Tensor:
    """Corrections of so many photos, of which some see a place and all see the rest of the object."""
    colors = reference.rgb + 0.01 * reference.accumulation[..., None]
    alternatives = colors.expand(photos, -1, -1, -1).clone()
    alternatives[seeing:, place[0], place[1]] = reference.rgb[place]
    return alternatives


@pytest.mark.parametrize(("photos", "seeing", "expected"), [(5, 2, True), (5, 3, False), (1, 0, True), (1, 1, False)])
def test_a_place_needs_half_of_the_photos(photos: int, seeing: int, expected: bool) -> None:
    reference, place = grey_square(), (slice(100, 120), slice(100, 120))
    doubted = unconfirmed(reference, seen_by(reference, photos, seeing, place))
    assert bool(doubted[104:116, 104:116].all()) == bool(doubted.any()) == expected
    assert not doubted[:90].any() and not doubted[:, 130:].any()


def test_a_single_pixel_is_no_place() -> None:
    reference = grey_square()
    assert not unconfirmed(reference, seen_by(reference, 3, 0, (slice(100, 101), slice(100, 101)))).any()


def test_background_and_fields_without_photos_are_never_in_doubt() -> None:
    reference = grey_square()
    assert not unconfirmed(reference, torch.empty(0, SIDE, SIDE, 3)).any()
    unseen = unconfirmed(reference, reference.rgb.expand(3, -1, -1, -1))
    assert not unseen[:39].any() and unseen[39:-39, 39:-39].all()


def test_in_doubt_the_background_may_show_through_near_an_edge() -> None:
    reference, everywhere = grey_square(), (slice(0, SIDE), slice(0, SIDE))
    query = reference.rgb.clone()
    query[41:43, 100:110] = 1.0
    sure, doubtful = (float(lab_envelope(query, reference, seen_by(reference, 3, n, everywhere)).max()) for n in (3, 0))
    assert doubtful < 0.05 * sure


def test_what_one_photo_alone_shows_beside_the_object_is_in_doubt_and_its_surroundings() -> None:
    reference = grey_square()
    alternatives = seen_by(reference, 5, 5, (slice(0, 0), slice(0, 0)))
    alternatives[2, 100:110, 10:20] = 0.3
    doubted = unconfirmed(reference, alternatives)
    assert doubted[97:113, 7:23].all()
    doubted[97:113, 7:23] = False
    assert not doubted.any()
