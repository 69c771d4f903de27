"""A pad-nerf run trained for a few seconds, made once for all tests that need a real one."""

import subprocess
import sys
from pathlib import Path

from tests.mad_class_factory import make_mad_class

STEPS = 260


def run_script(module: str, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run one of Nerfstudio's or our commands as a user would, in a process of its own."""
    code = f"import sys; from {module} import entrypoint; sys.argv[0] = '{module}'; sys.exit(entrypoint())"
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=check, timeout=300)


def train_tiny_run(folder: Path) -> Path:
    """Train on a coloured cube, 64x64 pixels; returns the run's config.yml."""
    data = make_mad_class(folder / "cube", rings=6, azimuths=8, size=(64, 64))
    run_script(
        "nerfstudio.scripts.train", "pad-nerf", "--data", data, "--output-dir", folder, "--experiment-name", "tiny",
        "--timestamp", "run", "--max-num-iterations", str(STEPS), "--machine.device-type", "cpu",
        "--pipeline.model.resolutions", "16", "24", "32", "--pipeline.model.refine-at", "60", "120",
        "--vis", "tensorboard",
    )  # fmt: skip
    return folder / "tiny" / "pad-nerf" / "run" / "config.yml"
