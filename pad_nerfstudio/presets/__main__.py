"""`python -m pad_nerfstudio.presets NAME`: the command line of ns-train that a preset stands for.

Example:
    $(python -m pad_nerfstudio.presets odd-one-out-small) --data SCENES --pipeline.datamanager.split split.json
"""

import shlex
import sys

from pad_nerfstudio.errors import UserError, told_in_one_sentence
from pad_nerfstudio.presets.preset import read_preset, shipped_presets
from pad_nerfstudio.presets.training import training_arguments, training_method


def main() -> None:
    """Print it, in one line; options of a dataparser, which come after all others, are left out."""
    with told_in_one_sentence():
        if len(sys.argv) != 2:
            raise UserError(f"give one preset: {', '.join(shipped_presets())}, or a YAML file")
        preset = read_preset(sys.argv[1])
        print(shlex.join(["ns-train", training_method(preset), *training_arguments(preset)[0]]))


if __name__ == "__main__":
    main()
