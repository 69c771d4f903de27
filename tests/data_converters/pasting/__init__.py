"""The program that pastes defects on copies of good photos."""

from jaxtyping import install_import_hook

from tests.shape_checks import CHECKER

# Before anything of it is imported: every call of the tests is checked against its annotations.
install_import_hook("pasting", CHECKER)
