"""`ns-pad-learn`: train the learned comparison on normal views of trained fields."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.commands.progress import tracked


@dataclass
class LearnCommand:
    """Options of ns-pad-learn."""

    load_configs: tuple[Path, ...]
    """The config.yml of one or more trained fields; their held-out normal views are all that is learnt from."""
    output_dir: Path
    """Folder for comparator.safetensors, and for the poses found for the held-out views."""
    start: Literal["shipped", "random"] = "shipped"
    """Weights to begin with: those that come with the package, or none."""
    steps: int = 400
    """Optimisation steps; 1500 from random weights."""
    learning_rate: float = 5e-4
    """Highest learning rate; 0.002 from random weights."""
    batch: int = 16
    """Crops a step."""
    seed: int = 0
    """Decides crops, defects and random weights; recorded in the file."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the fields are rendered."""

    def main(self) -> None:
        """Train and print where the weights are."""
        from pad_nerfstudio.anomaly.gather import posed_normal_views
        from pad_nerfstudio.anomaly.learned.comparison import read_comparator, write_comparator
        from pad_nerfstudio.anomaly.learned.from_field import enough_pairs, normal_pairs
        from pad_nerfstudio.anomaly.learned.training import TrainingSettings, train
        from pad_nerfstudio.models.trained_field import load_trained_field
        from pad_nerfstudio.versions import versions

        output = self.output_dir.expanduser().absolute()
        settings = TrainingSettings(self.steps, self.batch, learning_rate=self.learning_rate, seed=self.seed)
        start = read_comparator() if self.start == "shipped" else None
        pairs = []
        for number, config in enumerate(self.load_configs):
            field = load_trained_field(config, self.device)
            photos = posed_normal_views(field, output / f"held_out_{number}")
            pairs += normal_pairs(field, photos, track=tracked)
        network = train(enough_pairs(pairs, self.load_configs), settings, start, tracked)
        path = output / "comparator.safetensors"
        command = shlex.join(["ns-pad-learn", *sys.argv[1:]])
        write_comparator(path, network, {"command": command, "pairs": str(len(pairs)), **versions()})
        score = ["ns-pad-score", "--load-config", str(self.load_configs[0].absolute())]
        print(f"learnt from {len(pairs)} normal views: {path}\nnext:")
        print(shlex.join([*score, "--network", str(path), "--output-dir", str(output / "scores")]))


def entrypoint() -> None:
    """Console script `ns-pad-learn`."""
    run(LearnCommand, description="Train the learned comparison on normal views alone, with pasted defects.")


if __name__ == "__main__":
    entrypoint()
