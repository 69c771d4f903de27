"""Nerfstudio's data manager for training on many scenes."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from nerfstudio.data.datamanagers.base_datamanager import DataManager, DataManagerConfig
from rich.progress import track

from pad_nerfstudio.data.scene_set import SceneSet
from pad_nerfstudio.errors import told_in_one_sentence
from pad_nerfstudio.odd_one_out.learned.augmentation import AugmentationOptions, augmented
from pad_nerfstudio.odd_one_out.learned.scene_choice import chosen_scenes
from pad_nerfstudio.odd_one_out.learned.taught_features import TaughtFeatures, default_cache
from pad_nerfstudio.odd_one_out.learned.teacher import Teacher, TeacherName, find_teacher
from pad_nerfstudio.odd_one_out.learned.training_scene import TrainingScene


@dataclass
class ScenesDataManagerConfig(DataManagerConfig):
    """Scenes of several instances of one object each, in the ToysAD-8K / PartsAD-15K layout."""

    _target: type = field(default_factory=lambda: ScenesDataManager)
    """Target class to instantiate."""
    split: Path | None = None
    """Which scenes train: JSON {"train": [names of scene folders], "test": [...]}, with a part "val" if there is to be
    one that is only watched. Where not given, the published division of ToysAD-8K by category."""
    input_views: int = 5
    """Views that the network looks at: M."""
    target_views: int = 5
    """Other views that it must predict."""
    both_ways: bool = True
    """Also predict the inputs from the targets, in the same step."""
    image_size: tuple[int, int] = (256, 256)
    """Width and height to which images are resized."""
    batch_size: int = 4
    """Scenes a step."""
    teacher: TeacherName = "auto"
    """Whose features are distilled: DINOv2's, or descriptors that need no weights; auto takes the latter where the
    former's weights are missing, and says so."""
    teacher_weights: Path | None = None
    """File with the weights of DINOv2 ViT-S/14; else they are looked for in the usual caches and downloaded."""
    teacher_cache: Path | None = None
    """Where its features are kept; ~/.cache/pad-nerfstudio/taught where not given."""
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)
    """How scenes are varied."""
    keep_in_memory: bool = True
    """Keep images once they were read: 4 MB a scene of 20 views of 256 x 256 pixels."""
    draws: int = 0
    """In a second stage of the comparison alone: epochs with views and variants of their own, after which those come
    again, so that each volume is computed once and a step takes a fraction of the time; 0 draws new ones always."""
    seed: int = 42
    """Decides the order of scenes, the draws of views and their variation."""


