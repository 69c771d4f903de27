"""Writing down what a benchmark found, with the command and the versions that gave it."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pad_nerfstudio.files import write_json
from pad_nerfstudio.versions import DECISIVE, machine, versions


def record(output: Path, found: Mapping[str, Any], packages: Sequence[str] = ()) -> None:
    """Write `found` to `output` and say where.

    Args:
        output: a JSON file
        found: figures by name
        packages: whose versions matter beside those that every pose and score depends on
    """
    command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    made_with = {"versions": versions((*DECISIVE, "numba", *packages)), **machine()}
    write_json(output, {"command": command, **found, **made_with})
    print(json.dumps(made_with), output.absolute(), sep="\n")
