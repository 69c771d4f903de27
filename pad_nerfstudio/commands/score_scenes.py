"""What `ns-pad-score` does with `--scenes`: verdicts on the instances of each scene, metrics and a report."""

import sys
from collections.abc import Callable
from pathlib import Path

from pad_nerfstudio.commands.progress import tracked
from pad_nerfstudio.odd_one_out.options import ScoringChoice
from pad_nerfstudio.reporting.format import Format


def score_scenes(options: ScoringChoice, output_dir: Path, form: Format, write: Callable[[str], None]) -> None:
    """Judge the scenes and print the metrics and where everything is.

    Args:
        options: what is judged by what
        output_dir: where files go
        form: what is written for programs; nothing where it is `text`
        write: where to
    """
    from rich.console import Console

    from pad_nerfstudio.odd_one_out.options import chosen_method
    from pad_nerfstudio.odd_one_out.run import read_scenes, run_scene_scoring
    from pad_nerfstudio.odd_one_out.scene_outputs import SceneOutputFolder
    from pad_nerfstudio.reporting.documents import scenes_document
    from pad_nerfstudio.reporting.printed_table import printed_table
    from pad_nerfstudio.reporting.scene_report import write_scene_report
    from pad_nerfstudio.reporting.scene_tables import missing_metrics, scene_tables

    method = chosen_method(options)
    scenes = read_scenes(options.scenes, options.split, tracked)
    output = SceneOutputFolder(output_dir.expanduser().absolute())
    run = run_scene_scoring(scenes, options.views, method, output, tracked)
    report = write_scene_report(run, ["ns-pad-score", *sys.argv[1:]])
    console = Console()
    for table in scene_tables(run.summary):
        console.print(printed_table(table))
    print(run.verdict)
    for sentence in (*method.remarks, *run.sentences, *missing_metrics(run.summary)):
        print(sentence, file=sys.stderr)
    for path in (output.objects_path, output.metrics_path, output.root / "pictures", report):
        print(path)
    print("next:", f"open {report} in a browser", sep="\n")
    if form != "text":
        write(scenes_document(form, run))
