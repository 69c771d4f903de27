"""The options of `render_bricks.py`; the text under each field is its help."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rendering.errors import UserError

from bricks.camera_rig import Rig, TestPoses
from bricks.defects import KINDS
from bricks.toys import TOYS, toy_named


@dataclass(frozen=True)
class Settings:
    """Render a brick toy into the MAD layout: posed normal views, test views with and without defects, masks."""

    toy: str | None = None
    """Which toy; `--list-toys` names them, `random-7` is one grown at random."""
    output_dir: Path = Path("data/bricks")
    """The class folder DIR/TOY is made in this folder."""
    list_toys: bool = False
    """Print the toys and end."""
    seed: int = 0
    """Seed of the poses, the defects and the sampling noise."""
    image_size: int = 800
    """Width and height of the pictures in pixels."""
    samples: int = 24
    """Cycles samples a pixel, before the OpenImageDenoise denoiser."""
    threads: int = 0
    """Threads of the renderer; 0 takes all cores."""
    camera_angle_x: float = 0.691
    """Horizontal field of view in radians."""
    radius: float = 4.0
    """Distance of the training cameras from the origin in world units."""
    rings: int = 14
    """Elevation rings of training cameras."""
    azimuths: int = 15
    """Training cameras on each ring."""
    top_elevation: float = 85.0
    """Elevation of the first ring in degrees."""
    bottom_elevation: float = -85.0
    """Elevation of the last ring in degrees."""
    toy_radius: float = 1.15
    """Distance of the toy's farthest point from the origin in world units."""
    test_images: int = 20
    """Test images of each kind, the normal ones (`good`) included."""
    kinds: tuple[str, ...] = KINDS
    """Defect kinds to render."""
    defective_parts: int = 0
    """Physical parts of each kind of defect, each with one defect, seen in `--part-views` test images."""
    good_parts: int = 0
    """Physical parts without a defect, seen alike."""
    part_views: int = 8
    """Test images of each part, from poses that know nothing of the defect: some of them may not show it."""
    roll: float = 15.0
    """Largest roll of a test camera about its viewing axis, degrees either way."""
    aim_jitter: float = 0.12
    """Largest distance between the origin and the point a test camera looks at, world units."""
    distance_jitter: float = 0.1
    """Largest relative change of a test camera's distance."""
    margin: float = 0.04
    """Share of half the image that stays free around the toy in test images."""
    burr_size: tuple[float, float] = (0.05, 0.12)
    """Smallest and largest width of a spur in world units; it is up to 2.6 times as long."""
    stain_size: tuple[float, float] = (0.1, 0.3)
    """Smallest and largest diameter of a stain in world units."""
    min_defect_pixels: int = 48
    """Fewest visible pixels of a defect in a 400x400 image; scaled with the image's area."""
    max_missing_share: float = 0.25
    """Largest share of the toy's visible pixels that a missing part may take."""
    world_light: float = 0.55
    """Strength of the even white light from all around."""
    key_light: float = 200.0
    """Power of the large lamp from the front right above, watts; a second one opposite has half of it."""
    under_light: float = 80.0
    """Power of the lamp from below, watts."""
    roughness: float = 0.35
    """Roughness of the plastic: 0 mirrors, 1 is dull."""

    @property
    def rig(self) -> Rig:
        """The training cameras."""
        return Rig(self.radius, self.rings, self.azimuths, self.top_elevation, self.bottom_elevation)

    @property
    def test_poses(self) -> TestPoses:
        """The limits of a test pose."""
        return TestPoses(self.radius, self.roll, self.aim_jitter, self.distance_jitter, self.margin)

    @property
    def fewest_pixels(self) -> int:
        """`min_defect_pixels` at this image size."""
        return max(1, round(self.min_defect_pixels * (self.image_size / 400) ** 2))


NOT_IN_THE_PICTURES = (
    "output_dir", "list_toys", "threads", "test_images", "kinds", "defective_parts", "good_parts", "part_views",
)  # fmt: skip
"""Options that may differ when a run is resumed: no picture that is already there depends on them."""


def recorded(settings: Settings) -> dict[str, Any]:
    """The options as they stand in `render_settings.json`."""
    values = asdict(settings) | {"output_dir": str(settings.output_dir.resolve())}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def check_resumable(settings: Settings, before: dict[str, Any], path: Path) -> None:
    """Pictures of two different settings must not mix in one folder."""
    now = recorded(settings)
    for field in fields(Settings):
        if field.name not in NOT_IN_THE_PICTURES and before.get(field.name) != now[field.name]:
            raise UserError(
                f"{path} says that the pictures there have {option(field.name)} {before.get(field.name)}, "
                f"not {now[field.name]}: give that value, or another --output-dir"
            )


LEAST = {
    "seed": 0, "image_size": 16, "samples": 1, "threads": 0, "rings": 1, "azimuths": 1, "test_images": 0,
    "defective_parts": 0, "good_parts": 0, "part_views": 1, "roll": 0, "aim_jitter": 0, "distance_jitter": 0,
    "min_defect_pixels": 0, "max_missing_share": 0, "world_light": 0, "key_light": 0, "under_light": 0, "roughness": 0,
}  # fmt: skip
"""Smallest values that make sense."""


def option(field: str) -> str:
    """The command-line name of a field of `Settings`."""
    return "--" + field.replace("_", "-")


def check(settings: Settings) -> None:
    """Refuse numbers that cannot work, naming the option."""
    if toy_named(settings.toy) is None:
        given = "no --toy was given" if settings.toy is None else f"--toy {settings.toy} is unknown"
        raise UserError(f"{given}: choose one of {', '.join(TOYS)}, or random-NUMBER")
    unknown = [kind for kind in settings.kinds if kind not in KINDS]
    if unknown:
        raise UserError(f"--kinds {unknown[0]} is unknown: choose from {', '.join(KINDS)}")
    for name, least in LEAST.items():
        if getattr(settings, name) < least:
            raise UserError(f"{option(name)} is {getattr(settings, name)}: it must be at least {least}")
    inside(settings.camera_angle_x, "--camera-angle-x", 0.0, 3.1)
    inside(settings.toy_radius, "--toy-radius", 0.0, settings.radius)
    inside(settings.distance_jitter, "--distance-jitter", -1.0, 1.0)
    inside(settings.margin, "--margin", -1.0, 1.0)
    for name in ("top_elevation", "bottom_elevation"):
        inside(getattr(settings, name), option(name), -90.0, 90.0)
    for name in ("burr_size", "stain_size"):
        low, high = getattr(settings, name)
        if not 0 < low <= high:
            raise UserError(f"{option(name)} {low} {high} is no range: give two numbers, 0 < smallest <= largest")


def inside(value: float, option: str, low: float, high: float) -> None:
    """Both limits excluded."""
    if not low < value < high:
        raise UserError(f"{option} is {value}: it must lie between {low} and {high}")
