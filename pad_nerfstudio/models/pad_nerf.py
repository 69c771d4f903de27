"""`pad-nerf`: a voxel radiance field that trains in minutes on a CPU."""

from contextlib import nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from nerfstudio.cameras.cameras import Cameras
from nerfstudio.cameras.rays import RayBundle
from nerfstudio.data.scene_box import OrientedBox
from nerfstudio.engine.callbacks import (
    TrainingCallback,
    TrainingCallbackAttributes,
    TrainingCallbackLocation,
)
from nerfstudio.models.base_model import Model
from torch import Tensor, nn

from pad_nerfstudio.data.pixel_rays import PinholeStack, is_plain_pinhole
from pad_nerfstudio.fields.environment import SHELL, Environment
from pad_nerfstudio.fields.opacity_price import opacity_price
from pad_nerfstudio.fields.parallel import one_torch_thread
from pad_nerfstudio.fields.photo_colors import PhotoColors, fitted_colors
from pad_nerfstudio.fields.rendering import Smoothness, render_rays
from pad_nerfstudio.fields.sample_room import SampleRoom
from pad_nerfstudio.fields.surroundings import THIN, Surroundings, above_floor, backdrop
from pad_nerfstudio.fields.voxel_grid import VoxelGrid
from pad_nerfstudio.models.grid_growth import GridGrowth, carve, finest_voxel, grid_parameters
from pad_nerfstudio.models.image_metrics import image_metrics_and_pictures, on_background
from pad_nerfstudio.models.nerf_options import PadNerfModelConfig
from pad_nerfstudio.models.opacity_loss import opacity_losses
from pad_nerfstudio.models.painting import paint
from pad_nerfstudio.models.ray_pictures import traced_pictures

SAMPLES_APART = 0.75
"""Distance of samples where pixels are larger than voxels, as a share of a pixel's footprint."""
NEAREST_FROM = 2.2
"""Voxels that a pixel covers from which on the colours of single vertices show no more."""
NOTHING, HALF = 1e-3, 0.5
"""Accumulation up to which a ray is taken to end on nothing: before a plain background, and before a floor."""


