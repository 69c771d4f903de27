"""A small ray-traced toy with a known answer for every ray: boxes and spheres on white, no symmetry.

It stands in for a trained field wherever a test needs a renderer; colours vary smoothly over the surfaces and are
differentiable in the camera away from edges.
"""

import math
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.models.rendering import Rendering

FAR = 1e6
LIGHT = (0.4, -0.5, 0.77)


@dataclass(frozen=True)
class Box:
    """An axis-aligned box."""

    centre: tuple[float, float, float]
    half_size: tuple[float, float, float]
    colour: tuple[float, float, float]

    def hit(
        self, origins: Float[Tensor, "n 3"], directions: Float[Tensor, "n 3"]
    ) -> tuple[Float[Tensor, " n"], Float[Tensor, "n 3"]]:
        """Distance to the first hit (FAR for none) and the surface normal, by slabs."""
        centre, half = origins.new_tensor(self.centre), origins.new_tensor(self.half_size)
        inverse = 1 / torch.where(directions.abs() < 1e-9, torch.full_like(directions, 1e-9), directions)
        a, b = (centre - half - origins) * inverse, (centre + half - origins) * inverse
        near, axis = torch.minimum(a, b).max(-1)
        far = torch.maximum(a, b).min(-1).values
        normal = torch.zeros_like(origins).scatter(1, axis[:, None], -directions.gather(1, axis[:, None]).sign())
        return torch.where((near < far) & (near > 0), near, torch.full_like(near, FAR)), normal


@dataclass(frozen=True)
class Sphere:
    """A sphere."""

    centre: tuple[float, float, float]
    radius: float
    colour: tuple[float, float, float]

    def hit(
        self, origins: Float[Tensor, "n 3"], directions: Float[Tensor, "n 3"]
    ) -> tuple[Float[Tensor, " n"], Float[Tensor, "n 3"]]:
        """Distance to the first hit (FAR for none) and the surface normal."""
        offset = origins - origins.new_tensor(self.centre)
        a, b = (directions**2).sum(-1), (offset * directions).sum(-1)
        under = b**2 - a * ((offset**2).sum(-1) - self.radius**2)
        t = (-b - under.clamp_min(1e-12).sqrt()) / a
        normal = (offset + t[:, None] * directions) / self.radius
        return torch.where((under > 0) & (t > 0), t, torch.full_like(t, FAR)), normal


TOY = (
    Box((0.0, 0.0, -0.25), (0.55, 0.3, 0.12), (0.85, 0.15, 0.12)),
    Box((-0.3, 0.05, 0.1), (0.18, 0.18, 0.25), (0.15, 0.3, 0.8)),
    Box((0.35, -0.1, 0.02), (0.12, 0.2, 0.16), (0.95, 0.8, 0.15)),
    Box((0.1, 0.3, -0.1), (0.1, 0.25, 0.08), (0.2, 0.6, 0.25)),
    Sphere((0.05, -0.05, 0.15), 0.2, (0.9, 0.5, 0.15)),
    Sphere((-0.45, -0.3, -0.2), 0.14, (0.25, 0.25, 0.28)),
)
SPUR = Sphere((0.42, 0.15, 0.25), 0.12, (0.95, 0.8, 0.15))


