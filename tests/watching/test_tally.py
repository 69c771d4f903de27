"""What a watch counts."""

from typing import Any

from pad_nerfstudio.watching.journal import Entry
from pad_nerfstudio.watching.tally import tally


def entry(path: str, **line: Any) -> Entry:
    return Entry(path, 1, 1, {"path": path, **line})


def test_the_last_state_of_a_photo_counts() -> None:
    entries = [
        entry("a", is_anomalous=True, converged=True),
        entry("b", error="broken"),
        entry("c", is_anomalous=None, converged=False),
        entry("b", is_anomalous=False, converged=False),
        entry("d", error="broken"),
    ]
    assert str(tally(entries)) == (
        "4 photos: 1 normal, 1 anomalous, 1 failed, 1 without verdict (2 scored without a trustworthy pose)"
    )
    assert str(tally([])) == "0 photos: 0 normal, 0 anomalous, 0 failed"
