"""Fixtures that several rooms share."""

from pathlib import Path

import pytest
from jaxtyping import install_import_hook

from tests.mad_class_factory import make_mad_class
from tests.shape_checks import CHECKER, checked_modules

# Before anything of the package is imported: every call of the tests is checked against its annotations.
install_import_hook(checked_modules(), CHECKER)


@pytest.fixture
def mad_class(tmp_path: Path) -> Path:
    """A fresh class folder in the MAD layout: 12 posed views, two queries of `good`, two of `Burrs`, 16x16 pixels."""
    return make_mad_class(tmp_path / "brick")


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config.yml of a pad-nerf run on a small coloured cube; read it, do not write beside it."""
    from tests.trained_run import train_tiny_run

    return train_tiny_run(tmp_path_factory.mktemp("tiny_run"))
