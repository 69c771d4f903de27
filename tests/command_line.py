"""The commands as a user types them, but in this process: starting Python and Nerfstudio anew costs seconds each."""

import contextlib
import importlib
import io
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

QUICK = ("--rendered-views", "0", "--hypotheses", "2", "--more-hypotheses", "2", "--finest-size", "64")
"""Options of ns-pad-localize under which the tiny run's queries take a fraction of a second."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    """Its exit code."""
    out: str
    """What it printed."""
    err: str
    """What it printed on stderr."""


def run_command(name: str, *arguments: str | Path) -> Ended:
    """Run ns-pad-localize, another ns-pad-* or ns-train; an exception other than an exit is not caught."""
    module = "nerfstudio.scripts.train" if name == "ns-train" else f"pad_nerfstudio.commands.{name[len('ns-pad-') :]}"
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch("sys.argv", [name, *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            importlib.import_module(module).entrypoint()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return Ended(code, out.getvalue(), err.getvalue())


def sentence_of(ended: Ended, folder: Path) -> str:
    """The one sentence of a command that refused its input, `folder` in it replaced, libraries' own words left out."""
    assert ended.code == 2, ended
    assert re.fullmatch(r"error: [^\n]+\n", ended.err), ended.err
    sentence = ended.err.removeprefix("error: ").strip().replace(str(folder), "{folder}")
    return re.sub(
        r"(no image at all|not valid JSON|not the config of a Nerfstudio run) \(.*?\);", r"\1 (...);", sentence
    )


def copy_run(config_path: Path, folder: Path) -> Path:
    """A trained run and its class folder to be damaged, at `folder` and `folder / "cube"`; returns its config.yml."""
    import yaml

    from pad_nerfstudio.models.checkpoint import read_config

    run = folder / "run"
    shutil.copytree(config_path.parent, run)
    shutil.copytree(config_path.parents[3] / "cube", folder / "cube")
    config = read_config(run / "config.yml")
    config.data = config.pipeline.datamanager.data = folder / "cube"
    (run / "config.yml").write_text(yaml.dump(config))
    return run / "config.yml"
