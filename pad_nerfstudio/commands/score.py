"""`ns-pad-score`: scores, metrics and a report of queries against a trained field, or of scenes of many instances."""

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import tyro

from pad_nerfstudio.anomaly.settings import ScoringSettings
from pad_nerfstudio.commands.cli import run
from pad_nerfstudio.commands.localize import localizer_of_preset
from pad_nerfstudio.commands.progress import tracked
from pad_nerfstudio.commands.score_scenes import score_scenes
from pad_nerfstudio.commands.stdout import document_alone
from pad_nerfstudio.commands.watch_photos import watch_photos
from pad_nerfstudio.odd_one_out.options import field_config, is_about_scenes
from pad_nerfstudio.reporting.format import Format
from pad_nerfstudio.watching.options import watched_folder


@dataclass
class ScoreCommand:
    """Options of ns-pad-score."""

    preset_section: ClassVar[str] = "score"

    load_config: Path | None = None
    """The config.yml of the trained field, of any Nerfstudio method; for --scenes, that of an odd-one-out run."""
    output_dir: Path = tyro.MISSING
    """Folder for maps, scores, metrics and the report; a run that was killed goes on where it stopped."""
    poses: Path | None = None
    """The poses.json of ns-pad-localize; without it, the queries are localised first."""
    queries: tuple[Path, ...] = ()
    """Photos or folders of photos; by default those in --poses or, without it, the test split of the class folder."""
    preset: str | None = None
    """Name or YAML file of a preset: its `score` section sets the defaults of these options, and its `localize` section
    says how queries without --poses and held-out normal views are localised."""
    comparison: Literal[
        "lab-envelope", "squared-error", "learned", "feature-layers", "feature-stacked", "feature-product"
    ] = "lab-envelope"
    """How a query is compared with its reference: perceptual colour; the published pixel term; a network that learnt
    from normal views with pasted defects (see ns-pad-learn); or features, whose errors are summed over layers, taken
    as one norm over all, or multiplied with those of the images' reflectances."""
    extractor: Literal["descriptors", "pixels", "vgg16", "efficientnet_b4", "dinov2_vits14"] = "descriptors"
    """What features are compared; the first two need no weights."""
    weights: Path | None = None
    """File with the extractor's weights; without it, they are looked for in the usual caches or downloaded."""
    shift: int = 0
    """Least feature error over shifts of up to so many places in each layer."""
    nearby_views: int = 5
    """Training photos near a query that correct its reference; 0 for the field's rendering alone."""
    calibration: Literal["none", "cues", "classes"] = "classes"
    """What held-out normal views teach of maps: nothing; a value to expect from contrast and silhouette; or a standard
    deviation for each of edges, highlights, grazing faces, detail, flat faces and surfaces that nearby photos do not
    see. Maps are divided by it."""
    places: bool = False
    """For image scores, scale calibrated maps by how high those of held-out normal views are at the same place of the
    object: where the field is wrong, it is wrong in all photos. Maps stay as they are, so that a score is no longer the
    highest value of its map."""
    second_opinion: bool = True
    """Weigh calibrated maps by the odds that a network gives each pixel of belonging to a defect."""
    network: Path | None = None
    """The comparator.safetensors of ns-pad-learn, for --second-opinion and --comparison learned; without it, the one
    that comes with this package."""
    only_object: bool = False
    """Set maps to 0 away from the rendered object, farther than 16 pixels of an image 400 pixels wide."""
    image_score: Literal["maximum", "pooled-maximum"] = "maximum"
    """The highest value of a map, or the highest mean over 5x5 pixels of an image 400 pixels wide."""
    false_positive_rate: float = 0.05
    """Share of normal queries that may be called anomalous; the threshold follows from held-out normal views."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the field is rendered."""
    chunk: int | None = None
    """Queries that a GPU works on together: more are faster and take more of its memory; by default 16. A CPU works on
    one per core, whatever stands here."""
    mixed_precision: bool = False
    """Let networks compute in half precision, on a GPU only: faster, and scores differ in their last digits."""
    watch: Path | None = None
    """Folder in which photos arrive, also in subfolders: each is localised and scored once, what lies there already
    too, until Ctrl-C or SIGTERM, which end with exit code 0. One line of JSON a photo goes to stdout (path, score,
    p_value, is_anomalous, pose, converged, seconds; or path and error), all else to stderr. After a kill at any moment
    the same command goes on: no photo is scored again, and no line is lost, but the last may be printed twice, word
    for word. A photo that is overwritten counts as a new one."""
    watch_interval: float = 1.0
    """Of --watch: seconds between two looks; a photo is taken when two of them see it unchanged."""
    watch_patience: float = 10.0
    """Of --watch: seconds without a change after which a photo that cannot be read counts as failed."""
    skip_bad_images: bool = False
    """Leave broken photos and masks out and list them, instead of stopping."""
    part_id: str | None = None
    """All queries show one physical part of this name, or with 'folder', those of each folder one part: their maps are
    fused on its surface, and the fused score of the part is told beside those of its photos."""
    format: Format = "text"
    """What goes to stdout at the end: tables and paths for people; or one document for programs, and tables, notes and
    paths then go to stderr. json: an object with verdict, threshold, metrics and every query (of --scenes, every
    object); csv: scores.csv (objects.csv); html: report.html; markdown: tables for a pull request or a wiki. The files
    in --output-dir are the same with each."""
    scenes: tuple[Path, ...] = ()
    """Scenes of several instances of one object, or folders of such: which instance is not like the others? Of the
    options above, --load-config, --output-dir and --device count for them."""
    method: Literal["trained", "training-free"] = "trained"
    """What judges --scenes: the run of --load-config, or a comparison of the instances that needs neither training nor
    weights."""
    split: Path | None = None
    """Of --scenes: a JSON file, {"train": [...], "test": [...]}, of names of scene folders; only those of its part
    `test` are judged."""
    views: tuple[int, ...] = ()
    """Of --scenes: numbers of views, spread evenly, with each of which every scene is judged; by default all views."""

    def main(self) -> None:
        """Score queries, photos as they arrive, or scenes."""
        folder = watched_folder(self)
        if is_about_scenes(self):
            with document_alone(self.format != "text") as write:
                score_scenes(self, self.output_dir, self.format, write)
        elif folder is not None:
            settings, how = self._settings(), localizer_of_preset(self.preset)
            watch_photos(self, folder, field_config(self.load_config), self.device, settings, how)
        else:
            with document_alone(self.format != "text") as write:
                self._score_queries(write)

    def _settings(self) -> ScoringSettings:
        """What decides the scores, checked, as is how many photos are scored together."""
        from pad_nerfstudio.anomaly.batching import check_chunk
        from pad_nerfstudio.anomaly.comparison import FeatureOptions
        from pad_nerfstudio.anomaly.options import check_scoring_options

        settings = ScoringSettings(
            comparison=self.comparison,
            false_positive_rate=self.false_positive_rate,
            nearby_views=self.nearby_views,
            calibration=self.calibration,
            places=self.places,
            second_opinion=self.second_opinion,
            only_object=self.only_object,
            image_score=self.image_score,
            features=FeatureOptions(self.extractor, self.weights, self.shift, self.network),
        )
        check_scoring_options(settings)
        check_chunk(self.chunk)
        return settings

    def _score_queries(self, write: Callable[[str], None]) -> None:
        """Score the queries and print the metrics and where everything is; `write` the document that is asked for."""
        from rich.console import Console

        from pad_nerfstudio.anomaly.batching import batching_for
        from pad_nerfstudio.anomaly.fused.parts import by_part, fused_parts, write_parts
        from pad_nerfstudio.anomaly.gather import posed_normal_views, posed_queries
        from pad_nerfstudio.anomaly.outputs import OutputFolder
        from pad_nerfstudio.anomaly.placement import device_of
        from pad_nerfstudio.anomaly.run import run_scoring
        from pad_nerfstudio.models.trained_field import load_trained_field
        from pad_nerfstudio.reporting.documents import run_document
        from pad_nerfstudio.reporting.html_report import write_report
        from pad_nerfstudio.reporting.printed_table import printed_table
        from pad_nerfstudio.reporting.tables import metrics_table, parts_table
        from pad_nerfstudio.viewing.pointer import write_pointer

        settings = self._settings()
        how = localizer_of_preset(self.preset)
        output = OutputFolder(self.output_dir.expanduser().absolute())
        field = load_trained_field(field_config(self.load_config), self.device)
        batching = batching_for(device_of(field), self.chunk, self.mixed_precision)
        queries, notes = posed_queries(field, self.queries, self.poses, output.root, self.skip_bad_images, how)
        parts = {} if self.part_id is None else by_part(queries, self.part_id)
        normal_views = posed_normal_views(field, output.held_out, how)
        keep, rate = bool(parts), settings.false_positive_rate
        finished = run_scoring(field, queries, normal_views, output, settings, notes, tracked, keep, batching)
        report = write_report(finished, ["ns-pad-score", *sys.argv[1:]], tracked)
        fused = fused_parts(field, parts, finished.scores, output, tracked, normal_views, rate) if parts else []
        part_files = [write_parts(output.root, fused)] if parts else []
        unwritten = write_pointer(field.config_path.parent, output.root, self.poses)
        console = Console()
        console.print(printed_table(metrics_table(finished.summary)))
        if fused:
            console.print(printed_table(parts_table(fused)))
        print(finished.verdict)
        for sentence in (*finished.sentences, *([unwritten] if unwritten else [])):
            print(sentence, file=sys.stderr)
        for path in (output.scores_path, output.metrics_path, output.root / "maps", *part_files, report):
            print(path)
        only_here = ["--viewer.websocket-host", "127.0.0.1"]  # ns-viewer would listen to the whole network
        print("next:", shlex.join(["ns-viewer", "--load-config", str(field.config_path), *only_here]), sep="\n")
        if self.format != "text":
            write(run_document(self.format, finished, fused))


def entrypoint() -> None:
    """Console script `ns-pad-score`."""
    run(ScoreCommand, description="Score photos against a trained field, or the instances of a scene with each other.")


if __name__ == "__main__":
    entrypoint()
