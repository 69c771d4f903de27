"""Records of versions."""

import json
import platform

import numpy as np
import torch

import pad_nerfstudio
from pad_nerfstudio.versions import DECISIVE, machine, versions


def test_what_decides_the_figures_is_named() -> None:
    found = versions()
    assert list(found) == ["python", "pad-nerfstudio", *DECISIVE]
    assert found["python"] == platform.python_version()
    assert found["pad-nerfstudio"] == pad_nerfstudio.__version__
    assert found["numpy"] == np.__version__ and torch.__version__.startswith(found["torch"])


def test_packages_that_are_not_installed_are_left_out() -> None:
    assert list(versions(["numba", "no-such-package-at-all"])) == ["python", "pad-nerfstudio", "numba"]


def test_the_machine_is_plain_json() -> None:
    assert set(json.loads(json.dumps(machine()))) == {"cores", "machine"}
