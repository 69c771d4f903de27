"""The price of opacity before surroundings."""

import torch

from pad_nerfstudio.fields.opacity_price import SOLID, SPARSE, opacity_price


def test_every_bit_of_opacity_costs_at_first() -> None:
    opacity = torch.tensor([0.0, 0.5, 1.0], requires_grad=True)
    price = opacity_price(opacity, solid=False)
    price.backward()
    torch.testing.assert_close(price, torch.tensor(SPARSE / 2))
    torch.testing.assert_close(opacity.grad, torch.full((3,), SPARSE / 3))


def test_later_it_costs_to_be_neither_opaque_nor_clear() -> None:
    opacity = torch.tensor([0.0, 0.2, 0.8, 1.0], requires_grad=True)
    price = opacity_price(opacity, solid=True)
    price.backward()
    torch.testing.assert_close(price, torch.tensor(SOLID * (0.2 + 0.04) / 4))
    torch.testing.assert_close(opacity.grad, SOLID / 4 * torch.tensor([1.0, 1.0, -0.4, 0.0]))
