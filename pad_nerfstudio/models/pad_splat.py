"""`pad-splat`: 3-D Gaussian splats of one object, for a GPU.

Kerbl et al. 2023, rasterised by gsplat; without a point cloud, with few degrees of colour and at most so many splats.
"""

from typing import Any

import torch
from jaxtyping import Float
from nerfstudio.cameras.cameras import Cameras
from nerfstudio.data.scene_box import OrientedBox
from nerfstudio.engine.callbacks import TrainingCallback, TrainingCallbackAttributes, TrainingCallbackLocation
from nerfstudio.models.base_model import Model
from nerfstudio.models.splatfacto import SplatfactoModel
from torch import Tensor, nn
from torch.nn import functional as F

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.errors import told_in_one_sentence
from pad_nerfstudio.fields.spherical_harmonics import C0
from pad_nerfstudio.models.image_metrics import image_metrics_and_pictures
from pad_nerfstudio.models.opacity_loss import opacity_losses
from pad_nerfstudio.models.splat_options import PadSplatModelConfig
from pad_nerfstudio.models.splat_start import starting_points
from pad_nerfstudio.splats.gaussians import Gaussians, Splats, raw_parameters, spacing
from pad_nerfstudio.splats.losses import l1_dssim
from pad_nerfstudio.splats.rasterization import Rasterized, choose_rasterizer
from pad_nerfstudio.splats.strategy import Densifier

NOTHING = 1e-3
"""Accumulation up to which a pixel is taken to show nothing."""


