"""What too few photos see is in doubt, nothing else."""

import torch

from pad_nerfstudio.anomaly.lab_envelope import lab_envelope
from pad_nerfstudio.anomaly.unconfirmed import unconfirmed
from pad_nerfstudio.models.rendering import Rendering

SIDE = 240


def grey_square() -> Rendering:
    """A grey square before white, at depth 3."""
    accumulation = torch.zeros(SIDE, SIDE)
    accumulation[8:-8, 8:-8] = 1.0
    rgb = torch.ones(SIDE, SIDE, 3) - 0.5 * accumulation[..., None]
    return Rendering(rgb, torch.full((SIDE, SIDE), 3.0), accumulation)


def seen_by(reference: Rendering, photos: int, blind_at: tuple[slice, slice]) -> torch.Tensor:
    """Corrections of so many photos; all but the first do not see one place."""
    colors = reference.rgb + 0.01 * reference.accumulation[..., None]
    alternatives = colors.expand(photos, -1, -1, -1).clone()
    alternatives[1:, blind_at[0], blind_at[1]] = reference.rgb[blind_at]
    return alternatives


def test_a_place_that_one_photo_sees_is_in_doubt_with_the_pixels_beside_it() -> None:
    reference = grey_square()
    doubted = unconfirmed(reference, seen_by(reference, 4, (slice(15, 20), slice(15, 20))))
    expected = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    expected[14:21, 14:21] = True
    assert torch.equal(doubted, expected)


def test_one_photo_alone_has_to_see_it() -> None:
    reference = grey_square()
    assert not unconfirmed(reference, seen_by(reference, 1, (slice(15, 20), slice(15, 20)))).any()
    assert unconfirmed(reference, reference.rgb[None]).any()


def test_background_and_fields_without_photos_are_never_in_doubt() -> None:
    reference = grey_square()
    assert not unconfirmed(reference, torch.empty(0, SIDE, SIDE, 3)).any()
    beside = unconfirmed(reference, reference.rgb.expand(3, -1, -1, -1))
    assert not beside[:6].any() and beside[8:-8, 8:-8].all()


def test_in_doubt_the_background_may_show_through_near_an_edge() -> None:
    reference = grey_square()
    hole = (slice(9, 11), slice(15, 20))
    query = reference.rgb.clone()
    query[hole] = 1.0
    vouched = seen_by(reference, 3, (slice(0, 0), slice(0, 0)))
    doubtful = seen_by(reference, 3, (slice(8, 15), slice(13, 22)))
    assert float(lab_envelope(query, reference, doubtful).max()) < 0.05 * float(
        lab_envelope(query, reference, vouched).max()
    )