class PadNerfModel(Model):
    """A radiance field of one object in front of a background, or of a scene on a floor under a sky."""

    config: PadNerfModelConfig
    level: Tensor
    """How often the grid has been refined, a scalar."""

    def populate_modules(self) -> None:
        """Make an empty coarse grid over the scene box."""
        super().populate_modules()
        on_floor = bool((self.kwargs.get("metadata") or {}).get("surroundings"))
        box, coarse = self.scene_box.aabb, self.config.resolutions[0]
        self.surroundings: Surroundings | None = None
        self.environment: Environment | None = None
        photos = self.num_train_data if self.config.photo_colors else None
        self.photo_colors = None if photos is None else PhotoColors(photos)
        if on_floor:  # matte: views are few, and floaters would show each of them what it wants
            self.grid = VoxelGrid(above_floor(box), coarse, sh_degree=0, empty_density=THIN)
            grey = torch.full((self.config.floor_texels, self.config.floor_texels, 3), 0.5)
            self.surroundings = Surroundings(grey, unit=float((box[1] - box[0]).max()))
        elif (self.kwargs.get("metadata") or {}).get("environment"):
            self.grid = VoxelGrid(box, coarse, self.config.sh_degree, empty_density=THIN)
            self.environment = Environment(self.config.environment_texels, box.mean(0), radius=0.0)
        else:
            self.grid = VoxelGrid(box, coarse, self.config.sh_degree)
        self.register_buffer("level", torch.zeros((), dtype=torch.long))
        self.level_on_host = 0  # a GPU would have to be waited for in every step
        self.register_load_state_dict_post_hook(PadNerfModel.note_level)
        self.room = SampleRoom()
        self.smoothness = Smoothness(self.config.smooth_density, self.config.smooth_color)
        self.solid = False

    @property
    def before_surroundings(self) -> bool:
        """Whether what lies behind the grid is modelled, so that opacity has to have a price."""
        return self.surroundings is not None or self.environment is not None

    @property
    def step(self) -> float:
        """Distance of samples along a ray, in voxels, at the present resolution."""
        return self.config.steps[self.level_on_host]

    def note_level(self, *_: Any) -> None:
        """Read from the device what a checkpoint says of the level."""
        self.level_on_host = int(self.level)

    def get_param_groups(self) -> dict[str, list[nn.Parameter]]:
        """Density, colour, what lies behind them and the light of the photos, which learn at different rates."""
        modules = {"surroundings": self.surroundings or self.environment, "photo_colors": self.photo_colors}
        others = {name: list(module.parameters()) for name, module in modules.items() if module is not None}
        return {**grid_parameters(self.grid), **others}

    def get_training_callbacks(
        self, training_callback_attributes: TrainingCallbackAttributes
    ) -> list[TrainingCallback]:
        """Set the background once, refine and prune on the way."""
        pipeline, optimizers = training_callback_attributes.pipeline, training_callback_attributes.optimizers
        assert pipeline is not None and optimizers is not None
        datamanager: Any = pipeline.datamanager
        if self.surroundings is not None:
            self.grid.background.zero_()
            if int(self.level) == 0:
                around = self.surroundings
                paint(around, lambda o, d: around(backdrop(o, d, around.unit)), datamanager.next_train)
        elif self.environment is not None:
            self.grid.background.zero_()
            if int(self.level) == 0:
                places = datamanager.train_dataset.cameras.camera_to_worlds[:, :, 3].to(self.device)
                self.environment.radius.copy_(SHELL * (places - self.environment.center).norm(dim=-1).max())
                paint(self.environment, self.environment, datamanager.next_train)
        elif hasattr(datamanager, "background") and int(self.level) == 0:
            self.grid.background.copy_(datamanager.background)
            if datamanager.silhouettes is not None:
                carve(self.grid, optimizers, datamanager.rays, datamanager.silhouettes, self.config.resolutions[0])
        center, cameras = self.scene_box.aabb.mean(0), datamanager.train_dataset.cameras
        growth = GridGrowth(
            self.grid,
            optimizers,
            self.config.occupied_above,
            finest=finest_voxel(cameras, center, self.config.voxels_per_pixel),
            rays=datamanager.rays,
            outlines=getattr(datamanager, "outlines", None),
            only_shown_often=self.environment is not None,
        )

        def after_step(step: int) -> None:
            self.solid = step >= self.config.solid_from
            if self.before_surroundings:
                # fog that is darker than black or brighter than white could stand for a shadow on the floor
                self.grid.color.data[:, :3].clamp_(0, 1)
            if step in self.config.refine_at:
                level = self.config.refine_at.index(step) + 1
                if growth.refine(self.config.resolutions[level]):
                    self.level.fill_(level)
                    self.level_on_host = level
            elif step % self.config.prune_every == 0 and step > 0:
                growth.prune()

        return [
            TrainingCallback([TrainingCallbackLocation.AFTER_TRAIN_ITERATION], after_step, update_every_num_iters=1)
        ]

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        """Take on an environment where the saved model has one: only photos tell, and they are not read to render."""
        far = state_dict.get(f"{prefix}environment.far")
        if far is not None and self.environment is None:
            center, radius = (state_dict[f"{prefix}environment.{name}"] for name in ("center", "radius"))
            self.environment = Environment(far.shape[2], center, radius).to(self.device)
            self.grid.empty_density = THIN
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    @torch.no_grad()
    def get_outputs_for_camera(self, camera: Cameras, obb_box: OrientedBox | None = None) -> dict[str, Tensor]:
        """Render one camera; a plain pinhole without Nerfstudio's general rays, which take as long as the rendering."""
        if obb_box is not None or not is_plain_pinhole(camera):
            return super().get_outputs_for_camera(camera, obb_box)
        outputs = self.traced(PinholeStack.from_cameras(camera))
        return {name: values[0].to(camera.device) for name, values in outputs.items()}

    @torch.no_grad()
    def traced(self, cameras: PinholeStack) -> dict[str, Tensor]:
        """Outputs (cameras, height, width, channels) of several cameras of one size, on the model's device."""
        with one_torch_thread() if self.device.type == "cpu" else nullcontext():
            chunk = self.config.eval_num_rays_per_chunk
            return traced_pictures(self._outputs, cameras.to(self.device), self.sampling_for, chunk)

    def sampling_for(self, camera: PinholeStack) -> tuple[float, bool]:
        """Distance of samples in voxels for one camera, and whether colours may come from the nearest vertex alone.

        Both follow from how many voxels a pixel covers, so that small images cost less and look the same.
        """
        distance = (camera.camera_to_world[0, :, 3] - self.grid.box().mean(0)).norm()
        footprint = float(distance / camera.focal[0].mean() / self.grid.voxel_size)
        step = max(self.step, min(SAMPLES_APART * footprint, self.config.coarsest_step))
        return step, footprint > NEAREST_FROM

    def get_outputs(self, ray_bundle: RayBundle) -> dict[str, Tensor]:
        """Colour, depth (distance along the ray, like nerfacto's) and accumulation of rays."""
        outputs = self._outputs(ray_bundle.origins, ray_bundle.directions, self.step)
        if self.photo_colors is not None and self.training and ray_bundle.camera_indices is not None:
            photo, opacity = ray_bundle.camera_indices[..., 0], outputs["accumulation"].detach()
            plain = None if self.before_surroundings else self.grid.background
            outputs["rgb"] = self.photo_colors(outputs["rgb"], photo, opacity, plain)
        return outputs

    def _outputs(
        self, origins: Float[Tensor, "n 3"], directions: Float[Tensor, "n 3"], step: float, nearest: bool = False
    ) -> dict[str, Tensor]:
        offsets = torch.rand(len(origins), device=self.device) if self.training else None
        smoothness = self.smoothness if self.training else None
        room = self.room if self.training else None
        out = render_rays(self.grid, origins, directions, step, offsets, smoothness, nearest, room)
        rgb, least = out.rgb, NOTHING
        low, high = self.grid.box()
        beyond = (origins - (low + high) / 2).norm(dim=-1, keepdim=True) + (high - low).norm()
        if self.surroundings is not None:
            behind = backdrop(origins, directions, self.surroundings.unit)
            rgb = rgb + (1 - out.accumulation) * self.surroundings(behind)
            beyond, least = torch.minimum(beyond, behind.distance[:, None]), HALF
        elif self.environment is not None:
            rgb = rgb + (1 - out.accumulation) * self.environment(origins, directions)
            least = HALF
        depth = torch.where(out.accumulation > least, out.distance / out.accumulation.clamp_min(least), beyond)
        return {"rgb": rgb if self.training else rgb.clamp(0, 1), "depth": depth, "accumulation": out.accumulation}

    def get_rgba_image(self, outputs: dict[str, Tensor], output_name: str = "rgb") -> Float[Tensor, "*batch 4"]:
        """An output with the accumulation as alpha, for Nerfstudio's exporters."""
        return torch.cat([outputs[output_name], outputs["accumulation"]], dim=-1)

    def get_loss_dict(self, outputs: dict[str, Any], batch: dict[str, Any], metrics_dict=None) -> dict[str, Tensor]:
        """Squared error of colour, and of opacity where the photos tell it."""
        losses = {"rgb_loss": F.mse_loss(outputs["rgb"], batch["image"].to(self.device))}
        losses |= opacity_losses(outputs["accumulation"][..., 0], batch, self.config.opacity_weight)
        if self.photo_colors is not None:
            losses["caution_loss"] = self.photo_colors.caution()
        if self.before_surroundings:
            price = opacity_price(outputs["accumulation"][..., 0], self.solid)
            losses["opacity_loss"] = price / 3  # the price goes with the sum over the channels, the loss is their mean
        return losses

    def get_metrics_dict(self, outputs: dict[str, Any], batch: dict[str, Any]) -> dict[str, Tensor]:
        """PSNR of the batch and the size of the grid."""
        error = F.mse_loss(outputs["rgb"].detach(), batch["image"].to(self.device))
        return {"psnr": -10 * torch.log10(error), "voxels": torch.tensor(float(len(self.grid.density)))}

    def get_image_metrics_and_images(
        self, outputs: dict[str, Tensor], batch: dict[str, Tensor]
    ) -> tuple[dict[str, float], dict[str, Tensor]]:
        """PSNR and SSIM of a held-out view, and pictures of it; LPIPS would need weights that must be downloaded."""
        metrics, images = image_metrics_and_pictures(outputs, batch["image"].to(self.device), self.grid.background)
        if self.photo_colors is not None:
            truth = on_background(batch["image"].to(self.device), self.grid.background)
            error = F.mse_loss(fitted_colors(outputs["rgb"], truth), truth)
            metrics["psnr_fitted_colors"] = float(-10 * torch.log10(error))
        return metrics, images