class PadSplatModel(SplatfactoModel):
    """Gaussian splats of one object in front of a background of one colour.

    Nerfstudio's viewer and its `ns-export gaussian-splat` know splats by their class alone: this is one by its names
    (`gauss_params`) and by the meaning of its depth, and shares nothing else with `splatfacto`.
    """

    config: PadSplatModelConfig  # pyright: ignore[reportIncompatibleVariableOverride]
    background: Tensor
    """What a pixel shows that no splat covers."""

    def populate_modules(self) -> None:
        """Make no splats yet: their number comes from the photos, or from a checkpoint."""
        Model.populate_modules(self)  # splatfacto would load a network
        self.splats = Splats(self.config.sh_degree)
        self.rasterize = choose_rasterizer(self.config.rasterizer)
        self.register_buffer("background", torch.ones(3))
        self.step = 0
        self._densifier: Densifier | None = None
        self._info: dict[str, Any] = {}

    @property
    def gauss_params(self) -> dict[str, Tensor]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The raw parameters under the names of `splatfacto`."""
        raw = self.splats.raw
        none = raw["colors"].new_zeros(len(self.splats), 0, 3)
        shading = raw["shading"] if self.config.sh_degree > 0 else none
        named = {name: raw[name] for name in ("means", "scales", "quats")}
        return {**named, "opacities": raw["opacities"][:, None], "features_dc": raw["colors"], "features_rest": shading}

    @property
    def shs_0(self) -> Float[Tensor, "n 3"]:
        """Coefficients of colour of degree 0."""
        return self.gauss_params["features_dc"]

    @property
    def colors(self) -> Float[Tensor, "n 3"]:
        """Colours without shading."""
        return 0.5 + C0 * self.shs_0

    def load_state_dict(self, state_dict: Any, *args: Any, **kwargs: Any) -> Any:
        """Load as any module; the splats take on the number of those that are loaded."""
        return nn.Module.load_state_dict(self, state_dict, *args, **kwargs)

    def get_param_groups(self) -> dict[str, list[nn.Parameter]]:
        """Each kind of parameter on its own, as gsplat's strategies want it."""
        return {name: [parameter] for name, parameter in self.splats.raw.items()}

    def update_to_step(self, step: int) -> None:
        """Go on as at `step`."""
        self.step = step

    def get_training_callbacks(
        self, training_callback_attributes: TrainingCallbackAttributes
    ) -> list[TrainingCallback]:
        """Begin where the photos say, then change the number of splats on the way."""
        pipeline, optimizers = training_callback_attributes.pipeline, training_callback_attributes.optimizers
        assert pipeline is not None and optimizers is not None
        datamanager: Any = pipeline.datamanager
        if len(self.splats) == 0:
            with told_in_one_sentence():
                self.start(datamanager)
        own = {name: optimizers.optimizers[name] for name in self.splats.raw}
        centers = datamanager.rays.camera_to_world[:, :, 3]
        extent = 1.1 * float((centers - centers.mean(0)).norm(dim=-1).max())
        densifier = Densifier(self.config.densification, self.splats.raw, own, extent)
        self._densifier = densifier

        def before_step(step: int) -> None:
            self.step = step

        def after_step(step: int) -> None:
            densifier.after_step(self._info, step)

        before, after = TrainingCallbackLocation.BEFORE_TRAIN_ITERATION, TrainingCallbackLocation.AFTER_TRAIN_ITERATION
        return [
            TrainingCallback([before], before_step, update_every_num_iters=1),
            TrainingCallback([after], after_step, update_every_num_iters=1),
        ]

    @torch.no_grad()
    def start(self, datamanager: Any) -> None:
        """Lay the first splats, and take the background from the photos."""
        config = self.config
        points, colors = starting_points(config, self.scene_box.aabb, datamanager)
        sizes = config.start_size * spacing(points)
        self.splats.assign(raw_parameters(points, colors, sizes, config.start_opacity, config.sh_degree))
        self.background.copy_(datamanager.background)

    @property
    def degree(self) -> int:
        """Of the spherical harmonics in use at this step."""
        return min(self.config.sh_degree, self.step // self.config.sh_degree_every)

    def rasterized(self, cameras: PinholeStack, gaussians: Gaussians | None = None) -> Rasterized:
        """The splats, or other ones, in several cameras at once; differentiable in their poses."""
        gaussians = gaussians or self.splats.gaussians()
        return self.rasterize(gaussians, cameras.to(self.device), self.degree, self.config.antialiased)

    def get_outputs(self, ray_bundle: Any) -> dict[str, Tensor]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Views of cameras: while training one of each of several, else of one, with depth along the viewing axis."""
        if not self.training:
            return self.get_outputs_for_camera(ray_bundle)
        assert self._densifier is not None
        seen = self.rasterized(ray_bundle)
        self._info = seen.info
        self._densifier.before_backward(seen.info, self.step)
        return {"rgb": seen.over(self.background), "accumulation": seen.accumulation}

    @torch.no_grad()
    def get_outputs_for_camera(self, camera: Cameras, obb_box: OrientedBox | None = None) -> dict[str, Tensor]:
        """Render one camera, or the splats within a box."""
        stack = PinholeStack.from_cameras(camera).to(self.device)
        gaussians = self.splats.gaussians()
        if obb_box is not None:
            gaussians = gaussians.some(obb_box.within(gaussians.means).view(-1))
        seen = self.rasterized(stack, gaussians)
        box = self.scene_box.aabb.to(self.device)
        beyond = (stack.camera_to_world[0, :, 3] - box.mean(0)).norm() + (box[1] - box[0]).norm()
        depth = torch.where(seen.accumulation[0] > NOTHING, seen.depth[0], beyond)
        outputs = {
            "rgb": seen.over(self.background)[0].clamp(0, 1),
            "depth": depth[..., None],
            "accumulation": seen.accumulation[0, ..., None],
        }
        return {name: values.to(camera.device) for name, values in outputs.items()}

    def get_rgba_image(self, outputs: dict[str, Tensor], output_name: str = "rgb") -> Float[Tensor, "*batch 4"]:
        """An output with the accumulation as alpha, for Nerfstudio's exporters."""
        return torch.cat([outputs[output_name], outputs["accumulation"]], dim=-1)

    def get_loss_dict(self, outputs: dict[str, Any], batch: dict[str, Any], metrics_dict=None) -> dict[str, Tensor]:
        """0.8 L1 + 0.2 D-SSIM, before a random background if asked for; opacity, and the prices of `mcmc`."""
        rendered, photo = outputs["rgb"], batch["image"].to(self.device)
        if self.config.background == "random":
            rendered, photo = self._before_another(rendered, photo, outputs["accumulation"], batch)
        if "seen" in batch:  # what a photo does not show is as it is rendered
            photo = torch.where(batch["seen"][..., None], photo, rendered.detach())
        opacity = opacity_losses(outputs["accumulation"], batch, self.config.opacity_weight)
        prices = {} if self._densifier is None else self._densifier.prices()
        return {"rgb_loss": l1_dssim(rendered, photo), **opacity, **prices}

    def _before_another(
        self,
        rendered: Float[Tensor, "b h w 3"],
        photo: Float[Tensor, "b h w 3"],
        accumulation: Float[Tensor, "b h w"],
        batch: dict[str, Any],
    ) -> tuple[Float[Tensor, "b h w 3"], Float[Tensor, "b h w 3"]]:
        """Both before one random colour, wherever photos tell what of a pixel is background."""
        color = torch.rand(3, device=self.device)
        if "opacity" in batch:
            told, covered = torch.ones_like(batch["near"]), batch["opacity"]
        elif "solid" in batch:
            told, covered = ~batch["near"] | batch["solid"], batch["near"].float()
        else:
            return rendered, photo
        change = told[..., None] * (color - self.background)
        return rendered + (1 - accumulation)[..., None] * change, photo + (1 - covered)[..., None] * change

    def get_metrics_dict(self, outputs: dict[str, Any], batch: dict[str, Any]) -> dict[str, Tensor]:
        """PSNR of the batch and the number of splats."""
        error = F.mse_loss(outputs["rgb"].detach(), batch["image"].to(self.device))
        return {"psnr": -10 * torch.log10(error), "splats": torch.tensor(float(len(self.splats)))}

    def get_image_metrics_and_images(
        self, outputs: dict[str, Tensor], batch: dict[str, Any]
    ) -> tuple[dict[str, float], dict[str, Tensor]]:
        """PSNR and SSIM of a held-out view, and pictures of it; LPIPS would need weights that must be downloaded."""
        return image_metrics_and_pictures(outputs, batch["image"].to(self.device), self.background)
