"""`ns-pad-bench`: classes times presets, trained, localised and scored in one resumable run, and their tables."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pad_nerfstudio.commands.cli import run


@dataclass
class BenchCommand:
    """Options of ns-pad-bench."""

    data: Path
    """Folder of the classes, each in the MAD layout; or one of them."""
    output_dir: Path
    """Folder for fields, poses, scores and tables; a run that was killed, or had failures, goes on where it stopped."""
    classes: tuple[str, ...] = ()
    """Names of classes; by default all."""
    presets: tuple[str, ...] = ("default",)
    """Names or YAML files of presets; steps in which they agree are run once."""
    views: tuple[Literal["all"] | int, ...] = ("all",)
    """Numbers of training views, spread evenly over the rig; `all` for what a preset trains on."""
    views_seed: int = 0
    """Which view the spreading begins with: 0 for the first, else one drawn with this seed."""
    jobs: int = 1
    """How many commands run at once; they share the cores."""
    memory_gib: float | None = None
    """What all running commands may need together, by the peaks that finished ones had; by default the whole memory."""
    meshes: Path | None = None
    """Folder of meshes named after the classes, for the shape complexity; by default the field's surface counts."""

    def main(self) -> None:
        """Run what is left to run and print where the tables are."""
        from pad_nerfstudio.benchmark.options import check_benchmark_options
        from pad_nerfstudio.benchmark.plan import find_classes, plan_trials
        from pad_nerfstudio.benchmark.run import run_trials, write_results
        from pad_nerfstudio.commands.localize import LocalizeCommand
        from pad_nerfstudio.commands.score import ScoreCommand
        from pad_nerfstudio.presets.command_line import preset_arguments
        from pad_nerfstudio.presets.preset import read_preset

        check_benchmark_options(self)
        presets = [read_preset(name) for name in self.presets]
        for preset in presets:  # before hours of training
            preset_arguments(LocalizeCommand, preset)
            preset_arguments(ScoreCommand, preset)
        output_dir = self.output_dir.expanduser().absolute()
        views = [None if number == "all" else number for number in dict.fromkeys(self.views)]
        trials = plan_trials(find_classes(self.data, self.classes), presets, views, output_dir, self.views_seed)
        states = run_trials(trials, self.jobs, self.memory_gib)
        found = write_results(trials, states, output_dir, self.meshes)
        for sentence in found.not_run:
            print(sentence, file=sys.stderr)
        for path in found.files:
            print(path)
        print("next:", f"open {found.files[0]} in a browser", sep="\n")


def entrypoint() -> None:
    """Console script `ns-pad-bench`."""
    run(BenchCommand, description="Train, localise and score classes by presets, and tabulate as the papers do.")


if __name__ == "__main__":
    entrypoint()
