"""The checks of shapes and types that all tests run under are really there."""

import numpy as np
import pytest
import torch
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import TypeCheckError

from pad_nerfstudio.data.images import composite
from pad_nerfstudio.data.mad_layout import TrainingView
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.models.depth import z_depth
from pad_nerfstudio.models.rendering import Rendering
from tests.shape_checks import PACKAGE, checked_modules

VIOLATIONS = (TypeCheckError, BeartypeCallHintViolation)


def test_a_wrong_shape_is_noticed() -> None:
    rgb, white = np.zeros((2, 3, 3), np.uint8), (1.0, 1.0, 1.0)
    assert composite(rgb, np.zeros((2, 3), np.uint8), white).shape == (2, 3, 3)
    with pytest.raises(VIOLATIONS):
        composite(rgb, np.zeros((3, 2), np.uint8), white)  # each fits, but not the two together
    with pytest.raises(VIOLATIONS):
        z_depth(torch.zeros(4, 4, 1), Pinhole.from_angle_x(0.7, 4, 4), along_ray=True)


def test_a_wrong_dtype_or_type_is_noticed() -> None:
    with pytest.raises(VIOLATIONS):
        composite(np.zeros((2, 3, 3)), np.zeros((2, 3), np.uint8), (1.0, 1.0, 1.0))  # pyright: ignore
    with pytest.raises(VIOLATIONS):
        z_depth(torch.zeros(4, 4), "camera", along_ray=True)  # pyright: ignore[reportArgumentType]


def test_the_fields_of_dataclasses_are_checked() -> None:
    with pytest.raises(VIOLATIONS):
        Rendering(torch.zeros(4, 5, 3), torch.zeros(5, 4), torch.zeros(4, 5))
    with pytest.raises(VIOLATIONS):
        TrainingView("a.png", PACKAGE, np.eye(3), Pinhole.from_angle_x(0.7, 4, 4))


def test_only_kernels_and_specifications_are_left_out() -> None:
    every = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}
    checked = {f"{name.removeprefix('pad_nerfstudio.').replace('.', '/')}.py" for name in checked_modules()}
    left_out = {name for name in every - checked if not name.endswith("kernels.py")}
    assert all(name.startswith(("plugin/", "fields/")) for name in left_out), left_out
    assert len(checked) > 60
