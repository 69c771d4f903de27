"""Fixtures of the localization tests."""

from pathlib import Path

import pytest

from tests.localization.analytic_field import make_analytic_class


@pytest.fixture
def analytic_class(tmp_path: Path) -> Path:
    """A fresh class folder of the analytic toy: 40 posed views and three queries of 64x64 pixels."""
    return make_analytic_class(tmp_path / "toy")
