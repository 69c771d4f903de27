"""Seconds of one scene: the learned network at full size, with random weights, and the method without training.

    python benchmarks/odd_one_out_speed.py --scene SCENE --output benchmarks/results/odd_one_out_speed.json

SCENE has three objects or more; the network is given the boxes of the first three. Nothing else should run meanwhile.
"""

import copy
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from recorded import record

from pad_nerfstudio.data.scene_layout import read_scene
from pad_nerfstudio.data.scene_set import SceneViews, scene_views
from pad_nerfstudio.odd_one_out.learned.folded_norms import fold_batch_norms
from pad_nerfstudio.odd_one_out.learned.network import OddOneOutNetwork
from pad_nerfstudio.odd_one_out.learned.network_options import NetworkOptions
from pad_nerfstudio.odd_one_out.training_free.judge import judge_scene
from pad_nerfstudio.odd_one_out.view_choice import spread_views


@dataclass
class Speed:
    """Options of odd_one_out_speed.py."""

    scene: Path
    """A folder of the official layout."""
    output: Path
    """Where the figures go."""
    views: tuple[int, ...] = (5, 20)
    """Of the method without training."""
    rounds: int = 6
    """Of the network, with and without batch norms by turns."""


@torch.inference_mode()
def judged(network: OddOneOutNetwork, views: SceneViews, boxes: torch.Tensor) -> torch.Tensor:
    """Logits of objects from images, as `LearnedMethod` computes them."""
    maps = network.maps(views)
    volume = network.volume(views, maps=maps)[0]
    network.density(volume)
    return network.compare(volume, network.places_in(boxes), views)


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of some work."""
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 2)


def main(options: Speed) -> None:
    """Measure and record."""
    scene = read_scene(options.scene)
    views = scene_views(scene, spread_views(len(scene.views), 5))
    boxes = torch.stack([torch.from_numpy(found.bounds).float() for found in scene.objects[:3]])
    plain = OddOneOutNetwork(NetworkOptions()).eval()
    folded = copy.deepcopy(plain)
    fold_batch_norms(folded.image_encoder)
    networks = {"folded": folded, "plain": plain}
    for network in networks.values():
        judged(network, views, boxes)
    rounds = [
        {name: seconds(lambda n=n: judged(n, views, boxes)) for name, n in networks.items()}
        for _ in range(options.rounds)
    ]
    free = {
        number: seconds(lambda n=number: judge_scene(scene, spread_views(len(scene.views), n)))
        for number in options.views
    }
    found = {
        "network_of_five_views": {name: statistics.median(took[name] for took in rounds) for name in networks},
        "network_rounds": rounds,
        "without_training_by_views": free,
        "image_size": list(views.images.shape[:-3:-1]),
        "torch_threads": torch.get_num_threads(),
    }
    record(options.output, found)


if __name__ == "__main__":
    main(tyro.cli(Speed))
