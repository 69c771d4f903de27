"""`ns-pad-demo`: unpack the bundled demo and say what to run on it."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.data.demo import demo_commands, unpack_demo


@dataclass
class DemoCommand:
    """Options of ns-pad-demo."""

    output_dir: Path = Path("demo")
    """Folder to unpack the demo into; what is there already is kept."""

    def main(self) -> None:
        """Unpack the demo; the commands stand alone on stdout, so that `ns-pad-demo | sh -e` runs them."""
        class_folder = unpack_demo(self.output_dir)
        print(f"demo: {class_folder}\nnext, one after the other:", file=sys.stderr, flush=True)
        for command in demo_commands(class_folder):
            print(shlex.join(command))


def entrypoint() -> None:
    """Console script `ns-pad-demo`."""
    run(DemoCommand, description="Unpack the bundled demo, a brick toy in the MAD layout, and print what to run on it.")


if __name__ == "__main__":
    entrypoint()
