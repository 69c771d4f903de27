"""The learned method as a model of Nerfstudio."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from nerfstudio.models.base_model import Model, ModelConfig
from torch import Tensor, nn

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.odd_one_out.learned.box_labels import labels_of_boxes, with_missed_boxes
from pad_nerfstudio.odd_one_out.learned.comparison import distils
from pad_nerfstudio.odd_one_out.learned.found_instances import laid_objects
from pad_nerfstudio.odd_one_out.learned.invented_defects import with_invented_defects
from pad_nerfstudio.odd_one_out.learned.known_poses import correspondence_loss
from pad_nerfstudio.odd_one_out.learned.losses import (
    RenderingOptions,
    cameras_of,
    feature_loss,
    image_losses,
    silhouette_loss,
    verdict_loss,
)
from pad_nerfstudio.odd_one_out.learned.network import OddOneOutNetwork, ViewMaps
from pad_nerfstudio.odd_one_out.learned.network_options import NetworkOptions, check_network_options
from pad_nerfstudio.odd_one_out.learned.object_boxes import OCCUPIED
from pad_nerfstudio.odd_one_out.learned.training_scene import TrainingScene, joined_views, object_masks
from pad_nerfstudio.odd_one_out.learned.visual_hull import hull_loss
from pad_nerfstudio.odd_one_out.learned.volume_rendering import composite, weighted_samples
from pad_nerfstudio.odd_one_out.learned.voxel_heads import density_of

MOST_OBJECTS = 16
"""Objects compared in a step of training: an unfinished density may fall into hundreds of pieces."""


@dataclass
class OddOneOutModelConfig(ModelConfig):
    """The network and its losses."""

    _target: type = field(default_factory=lambda: OddOneOutModel)
    """Target class to instantiate."""
    enable_collider: bool = False
    """Rays are bounded by the grid itself."""
    network: NetworkOptions = field(default_factory=NetworkOptions)
    """Sizes of the network, and the variant."""
    rendering: RenderingOptions = field(default_factory=RenderingOptions)
    """How views are rendered while training."""
    occupied: float = OCCUPIED
    """Density per voxel from which on it belongs to an object."""
    training_boxes: Literal["found", "filled"] = "found"
    """Boxes that the second stage learns from: those found, as in the paper, or the given ones as well where none was
    found."""
    second_stage: Literal["end to end", "comparison"] = "end to end"
    """What the second stage trains: everything, as in the paper, or the comparison alone, on a reconstruction that
    stays as the first stage left it: half the time a step."""
    invented_defects: float = 0.0
    """Chance that a normal object is bent while training and then counts as anomalous."""
    mask_weight: float = 1.0
    """Weight of the mask's squared error: lambda_sigma."""
    hull_weight: float = 0.0
    """Weight of the cross-entropy of voxels against the visual hull of the masks of all views of a step."""
    silhouette_weight: float = 0.0
    """Weight of the cross-entropy of silhouettes that are told from the input views' feature maps alone, or of those
    that go into the volume."""
    feature_weight: float = 1.0
    """Weight of the feature loss: lambda_f."""
    correspondence_weight: float = 0.0
    """Weight of what the known poses of normal objects teach the feature field: which places correspond."""
    reconstruction_weight: float = 1.0
    """Weight of the first stage's losses in the second: lambda_p."""
    anomalous_weight: float = 1.0
    """Weight of an anomalous object in the classification loss, where a normal one has 1."""
    seed: int = 42
    """Decides which rays are drawn."""


def additions(config: OddOneOutModelConfig) -> str:
    """What options add to the published method, a sentence; empty where they add nothing."""
    named = {
        "the spread of views": config.network.spread_of_views,
        "what other views show of the floor": config.network.floor_seen_by_others,
        "the floor's texture": config.network.floor_texture,
        "silhouettes in the volume": config.network.silhouettes_in_volume,
        "images within objects": config.network.pooled_from_images,
        "losses of the visual hull and of silhouettes": config.hull_weight > 0 or config.silhouette_weight > 0,
        "correspondences by known poses": config.correspondence_weight > 0,
        "judging differences only": config.network.judged == "differences" and config.network.variant != "A",
        "comparing surfaces of objects laid upon each other": config.network.judged == "surfaces",
        "a second stage of the comparison alone": config.second_stage == "comparison",
        "invented defects": config.invented_defects > 0,
    }
    used = [name for name, is_used in named.items() if is_used]
    return f"beside the published method it uses {', '.join(used)}" if used else ""


