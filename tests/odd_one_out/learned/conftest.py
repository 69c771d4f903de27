"""What all tests of the learned method share."""

import pytest
from nerfstudio.utils import profiler


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No table of times at the end of a run."""
    monkeypatch.setattr(profiler, "flush_profiler", lambda *_: None)
