"""Texts that users see, kept as files; `PAD_UPDATE_SNAPSHOTS=1` writes them anew instead of comparing."""

import json
import os
from pathlib import Path

FOLDER = Path(__file__).parent / "commands" / "snapshots"
UPDATE = os.environ.get("PAD_UPDATE_SNAPSHOTS", "") not in ("", "0")
REMEDY = "if the change is meant, run the test again with PAD_UPDATE_SNAPSHOTS=1 and commit the file"


def check_text(name: str, text: str) -> None:
    """Compare a text with the file `name` of the snapshots."""
    path = FOLDER / name
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.is_file() and path.read_text() == text, f"{path} differs; {REMEDY}"


def check_sentence(case: str, sentence: str) -> None:
    """Compare one sentence with that of its case in `errors.json`."""
    path = FOLDER / "errors.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    if UPDATE:
        known[case] = sentence
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n")
    assert known.get(case) == sentence, f"{path} has another sentence for '{case}'; {REMEDY}"
