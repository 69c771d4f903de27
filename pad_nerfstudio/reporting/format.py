"""In what form a finished run is told."""

from typing import Literal

Format = Literal["text", "json", "csv", "html", "markdown"]
"""`text` is for people: tables and paths on the terminal; the others are documents, see `documents`."""
