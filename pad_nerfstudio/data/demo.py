"""The bundled demo: one small brick toy in the MAD layout, and the commands that take it from photos to report."""

import os
import shutil
import tempfile
import zipfile
from pathlib import Path

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.files import written_aside

BUNDLED_DEMO = Path(__file__).parent / "bundled" / "brick_demo.zip"
"""A zip of one folder, the class folder; the README beside it says how it was made."""


def unpack_demo(output_dir: Path, archive: Path = BUNDLED_DEMO) -> Path:
    """Unpack the demo into a folder of its own in `output_dir`, which appears only when it is whole.

    A folder that is there already keeps every file it has; only missing ones are put back.

    Args:
        output_dir: made where it is missing
        archive: a zip whose members all lie in one folder

    Returns:
        The absolute path of the class folder.

    Raises:
        UserError: the archive is missing or broken, or the folder cannot be written
    """
    output_dir = output_dir.expanduser().absolute()
    if not archive.is_file():
        raise UserError(f"{archive}: the bundled demo is missing; install pad-nerfstudio again")
    try:
        with zipfile.ZipFile(archive) as zipped:
            class_folder = output_dir / Path(zipped.namelist()[0]).parts[0]
            if class_folder.is_dir():
                _restore_missing(zipped, output_dir)
            else:
                _unpack_aside(zipped, class_folder)
    except zipfile.BadZipFile as error:
        raise UserError(f"{archive}: the bundled demo is broken; install pad-nerfstudio again") from error
    except OSError as error:
        raise UserError(f"{output_dir}: cannot be written ({error.strerror}); give another --output-dir") from error
    return class_folder


def pack_demo(class_folder: Path, archive: Path = BUNDLED_DEMO, name: str = "brick_demo") -> None:
    """Zip a class folder so that the same files always give the same bytes: sorted, without dates and modes.

    Args:
        class_folder: the folder to pack, in the MAD layout
        archive: the zip to write
        name: the one folder in the archive
    """
    with written_aside(archive) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for path in sorted(path for path in class_folder.rglob("*") if path.is_file()):
            member = zipfile.ZipInfo((name / path.relative_to(class_folder)).as_posix())
            zipped.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def demo_commands(class_folder: Path) -> list[list[str]]:
    """The three commands from photos to report, as argument lists; all they write lies beside the class folder.

    Experiment name and time stamp are given, so that the path of the trained config is known beforehand.
    """
    outputs, results = class_folder.parent / "outputs", class_folder.parent / "results"
    run = ["--experiment-name", "demo", "--timestamp", "run"]
    config = str(outputs / "demo" / "pad-nerf" / "run" / "config.yml")
    poses = str(results / "poses.json")
    return [
        ["ns-train", "pad-nerf", "--data", str(class_folder), "--output-dir", str(outputs), *run],
        ["ns-pad-localize", "--load-config", config, "--output-dir", str(results)],
        ["ns-pad-score", "--load-config", config, "--poses", poses, "--output-dir", str(results)],
    ]


def _unpack_aside(zipped: zipfile.ZipFile, class_folder: Path) -> None:
    class_folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{class_folder.name}.", dir=class_folder.parent))
    try:
        zipped.extractall(aside)
        os.replace(aside / class_folder.name, class_folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _restore_missing(zipped: zipfile.ZipFile, output_dir: Path) -> None:
    for member in zipped.infolist():
        path = output_dir / member.filename
        if not member.is_dir() and not path.exists():
            with written_aside(path) as aside:
                aside.write_bytes(zipped.read(member))