@dataclass
class AnalyticScene:
    """Renders a list of solids on white; `supersampling` squared rays a pixel."""

    solids: tuple[Box | Sphere, ...] = TOY
    supersampling: int = 2
    behind: tuple[float, float, float] = (1.0, 1.0, 1.0)
    renders: int = field(default=0, init=False)
    """Views rendered so far."""

    def render(self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole) -> Rendering:
        """One view, see `Renderer.render`."""
        self.renders += 1
        s = self.supersampling
        fine = camera.resized(camera.w * s, camera.h * s)
        ys, xs = torch.meshgrid(torch.arange(fine.h) + 0.5, torch.arange(fine.w) + 0.5, indexing="ij")
        pixels = torch.stack([xs, ys], dim=-1).reshape(-1, 2)
        with torch.no_grad():
            rgb, depth, hit = self._trace(camera_to_world.float(), fine, pixels)

        def pooled(values: Float[Tensor, "n c"]) -> Float[Tensor, "h w c"]:
            return values.reshape(camera.h, s, camera.w, s, -1).mean(dim=(1, 3))

        accumulation = pooled(hit[:, None].float())[..., 0]
        total = pooled(torch.where(hit, depth, torch.zeros_like(depth))[:, None])[..., 0]
        return Rendering(pooled(rgb), total / accumulation.clamp_min(1e-6), accumulation)

    def render_pixels(
        self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole, pixels: Float[Tensor, "n 2"]
    ) -> Float[Tensor, "n 3"]:
        """Colours at pixels, see `DifferentiableRenderer.render_pixels`."""
        return self._trace(camera_to_world.float(), camera, pixels.float())[0]

    def _trace(
        self, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole, pixels: Float[Tensor, "n 2"]
    ) -> tuple[Float[Tensor, "n 3"], Float[Tensor, " n"], Bool[Tensor, " n"]]:
        """Colour, z-depth and hit of each ray."""
        x = (pixels[:, 0] - camera.cx) / camera.fl_x
        y = -(pixels[:, 1] - camera.cy) / camera.fl_y
        directions = torch.stack([x, y, -torch.ones_like(x)], dim=-1) @ camera_to_world[:3, :3].T
        origins = camera_to_world[:3, 3].expand_as(directions)
        best = torch.full_like(x, FAR)
        colour = torch.zeros_like(directions)
        normal = torch.zeros_like(directions)
        for solid in self.solids:
            t, solid_normal = solid.hit(origins, directions)
            nearer = t < best
            best = torch.where(nearer, t, best)
            normal = torch.where(nearer[:, None], solid_normal, normal)
            colour = torch.where(nearer[:, None], colour.new_tensor(solid.colour), colour)
        hit = best < FAR
        points = origins + torch.where(hit, best, torch.zeros_like(best))[:, None] * directions
        light = torch.nn.functional.normalize(points.new_tensor(LIGHT), dim=0)
        shade = 0.55 + 0.45 * (normal @ light)
        pattern = 1 + 0.15 * torch.sin(9 * points[:, 0] + 4 * points[:, 2]) * torch.cos(7 * points[:, 1])
        lit = (colour * (shade * pattern)[:, None]).clamp(0, 1)
        return torch.where(hit[:, None], lit, lit.new_tensor(self.behind)), best, hit


def look_at(
    direction: tuple[float, float],
    radius: float,
    target: tuple[float, float, float] = (0.0, 0.0, 0.0),
    roll: float = 0.0,
) -> Float[Tensor, "4 4"]:
    """A camera of the MAD rig: elevation and azimuth (degrees) of its centre, aimed at `target`, rolled (degrees)."""
    elevation, azimuth, turn = (math.radians(angle) for angle in (*direction, roll))
    centre = radius * torch.tensor(
        [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)],
        dtype=torch.float64,
    )
    back = torch.nn.functional.normalize(centre - torch.tensor(target, dtype=torch.float64), dim=0)
    right = torch.nn.functional.normalize(torch.linalg.cross(torch.tensor([0.0, 0.0, 1.0]).double(), back), dim=0)
    up = torch.linalg.cross(back, right)
    c, s = math.cos(turn), math.sin(turn)
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3, 0], pose[:3, 1] = c * right + s * up, c * up - s * right
    pose[:3, 2], pose[:3, 3] = back, centre
    return pose


def rig(elevations: int = 7, azimuths: int = 12, radius: float = 4.0) -> list[Float[Tensor, "4 4"]]:
    """Training cameras on rings from +75 to -75 degrees."""
    rings = [75 - 150 * i / (elevations - 1) for i in range(elevations)]
    return [look_at((ring, 360 * j / azimuths), radius) for ring in rings for j in range(azimuths)]


def random_pose(generator: torch.Generator, radius: float = 4.0, roll: float = 15.0) -> Float[Tensor, "4 4"]:
    """A test camera: anywhere on the sphere, aimed off the centre, rolled, at 90 to 110 percent of the radius."""
    u = torch.rand(7, generator=generator, dtype=torch.float64).tolist()
    elevation = math.degrees(math.asin(0.98 * (2 * u[0] - 1)))
    aim = (0.2 * (2 * u[1] - 1), 0.2 * (2 * u[2] - 1), 0.2 * (2 * u[3] - 1))
    return look_at((elevation, 360 * u[4]), radius * (0.9 + 0.2 * u[5]), aim, roll * (2 * u[6] - 1))
