"""What `ns-pad-score` does with `--scenes`: verdicts on the instances of each scene, metrics and a report."""

import sys
from pathlib import Path

from pad_nerfstudio.commands.progress import tracked
from pad_nerfstudio.odd_one_out.options import ScoringChoice


def score_scenes(options: ScoringChoice, output_dir: Path) -> None:
    """Judge the scenes and print the metrics and where everything is."""
    from rich.console import Console

    from pad_nerfstudio.odd_one_out.options import chosen_method
    from pad_nerfstudio.odd_one_out.run import read_scenes, run_scene_scoring
    from pad_nerfstudio.odd_one_out.scene_outputs import SceneOutputFolder
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
