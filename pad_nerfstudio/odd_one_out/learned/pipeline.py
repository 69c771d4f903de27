"""Nerfstudio's pipeline for the learned method: two stages of training in one run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from nerfstudio.data.scene_box import SceneBox
from nerfstudio.engine.callbacks import TrainingCallback, TrainingCallbackAttributes
from nerfstudio.pipelines.base_pipeline import Pipeline, VanillaPipelineConfig
from nerfstudio.utils.rich_utils import CONSOLE

from pad_nerfstudio.errors import told_in_one_sentence
from pad_nerfstudio.odd_one_out.learned.comparison import distils
from pad_nerfstudio.odd_one_out.learned.datamanager import ScenesDataManager, ScenesDataManagerConfig
from pad_nerfstudio.odd_one_out.learned.model import (
    OddOneOutModel,
    OddOneOutModelConfig,
    additions,
    check_model_options,
)
from pad_nerfstudio.odd_one_out.learned.pretrained import start_from_checkpoint, start_from_imagenet


@dataclass
class OddOneOutPipelineConfig(VanillaPipelineConfig):
    """Training on many scenes in two stages: reconstruction, then everything end to end."""

    _target: type = field(default_factory=lambda: OddOneOutPipeline)
    """Target class to instantiate."""
    datamanager: ScenesDataManagerConfig = field(default_factory=ScenesDataManagerConfig)
    """Scenes, views and their variation."""
    model: OddOneOutModelConfig = field(default_factory=OddOneOutModelConfig)
    """The network and its losses."""
    reconstruction_steps: int = 62500
    """Steps of the first stage; then classification joins in. 50 epochs of ToysAD-8K's 5000 training scenes."""
    pretrained_backbone: bool = True
    """Start from a backbone trained on ImageNet where its weights are; the log and the run say where they are not."""
    backbone_weights: Path | None = None
    """File with them, a state dict of timm's network; else the usual caches are looked at and they are downloaded."""
    start_from: Path | None = None
    """Take over the weights of another run, a step-*.ckpt, as far as they fit: so that several variants can share a
    first stage. The step is counted from 0."""


class OddOneOutPipeline(Pipeline):
    """Feeds scenes to the model and knows the stage."""

    datamanager: ScenesDataManager
    _model: OddOneOutModel

    def __init__(
        self,
        config: OddOneOutPipelineConfig,
        device: str,
        test_mode: Literal["test", "val", "inference"] = "val",
        world_size: int = 1,
        local_rank: int = 0,
        grad_scaler: Any = None,
    ) -> None:
        """Find the scenes and make the network; one process only."""
        super().__init__()
        assert world_size == 1, "odd-one-out trains in one process"
        self.config, self.test_mode, self.world_size = config, test_mode, world_size
        with told_in_one_sentence():
            check_model_options(config.model)
        reconstructs = config.reconstruction_steps > 0 or config.model.second_stage == "end to end"
        taught = reconstructs and distils(config.model.network.variant)
        channels = config.model.network.feature_channels if taught else None
        self.datamanager = config.datamanager.setup(
            device=device, test_mode=test_mode, feature_channels=channels, with_masks=reconstructs
        )
        box = SceneBox(aabb=config.model.network.grid.bounds())
        self._model = config.model.setup(scene_box=box, num_train_data=len(self.datamanager.train_dataset))
        if config.model.network.judged == "surfaces":
            self.datamanager.rigid_from = config.reconstruction_steps
        if config.model.second_stage == "comparison" and config.datamanager.draws > 0:
            self.datamanager.draws_come_again_from = config.reconstruction_steps
            self._model.keeps_volumes = True
        if test_mode != "inference":
            with told_in_one_sentence():
                self._model.remarks = self._start()
            for remark in self._model.remarks.values():
                if remark:
                    CONSOLE.print(f"[bold yellow]Note: {remark}.")
        self._model.to(device)

    def _start(self) -> dict[str, str]:
        """Bring the network to where training starts; what there is to be said of it."""
        config, network = self.config, self._model.network
        options = config.model.network
        remarks = {"variant": "", "method": additions(config.model), "teacher": "", "backbone": ""}
        if options.variant != "final":
            remarks["variant"] = f"this is the variant {options.variant} of the published ablation, not its method"
        if self.datamanager.teacher is not None:
            remarks["teacher"] = self.datamanager.teacher.remark
        if config.pretrained_backbone:
            remarks["backbone"] = start_from_imagenet(network.image_encoder, options.backbone, config.backbone_weights)
        else:
            remarks["backbone"] = f"the backbone {options.backbone} starts from random weights, as was asked for"
        if config.start_from is not None:
            kept, told = start_from_checkpoint(network, config.start_from)
            remarks["teacher"] = remarks["teacher"] or told.get("teacher", "")
            own = f"; {len(kept)} of the network's arrays were not there" if kept else ""
            remarks["backbone"] = f"all weights start from {config.start_from}{own}"
        return remarks

    @property
    def model(self) -> OddOneOutModel:
        """The model."""
        return self._model

    def judges(self, step: int) -> bool:
        """Whether a step belongs to the second stage."""
        return step >= self.config.reconstruction_steps

    def get_train_loss_dict(self, step: int) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        """Losses and metrics of a step."""
        scenes, _ = self.datamanager.next_train(step)
        return self._losses(scenes, step)

    def get_eval_loss_dict(self, step: int) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        """The same of a held-out scene."""
        self.eval()
        scenes, _ = self.datamanager.next_eval(self.datamanager.eval_count)
        with torch.no_grad():
            found = self._losses(scenes, step)
        self.train()
        return found

    def _losses(self, scenes: Any, step: int) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        with told_in_one_sentence():
            outputs = self.model(scenes, judge=self.judges(step))
        metrics = self.model.get_metrics_dict(outputs, scenes)
        return outputs, self.model.get_loss_dict(outputs, scenes, metrics), metrics

    def get_eval_image_metrics_and_images(self, step: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """A held-out view beside its rendering."""
        self.eval()
        (scene,), _ = self.datamanager.next_eval_image(step)
        rendered = self.model.render(scene, 0)
        metrics, images = self.model.get_image_metrics_and_images({"rendered": rendered}, scene)
        self.train()
        return {**metrics, "num_rays": rendered.shape[0] * rendered.shape[1]}, images

    def get_average_eval_image_metrics(
        self, step: int | None = None, output_path: Path | None = None, get_std: bool = False
    ) -> dict[str, Any]:
        """Mean PSNR of one held-out view of every held-out scene; verdicts are the business of ns-pad-score."""
        count = 0 if self.datamanager.eval_dataset is None else len(self.datamanager.eval_dataset)
        found = [self.get_eval_image_metrics_and_images(number)[0]["psnr"] for number in range(count)]
        values = torch.tensor(found if found else [float("nan")])
        return {"psnr": float(values.mean()), **({"psnr_std": float(values.std())} if get_std else {})}

    def load_pipeline(self, loaded_state: dict[str, Any], step: int) -> None:
        """Take over the state of a checkpoint."""
        self.load_state_dict({key.removeprefix("module."): value for key, value in loaded_state.items()})

    def get_training_callbacks(
        self, training_callback_attributes: TrainingCallbackAttributes
    ) -> list[TrainingCallback]:
        """None."""
        return []

    def get_param_groups(self) -> dict[str, Any]:
        """Those of the model."""
        return self.model.get_param_groups()