class ScenesDataManager(DataManager):
    """Draws scenes, views and variations of them; what a step sees follows from seed and step alone."""

    config: ScenesDataManagerConfig
    draws_come_again_from: int | None = None
    """The step from which on `draws` counts."""
    rigid_from: int | None = None
    """The step from which on scenes are stretched no more: two objects that lie on different sides would differ."""
    teacher: Teacher | None = None
    """Who teaches; None where nothing is distilled or there is no training."""

    def __init__(
        self,
        config: ScenesDataManagerConfig,
        device: torch.device | str = "cpu",
        test_mode: Literal["test", "val", "inference"] = "val",
        feature_channels: int | None = None,
        with_masks: bool = True,
        **kwargs: Any,
    ) -> None:
        """Find the scenes; for training also compute what the teacher sees.

        Args:
            config: options
            device: where batches go
            test_mode: nothing is read in `inference`
            feature_channels: to which the teacher's features are reduced; None where nothing is distilled
            with_masks: read masks of training scenes, which only reconstruction learns from
            kwargs: not used
        """
        self.config, self.device, self.test_mode = config, torch.device(device), test_mode
        with told_in_one_sentence():
            train, held_out = chosen_scenes(config.data, config.split)
            views, kept = (config.input_views, config.target_views, config.image_size), config.keep_in_memory
            self.train_dataset: Any = SceneSet(train, *views, with_masks, config.seed, kept)
            self.eval_dataset: Any = SceneSet(held_out, *views, True, config.seed, kept) if held_out else None
            self.taught: TaughtFeatures | None = None
            if feature_channels is not None and test_mode != "inference":
                self.teacher = find_teacher(config.teacher, config.teacher_weights)
                folder = config.teacher_cache or default_cache()
                self.taught = TaughtFeatures(
                    self.teacher, [*train, *held_out], feature_channels, folder, _with_progress
                )
        super().__init__()
        # one thread reads the next batch while the present one is learnt from
        self._reader = ThreadPoolExecutor(1, "scenes")
        self._ahead: tuple[int, Future[list[TrainingScene]]] | None = None

    def setup_train(self) -> None:
        """Nothing to be done: scenes are read as they are drawn."""

    def setup_eval(self) -> None:
        """Nothing to be done."""

    def scenes_of_step(self, step: int) -> list[TrainingScene]:
        """The batch of a training step, on the CPU: each scene once an epoch, in an order drawn for the epoch."""
        scenes, batch = self.train_dataset, []
        for place in range(step * self.config.batch_size, (step + 1) * self.config.batch_size):
            epoch, number = divmod(place, len(scenes))
            order = np.random.default_rng((self.config.seed, epoch)).permutation(len(scenes))
            index = int(order[number])
            draws, first = self.config.draws, self.draws_come_again_from
            again = draws > 0 and first is not None and step >= first
            draw, variant = (epoch % draws, index) if again else (epoch, number)
            scenes.set_epoch(draw)
            scene = self._taught(scenes, index, draw)
            random = np.random.default_rng((self.config.seed, draw * len(scenes) + variant))
            batch.append(augmented(scene, self._augmentation(step), random))
        return batch

    def _augmentation(self, step: int) -> AugmentationOptions:
        is_rigid = self.rigid_from is not None and step >= self.rigid_from
        return replace(self.config.augmentation, stretch=1.0) if is_rigid else self.config.augmentation

    def _taught(self, scenes: SceneSet, index: int, draw: int = 0) -> TrainingScene:
        sample, taught = scenes[index], self.taught
        if taught is None:
            return TrainingScene(sample, None, None, draw)
        inputs, targets = (taught(scenes.roots[index], views.numbers) for views in (sample.inputs, sample.targets))
        return TrainingScene(sample, inputs, targets, draw)

    def next_train(self, step: int) -> Any:
        """The scenes of a step on the device, the other way round as well where that is wanted, and nothing else."""
        with told_in_one_sentence():
            if self._ahead is not None and self._ahead[0] == step:
                batch = self._ahead[1].result()
            else:
                batch = self._reader.submit(self.scenes_of_step, step).result()
        self.train_count += 1
        self._ahead = step + 1, self._reader.submit(self.scenes_of_step, step + 1)
        return self._on_device(batch, self.config.both_ways), {}

    def next_eval(self, step: int) -> Any:
        """One held-out scene, always with the same views, and nothing else."""
        self.eval_count += 1
        with told_in_one_sentence():
            return self._on_device([self.held_out_scene(step)], both_ways=False), {}

    def held_out_scene(self, number: int) -> TrainingScene:
        """A held-out scene, as it is; they are counted round and round."""
        return self._taught(self.eval_dataset, number % len(self.eval_dataset))

    def next_eval_image(self, step: int) -> Any:
        """The same as `next_eval`."""
        return self.next_eval(step)

    def _on_device(self, batch: list[TrainingScene], both_ways: bool) -> list[TrainingScene]:
        both = [*batch, *(scene.other_way_round() for scene in batch)] if both_ways else batch
        return [scene.to(self.device) for scene in both]

    def get_train_rays_per_batch(self) -> int:
        """Scenes a step; rays are drawn by the model."""
        return self.config.batch_size

    def get_eval_rays_per_batch(self) -> int:
        """One scene."""
        return 1

    def get_datapath(self) -> Path:
        """The folder of scenes."""
        assert self.config.data is not None
        return self.config.data

    def get_param_groups(self) -> dict[str, Any]:
        """Nothing is learnt here."""
        return {}


def _with_progress(items: Iterable[Any], what: str) -> Iterable[Any]:
    return track(list(items), description=what)
