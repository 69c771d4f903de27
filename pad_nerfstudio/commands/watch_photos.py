"""What `ns-pad-score` does with `--watch`: photos in, one line of JSON each out, until it is told to end."""

import json
import shlex
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from pad_nerfstudio.anomaly.settings import ScoringSettings
from pad_nerfstudio.commands.progress import tracked
from pad_nerfstudio.commands.stdout import written
from pad_nerfstudio.localization.localizer import LocalizerConfig
from pad_nerfstudio.watching.options import WatchChoice


def watch_photos(
    options: WatchChoice, folder: Path, config: Path, device: str, settings: ScoringSettings, how: LocalizerConfig
) -> None:
    """Score photos as they arrive; only their lines go to stdout, everything else to stderr.

    Args:
        options: output folder and rhythm
        folder: the watched folder, absolute
        config: the config.yml of the trained field
        device: where the field is rendered
        settings: what decides the scores
        how: how photos are localised
    """
    from pad_nerfstudio.anomaly.fingerprint import fingerprint
    from pad_nerfstudio.anomaly.outputs import OutputFolder
    from pad_nerfstudio.detector import load_detector
    from pad_nerfstudio.watching.journal import Journal
    from pad_nerfstudio.watching.signals import stopped_by_signals
    from pad_nerfstudio.watching.tally import tally
    from pad_nerfstudio.watching.watch import Rhythm, Watch

    lines = Lines(sys.stdout)
    output = OutputFolder(options.output_dir.expanduser().absolute())
    with redirect_stdout(sys.stderr):
        detector = load_detector(config, settings, how, output.root, device, tracked)
        calibration = detector.calibrated.calibration
        decisive = fingerprint(
            detector.calibrated.decisive, calibration.threshold, json.dumps(asdict(how), default=str)
        )
        with Journal(output.root / ".records" / "watch.jsonl", decisive) as journal, stopped_by_signals() as stop:
            if calibration.reason:
                print(calibration.reason)
            print(f"watching {folder}; Ctrl-C ends ({len(journal.entries)} photos finished before)", flush=True)
            rhythm = Rhythm(options.watch_interval, options.watch_patience)
            Watch(folder, detector, output, journal, lines, print, rhythm).run(stop)
            print("ended;", tally(journal.entries))
        print(output.root, "next, to go on:", shlex.join(["ns-pad-score", *sys.argv[1:]]), sep="\n", flush=True)


class Lines:
    """Writes one line of JSON at a time."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __call__(self, value: Mapping[str, Any]) -> None:
        """Write a value and see it off.

        Raises:
            UserError: nobody reads any more
        """
        line = json.dumps(value, allow_nan=False) + "\n"
        written(self.stream, line, "start the same command again, it goes on where it stopped")
