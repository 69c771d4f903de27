"""`ns-pad-localize`: the cameras of unposed photos in a trained field."""

import json
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal, cast

import tyro

from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.localization.intrinsics import Intrinsics
from pad_nerfstudio.localization.localizer import LocalizerConfig
from pad_nerfstudio.localization.options import check_focal_option, check_localizer_options
from pad_nerfstudio.localization.queries import gather_queries
from pad_nerfstudio.presets.command_line import preset_arguments
from pad_nerfstudio.presets.preset import read_preset


@dataclass
class LocalizeCommand:
    """Options of ns-pad-localize."""

    preset_section: ClassVar[str] = "localize"

    load_config: Path
    """The config.yml of the trained field, of any Nerfstudio method."""
    output_dir: Path
    """Folder for poses.json; a run that was killed goes on where it stopped."""
    queries: tuple[Path, ...] = ()
    """Photos or folders of photos; by default the test split of the class folder."""
    preset: str | None = None
    """Name or YAML file of a preset: its `localize` section sets the defaults of these options."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the field is rendered."""
    query_masks: Path | None = None
    """Folder of masks, named like the photos and as large, bright where the object is: nothing else is looked at. An
    RGBA photo is its own mask. Without either, a background unlike that of the training photos is told apart by
    itself."""
    skip_bad_images: bool = False
    """Leave broken photos out and list them, instead of stopping."""
    intrinsics: Annotated[Intrinsics, tyro.conf.arg(name="")] = field(default_factory=Intrinsics)
    """Intrinsics of the photos; by default those of the training camera, scaled to the photo's size."""
    localizer: Annotated[LocalizerConfig, tyro.conf.arg(name="")] = field(default_factory=LocalizerConfig)
    """How cameras are searched for."""

    def main(self) -> None:
        """Localise the photos and print where the poses are."""
        from pad_nerfstudio.localization.localize_queries import RecordedField, localize_queries
        from pad_nerfstudio.models.trained_field import load_trained_field

        check_localizer_options(self.localizer)
        check_focal_option(self.intrinsics, self.localizer)
        # The cast is for pyright, to which a cached_property is no property.
        trained = cast(RecordedField, load_trained_field(self.load_config, self.device))
        photos, skipped = gather_queries(
            trained.data_root, self.queries, trained.camera, self.intrinsics, self.skip_bad_images, self.query_masks
        )
        poses = localize_queries(trained, photos, self.localizer, self.output_dir)
        frames = json.loads(poses.read_text(encoding="utf-8"))["frames"]
        for path in skipped:
            print(f"left out, broken: {path}", file=sys.stderr)
        for frame in frames:
            if " failed" in frame["retrieval"]:
                print(f"{frame['retrieval']}: {frame['file_path']}", file=sys.stderr)
            if not frame["converged"]:
                print(f"not converged: {frame['file_path']} (residual {frame['residual']:.3f})", file=sys.stderr)
        print(f"poses of {len(frames)} photos: {poses}\nnext:")
        config, folder = self.load_config.absolute(), poses.parent
        print(
            shlex.join(
                ["ns-pad-score", "--load-config", str(config), "--poses", str(poses), "--output-dir", str(folder)]
            )
        )


def localizer_of_preset(name: str | None) -> LocalizerConfig:
    """How the `localize` section of a preset searches for cameras; the defaults without one.

    Raises:
        UserError: there is no such preset, or its section is wrong
    """
    if name is None:
        return LocalizerConfig()
    required = ["--load-config", ".", "--output-dir", "."]
    command = tyro.cli(LocalizeCommand, args=[*preset_arguments(LocalizeCommand, read_preset(name)), *required])
    check_localizer_options(command.localizer)
    return command.localizer


def entrypoint() -> None:
    """Console script `ns-pad-localize`."""
    run(LocalizeCommand, description="Find the camera of every unposed photo by aligning it with a trained field.")


if __name__ == "__main__":
    entrypoint()
