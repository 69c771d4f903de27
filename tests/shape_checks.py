"""Which modules the tests import under run-time checks of types, array shapes and dtypes (jaxtyping and beartype)."""

from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "pad_nerfstudio"
LEFT_OUT = ("plugin",)
"""Rooms that only hand configurations to Nerfstudio."""
CHECKER = "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
"""An int will do where a float is asked for, as type checkers have it."""


def checked_modules() -> list[str]:
    """All modules of the package but those of rooms left out and those with numba kernels, which cannot be wrapped."""
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"]
    return [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for path in files
        if path.parent.name not in LEFT_OUT and not _has_kernels(path)
    ]


def _has_kernels(path: Path) -> bool:
    return path.stem.endswith("kernels") or "numba" in path.read_text(encoding="utf-8")
