"""Reading JSON that a user gave: whatever is wrong with it is said in one sentence."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from pad_nerfstudio.errors import UserError


def read_json_object(path: Path, wanted: str) -> dict[str, Any]:
    """The JSON object in a file.

    Args:
        path: the file
        wanted: what should stand there, for the remedy

    Raises:
        UserError: it cannot be read, is no JSON, or holds something other than an object
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}: not valid JSON (line {error.lineno}: {error.msg}); restore or re-export it"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not valid JSON ({error}); restore or re-export it") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: it holds no JSON object; give {wanted}")
    return content


def as_numbers(value: Any) -> Float[np.ndarray, "..."]:
    """Nested lists of numbers as a float64 array; an empty one for whatever is none, infinities for huge integers."""
    try:
        return np.array(value, dtype=np.float64)
    except OverflowError:
        return np.full(np.shape(value), np.inf)
    except (TypeError, ValueError):
        return np.zeros(0)
