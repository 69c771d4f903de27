"""What the README shows runs."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

README = Path(__file__).parents[1] / "README.md"


def example_with(name: str) -> str:
    """The one Python example of the README that uses a name."""
    examples = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
    (code,) = [example for example in examples if name in example]
    return code


@pytest.mark.slow
def test_the_python_example_runs(tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = example_with("load_trained_field")
    query = tiny_run.parents[3] / "cube" / "test" / "good" / "0.png"
    for printed, real in {"outputs/.../config.yml": tiny_run, "photo.png": query}.items():
        assert code.count(f'"{printed}"') == 1
        code = code.replace(f'"{printed}"', repr(str(real)))
    names: dict[str, Any] = {}
    exec(compile(code, str(README), "exec"), names)
    printed = re.fullmatch(r"(tensor\(.*\)) (\S+) tensor\((\S+)\)\s*", capsys.readouterr().out, re.DOTALL)
    assert printed is not None
    matrix, residual, difference = printed.groups()
    assert "float64" in matrix and 0 < float(residual) < 0.5 and 0 < float(difference) <= 1
    w, h = Image.open(query).size
    assert tuple(names["reference"].shape) == (h, w, 3)


@pytest.mark.slow
def test_the_detector_example_runs(tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = example_with("load_detector")
    query = tiny_run.parents[3] / "cube" / "test" / "Burrs" / "0.png"
    for printed, real in {"outputs/.../config.yml": tiny_run, "photo.png": query, "results": tmp_path / "out"}.items():
        assert code.count(f'"{printed}"') == 1
        code = code.replace(f'"{printed}"', repr(str(real)))
    names: dict[str, Any] = {}
    exec(compile(code, str(README), "exec"), names)
    w, h = Image.open(query).size
    assert names["result"].map.shape == (h, w) and f"({h}, {w})" in capsys.readouterr().out
    assert len(code.splitlines()) <= 10