def check_model_options(config: OddOneOutModelConfig, prefix: str = "--pipeline.model.") -> None:
    """Whether a model can be made of options.

    Raises:
        UserError: one of them means nothing, or two do not go together
    """
    check_network_options(config.network, f"{prefix}network.")
    if config.network.judged == "surfaces" and config.invented_defects > 0:
        raise UserError(f"{prefix}invented-defects: bends volumes, but judged surfaces compares photos; give 0")


class OddOneOutModel(Model):
    """Feature volume, fields, objects and verdicts of scenes; see `OddOneOutNetwork`."""

    config: OddOneOutModelConfig

    def populate_modules(self) -> None:
        """Make the network, with random weights."""
        super().populate_modules()
        self.network = OddOneOutNetwork(self.config.network)
        shown = self.config.silhouette_weight > 0 and not self.config.network.silhouettes_in_volume
        self.silhouette = nn.Conv2d(self.config.network.channels, 1, 1) if shown else None
        self.generator = torch.Generator().manual_seed(self.config.seed)
        self.keeps_volumes = False
        """Whether volumes are worth keeping where they no longer change: one for each draw, in 16 bits a value."""
        self._kept: dict[tuple[str, int, tuple[int, ...]], Float[Tensor, "c x y z"]] = {}
        self._measured: dict[tuple[str, int, tuple[int, ...]], tuple[Float[Tensor, "n n m"], Int[Tensor, " n"]]] = {}
        self.remarks: dict[str, str] = {}
        """What the weights came from, and what differs from the published method; kept in checkpoints."""

    def get_extra_state(self) -> dict[str, str]:
        """`remarks`, for the checkpoint."""
        return dict(self.remarks)

    def set_extra_state(self, state: dict[str, str]) -> None:
        """`remarks`, from a checkpoint."""
        self.remarks = dict(state)

    def get_param_groups(self) -> dict[str, list[nn.Parameter]]:
        """All weights learn at one rate."""
        return {"network": list(self.parameters())}

    def forward(self, scenes: Any, judge: bool = True) -> dict[str, Any]:
        """Mean losses of the first stage over scenes, and with `judge` of the second.

        Args:
            scenes: `TrainingScene`s; Nerfstudio's trainer gives models rays instead
            judge: whether objects are looked for and judged

        Raises:
            UserError: a scene has no masks
        """
        if judge and self.config.second_stage == "comparison":
            found = [self._judgement_of_frozen(scene) for scene in scenes]
        else:
            inputs = [scene.sample.inputs for scene in scenes]
            maps = self.network.maps(*inputs)
            volumes = self.network.volume(*inputs, maps=maps)
            seen = zip(scenes, maps, volumes, strict=True)
            found = [self._of_scene(scene, own, volume, judge) for scene, own, volume in seen]
        names = dict.fromkeys(name for f in found for name in f["losses"])
        losses = {name: torch.stack([f["losses"][name] for f in found if name in f["losses"]]).mean() for name in names}
        logits, labels = (torch.cat([f[name] for f in found]) for name in ("logits", "labels"))
        if judge:
            losses["verdict_loss"] = verdict_loss(logits, labels, self.config.anomalous_weight)
        return {"losses": losses, "logits": logits, "labels": labels}

    def _judgement_of_frozen(self, scene: TrainingScene) -> dict[str, Any]:
        if self.config.network.judged != "surfaces":
            return self._judgement(scene, self._frozen_volume(scene))
        key = (scene.sample.name, scene.draw, scene.sample.inputs.numbers)
        measured = self._measured.get(key) if self.training else None
        if measured is None:
            with torch.no_grad():
                (maps,) = self.network.maps(scene.sample.inputs)
                volume = self.network.volume(scene.sample.inputs, maps=[maps])[0]
                measured = self._measures(scene, maps, volume)
            if self.training and self.keeps_volumes:
                self._measured[key] = measured
        return self._weighed(*measured)

    def _weighed(self, measures: Float[Tensor, "n n m"], labels: Int[Tensor, " n"]) -> dict[str, Any]:
        logits = self.network.comparison(measures.to(self.device)) if len(labels) else measures.new_zeros(0)
        return {"losses": {}, "logits": logits, "labels": labels}

    @torch.no_grad()
    def _measures(
        self, scene: TrainingScene, maps: ViewMaps, volume: Float[Tensor, "c x y z"]
    ) -> tuple[Float[Tensor, "n n m"], Int[Tensor, " n"]]:
        """How much each two objects differ that are laid upon each other, and their labels."""
        network, views = self.network, scene.sample.inputs
        hull = network.hull_between_voxels(maps, views)
        boxes = self._training_boxes(volume, network.density(volume), scene, hull)
        laid = laid_objects(network, volume, maps, views, boxes, self.config.occupied)
        labels = labels_of_boxes(boxes, scene.sample.boxes, scene.sample.labels)
        return torch.from_numpy(laid.measures()).float(), labels

    @torch.no_grad()
    def _frozen_volume(self, scene: TrainingScene) -> Float[Tensor, "c x y z"]:
        key = (scene.sample.name, scene.draw, scene.sample.inputs.numbers)
        kept = self._kept.get(key) if self.training else None
        if kept is not None:
            return kept.to(self.device).float()
        volume = self.network.volume(scene.sample.inputs)[0]
        if self.training and self.keeps_volumes:
            self._kept[key] = volume.half().cpu()
        return volume

    def _of_scene(
        self, scene: TrainingScene, maps: ViewMaps, volume: Float[Tensor, "c x y z"], judge: bool
    ) -> dict[str, Any]:
        config, network, sample = self.config, self.network, scene.sample
        masks = object_masks(sample.name, sample.targets)
        raw, color = network.raw_density(volume), network.color(volume)
        density = density_of(raw)
        generator = self.generator if self.training else torch.Generator().manual_seed(self.config.seed)
        image, mask = image_losses(network.grid, density, color, sample.targets, masks, config.rendering, generator)
        share = config.reconstruction_weight if judge else 1.0
        losses = {"image_loss": share * image, "mask_loss": share * config.mask_weight * mask}
        if config.hull_weight > 0:
            views = joined_views(sample.inputs, sample.targets)
            shown = object_masks(sample.name, views)
            hull = hull_loss(network.grid, raw, views, shown, sample.boxes, generator)
            losses["hull_loss"] = share * config.hull_weight * hull
        told = maps.silhouettes if self.silhouette is None else self.silhouette(maps.features)[:, 0]
        if told is not None and config.silhouette_weight > 0:
            silhouettes = silhouette_loss(told, object_masks(sample.name, sample.inputs))
            losses["silhouette_loss"] = share * config.silhouette_weight * silhouettes
        if distils(config.network.variant) and scene.target_features is not None:
            field = network.features(volume)
            taught = scene.target_features
            distance = feature_loss(
                network.grid, density.detach(), field, sample.targets, masks, taught, config.rendering
            )
            losses["feature_loss"] = share * config.feature_weight * distance
        if config.correspondence_weight > 0:
            same = correspondence_loss(
                network.grid, volume, raw, network.projector, sample.poses, sample.labels, generator
            )
            losses["correspondence_loss"] = share * config.correspondence_weight * same
        if judge:
            judged = (
                self._weighed(*self._measures(scene, maps, volume))
                if config.network.judged == "surfaces"
                else self._judgement(scene, volume, density)
            )
            return {**judged, "losses": losses}
        return {"losses": losses, "logits": density.new_zeros(0), "labels": sample.labels[:0]}

    def _judgement(
        self, scene: TrainingScene, volume: Float[Tensor, "c x y z"], density: Float[Tensor, "x y z"] | None = None
    ) -> dict[str, Any]:
        network, sample, config = self.network, scene.sample, self.config
        with torch.no_grad():
            density = network.density(volume) if density is None else density
            boxes = self._training_boxes(volume, density, scene)
            places, labels = network.places_in(boxes), labels_of_boxes(boxes, sample.boxes, sample.labels)
            if self.training and config.invented_defects > 0:
                random = np.random.default_rng(int(torch.randint(2**31, (), generator=self.generator)))
                places, labels = with_invented_defects(
                    network.grid, density, places, labels, config.invented_defects, config.occupied, random
                )
        return {"losses": {}, "logits": network.compare(volume, places, sample.inputs), "labels": labels}

    @torch.no_grad()
    def _training_boxes(
        self,
        volume: Float[Tensor, "c x y z"],
        density: Float[Tensor, "x y z"],
        scene: TrainingScene,
        hull: Float[Tensor, " points"] | None = None,
    ) -> Float[Tensor, "n 2 3"]:
        boxes = self.network.boxes(volume, self.config.occupied, density, hull)
        if self.config.training_boxes == "filled":
            boxes = with_missed_boxes(boxes, scene.sample.boxes)
        volumes = (boxes[:, 1] - boxes[:, 0]).prod(dim=-1)
        return boxes[volumes.argsort(descending=True)[:MOST_OBJECTS]]

    def get_outputs(self, ray_bundle: Any) -> dict[str, Any]:
        """Not how this model is asked: it renders what it was shown views of, see `render`."""
        raise NotImplementedError("odd-one-out renders scenes that it is shown views of; ns-viewer cannot show it")

    @torch.no_grad()
    def render(self, scene: TrainingScene, view: int) -> Float[Tensor, "h w 4"]:
        """One target view from the inputs: RGB of objects on black, and the mask."""
        network, views = self.network, scene.sample.targets
        volume = network.volume(scene.sample.inputs)[0]
        h, w = views.images.shape[-2:]
        row, column = (grid.flatten() for grid in torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij"))
        number = torch.full_like(row, view)
        origins, directions = cameras_of(views)(*(t.to(self.device) for t in (number, column + 0.5, row + 0.5)))
        density, color = network.density(volume), network.color(volume)
        along = weighted_samples(network.grid, density, origins, directions, self.config.rendering.samples)
        rgb = composite(network.grid, color, along)
        return torch.cat([rgb, along.accumulation()[:, None]], dim=-1).view(h, w, 4)

    def get_loss_dict(
        self, outputs: dict[str, Any], batch: Any, metrics_dict: dict[str, Any] | None = None
    ) -> dict[str, Tensor]:
        """What `forward` found."""
        return outputs["losses"]

    def get_metrics_dict(self, outputs: dict[str, Any], batch: Any) -> dict[str, Tensor]:
        """How many objects were compared, and the share of right verdicts among those with a label."""
        logits, labels = outputs["logits"].detach(), outputs["labels"]
        known = labels >= 0
        metrics = {"objects": torch.tensor(float(len(logits)))}
        if bool(known.any()):
            metrics["right_verdicts"] = ((logits > 0) == (labels == 1))[known].float().mean()
        return metrics

    def get_image_metrics_and_images(self, outputs: Any, batch: Any) -> tuple[dict[str, float], dict[str, Tensor]]:
        """PSNR of a rendered target view of `batch`, a `TrainingScene`, and pictures of it."""
        rendered = outputs["rendered"].clamp(0, 1)
        views = batch.sample.targets
        mask = object_masks(batch.sample.name, views)[0, :, :, None].float()
        wanted = views.images[0].permute(1, 2, 0) * mask
        psnr = -10 * torch.log10((rendered[..., :3] - wanted).square().mean())
        pictures = {
            "img": torch.cat([wanted, rendered[..., :3]], dim=1),
            "accumulation": torch.cat([mask, rendered[..., 3:]], dim=1).expand(-1, -1, 3),
        }
        return {"psnr": float(psnr)}, pictures
