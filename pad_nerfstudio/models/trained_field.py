"""Any trained Nerfstudio run as a renderer in the data set's own world frame."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import grid_sample

from pad_nerfstudio.data.images import read_image
from pad_nerfstudio.data.mad_layout import TrainingView
from pad_nerfstudio.data.pinhole import Pinhole, typical_camera
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.errors import UserError
from pad_nerfstudio.models.checkpoint import choose_device, load_pipeline
from pad_nerfstudio.models.depth import gives_z_depth, z_depth
from pad_nerfstudio.models.ray_pictures import bundled_pictures
from pad_nerfstudio.models.rendering import Rendering, RenderingBatch, stacked


@dataclass(frozen=True)
class WorldFrame:
    """How a dataparser moved the data set's world: x -> scale * (rotation x + shift)."""

    transform: Float[Tensor, "3 4"]
    """Rotation and shift."""
    scale: float
    """Applied last."""

    def to_nerfstudio(self, camera_to_world: Float[Tensor, "*batch 4 4"]) -> Float[Tensor, "*batch 3 4"]:
        """Camera-to-world matrices of the data set in Nerfstudio's frame."""
        moved = self.transform.to(camera_to_world) @ camera_to_world
        return torch.cat([moved[..., :3], moved[..., 3:] * self.scale], dim=-1)

    def points_to_nerfstudio(self, points: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """Points of the data set's world in Nerfstudio's frame."""
        transform = self.transform.to(points)
        return (points @ transform[:, :3].T + transform[:, 3]) * self.scale

    def from_nerfstudio(self, camera_to_world: Float[Tensor, "*batch 3 4"]) -> Float[Tensor, "*batch 4 4"]:
        """The inverse of `to_nerfstudio`."""
        rotation, shift = self.transform[:, :3].to(camera_to_world), self.transform[:, 3:].to(camera_to_world)
        center = camera_to_world[..., 3:] / self.scale - shift
        pose = rotation.T @ torch.cat([camera_to_world[..., :3], center], dim=-1)
        last = torch.tensor([0.0, 0, 0, 1]).to(pose).expand(*pose.shape[:-2], 1, 4)
        return torch.cat([pose, last], dim=-2)


class TrainedField:
    """A trained field; poses and depths are in the data set's world frame and units. Satisfies `Renderer`."""

    def __init__(self, config: Any, pipeline: Any, config_path: Path, checkpoint: Path) -> None:
        self.config_path = config_path.absolute()
        self.checkpoint = checkpoint.absolute()
        self.method: str = config.method_name
        self.model = pipeline.model
        self.device: torch.device = pipeline.model.device
        self._train = pipeline.datamanager.train_dataset._dataparser_outputs
        self._eval = pipeline.datamanager.eval_dataset._dataparser_outputs
        root = config.pipeline.datamanager.data or config.pipeline.datamanager.dataparser.data
        self.data_root = Path(root).absolute()
        self.frame = WorldFrame(self._train.dataparser_transform, float(self._train.dataparser_scale))

    @cached_property
    def differentiable(self) -> bool:
        """Whether colours carry gradients to the camera: in models that trace rays and in `pad-splat` they do."""
        return self.rasterizes or not self._gives_z_depth

    @cached_property
    def rasterizes(self) -> bool:
        """Whether the model renders several whole pictures in one call, differentiably: it has `rasterized`."""
        return hasattr(self.model, "rasterized")

    @cached_property
    def _gives_z_depth(self) -> bool:
        return gives_z_depth(self.model)

    @cached_property
    def camera(self) -> Pinhole:
        """Intrinsics of the training views at the size they were trained with; the typical ones where they differ."""
        return typical_camera([view.camera for view in self.training_views])

    @cached_property
    def training_views(self) -> list[TrainingView]:
        """The views the field was trained on, with their light where the field has learnt it."""
        views, colors = self._views(self._train), getattr(self.model, "photo_colors", None)
        if colors is None:
            return views
        return [replace(view, light=light) for view, light in zip(views, colors.lights(), strict=True)]

    @cached_property
    def held_out_views(self) -> list[TrainingView]:
        """Normal views with poses that the field has not seen."""
        seen = {view.path for view in self.training_views}
        return [view for view in self._views(self._eval) if view.path not in seen]

    @cached_property
    def background(self) -> Float[Tensor, " 3"]:
        """Median colour of the outermost pixels of some training views, in [0, 1]."""
        views = self.training_views[:: max(1, len(self.training_views) // 8)]
        under = None if self._train.alpha_color is None else tuple(self._train.alpha_color.tolist())
        images = [read_image(view.path, under or (1.0, 1.0, 1.0)) for view in views]
        sides = [np.concatenate([i[0], i[-1], i[:, 0], i[:, -1]]) for i in images]
        return torch.from_numpy(np.median(np.concatenate(sides), axis=0) / 255.0).float()

    def _views(self, outputs: Any) -> list[TrainingView]:
        poses = self.frame.from_nerfstudio(outputs.cameras.camera_to_worlds.double()).numpy()
        paths = [Path(path).absolute() for path in outputs.image_filenames]
        names = [p.relative_to(self.data_root) if p.is_relative_to(self.data_root) else p for p in paths]
        all_seen = outputs.mask_filenames or [None] * len(paths)
        known = zip(names, paths, poses, _pinholes(outputs.cameras), all_seen, strict=True)
        return [TrainingView(n.as_posix(), path, pose, camera, seen=seen) for n, path, pose, camera, seen in known]

    def render(self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> Rendering:
        """Render one view; see `Renderer.render`."""
        return self.render_on_device(camera_to_world, camera).to("cpu")

    @torch.no_grad()
    def render_on_device(self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> Rendering:
        """Render one view, which stays on the field's device; see `Renderer.render`."""
        from nerfstudio.cameras.cameras import Cameras

        pose = self.frame.to_nerfstudio(camera_to_world.cpu()).float()[None]  # Nerfstudio takes the numbers beside it
        cameras = Cameras(pose, camera.fl_x, camera.fl_y, camera.cx, camera.cy, camera.w, camera.h)
        return self._rendering(self.model.get_outputs_for_camera(cameras.to(self.device)), camera)

    def _rendering(self, outputs: Mapping[str, Tensor], camera: Pinhole) -> Rendering:
        missing = {"rgb", "depth", "accumulation"} - set(outputs)
        if missing:
            raise UserError(
                f"{self.config_path}: {self.method} renders no {', '.join(sorted(missing))}; use another method"
            )
        rgb, depth, accumulation = (outputs[name].float() for name in ("rgb", "depth", "accumulation"))
        depth = z_depth(depth[..., 0] / self.frame.scale, camera, along_ray=not self._gives_z_depth)
        return Rendering(rgb.clamp(0, 1), depth, accumulation[..., 0])

    @torch.no_grad()
    def render_stack(self, cameras: PinholeStack) -> RenderingBatch:
        """Render several cameras of the world frame, on the field's device; see `BatchRenderer`.

        A rasteriser and, off the CPU, models that trace rays do so in one call; others one after the other.
        """
        if self.rasterizes:
            seen = self._rasterized(cameras)
            return RenderingBatch(
                seen.over(self.model.background).clamp(0, 1), seen.depth / self.frame.scale, seen.accumulation
            )
        outputs = None if self.device.type == "cpu" else self.traced(cameras)
        views = []
        for number, pose in enumerate(cameras.homogeneous()):
            camera = cameras.pinhole(number)
            if outputs is None:
                views.append(self.render_on_device(pose, camera))
            else:
                views.append(self._rendering({name: each[number] for name, each in outputs.items()}, camera))
        return stacked(views)

    def traced(self, cameras: PinholeStack) -> dict[str, Tensor] | None:
        """A model's outputs (cameras, height, width, channels), the rays of all cameras in one call; None of models
        that do not trace rays, or in a way of their own."""
        stack, own = self._in_nerfstudio(cameras), getattr(self.model, "traced", None)
        return bundled_pictures(self.model, stack) if own is None else own(stack)

    def render_images(self, cameras: PinholeStack) -> Float[Tensor, "b h w 3"]:
        """Whole pictures, differentiable in the poses; of models that rasterise."""
        return self._rasterized(cameras).over(self.model.background)

    def _rasterized(self, cameras: PinholeStack) -> Any:
        return self.model.rasterized(self._in_nerfstudio(cameras))

    def _in_nerfstudio(self, cameras: PinholeStack) -> PinholeStack:
        pose = self.frame.to_nerfstudio(cameras.homogeneous()).float()
        return PinholeStack(pose, cameras.focal.float(), cameras.center.float(), cameras.size)

    def render_pixels(
        self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole, pixels: Float[Tensor, "n 2"]
    ) -> Float[Tensor, "n 3"]:
        """Colours of some pixels, differentiable in the pose; see `DifferentiableRenderer.render_pixels`.

        A rasteriser renders the whole picture, which is read off between its pixels.
        """
        if self.rasterizes:
            image = self.render_images(PinholeStack.of(camera, camera_to_world[None]))[0]
            size = torch.tensor([camera.w, camera.h]).to(image)
            at = (2 * pixels.to(image) / size - 1)[None, None]
            planes = image.permute(2, 0, 1)[None]
            return grid_sample(planes, at, padding_mode="border", align_corners=False)[0, :, 0].T.to(
                camera_to_world.device
            )
        from nerfstudio.cameras.rays import RayBundle

        pose = self.frame.to_nerfstudio(camera_to_world).float()[None]
        pixels = pixels.to(self.device)
        rays = PinholeStack.of(camera, pose).to(self.device)
        zeros = torch.zeros(len(pixels), dtype=torch.long, device=self.device)
        origins, directions = rays(zeros, pixels[:, 0], pixels[:, 1])
        area = torch.full_like(origins[:, :1], 1.0 / (camera.fl_x * camera.fl_y))
        bundle = RayBundle(origins, directions, pixel_area=area, camera_indices=zeros[:, None])
        return self.model(bundle)["rgb"].to(camera_to_world.device)


def _pinholes(cameras: Any) -> list[Pinhole]:
    """The intrinsics of Nerfstudio's cameras."""
    numbers = (getattr(cameras, name)[:, 0].tolist() for name in ("fx", "fy", "cx", "cy", "width", "height"))
    return [Pinhole(*each) for each in zip(*numbers, strict=True)]


def load_trained_field(config_path: Path, device: str = "auto") -> TrainedField:
    """Load any trained Nerfstudio run.

    Args:
        config_path: the config.yml of the run; reading it runs the Python code it names
        device: `auto`, `cpu` or `cuda`

    Raises:
        UserError: something the run needs is missing or broken, or CUDA was asked for and is absent
    """
    chosen = choose_device(device)
    config, pipeline, checkpoint = load_pipeline(config_path, chosen)
    return TrainedField(config, pipeline, config_path, checkpoint)
