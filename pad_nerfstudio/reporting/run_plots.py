"""The plots of a scoring run, and why some of them are not there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from pad_nerfstudio.anomaly.evaluation import AUPRO_LIMIT, Curve, Curves
from pad_nerfstudio.anomaly.outputs import QueryScore
from pad_nerfstudio.anomaly.scoring_run import ScoringRun
from pad_nerfstudio.reporting.plots import curve_plot, histogram, roc_plot
from pad_nerfstudio.reporting.tables import percent

RECALL_PRECISION = ("recall", "precision")


@dataclass(frozen=True)
class Plot:
    """A drawing with what stands below it."""

    svg: Markup
    """The drawing; empty where the data cannot give it."""
    caption: str
    """What it shows; where there is no drawing, why."""
    keys: Mapping[str, int] = field(default_factory=dict)
    """Groups that are told apart by colour -> how many they count; the name is also that of the CSS colour."""


def score_plots(run: ScoringRun) -> list[Plot]:
    """Histogram of scores, ROC, precision-recall of queries and of pixels, and the per-region overlap."""
    groups = score_groups(run.scores)
    overall = run.summary["overall"]

    def curves(of: Callable[[Curves], Curve | None]) -> dict[str, Curve]:
        found = {name: of(curves) for name, curves in run.curves.items()}
        return {name: curve for name, curve in found.items() if curve is not None} if found.get("all") else {}

    def plot(drawing: str, title: str, metric: str, caption: str) -> Plot:
        if drawing:
            return Plot(Markup(drawing), f"{title}: {caption}")
        return Plot(Markup(""), f"{title}: {overall['reasons'].get(metric, 'it was not kept')}.")

    strong = "strong all, thin each kind against the good ones"
    by_rank, by_precision, by_pixel, by_region = (
        curves(lambda each, name=name: getattr(each, name))
        for name in ("roc", "precision_recall", "pixel_precision_recall", "overlap")
    )
    return [
        Plot(
            Markup(histogram(groups, run.calibration.threshold)),
            "Image scores",
            {name: len(members) for name, members in groups.items()},
        ),
        plot(
            roc_plot(by_rank),
            "ROC of the queries",
            "image_auroc",
            f"{strong}; area of all: {percent(overall['image_auroc'])}",
        ),
        plot(
            curve_plot(by_precision, RECALL_PRECISION),
            "Precision and recall of the queries",
            "image_auroc",
            f"{strong}; best F1 of all: {percent(overall['image_f1_max'])}",
        ),
        plot(
            curve_plot(by_pixel, RECALL_PRECISION),
            "Precision and recall of the pixels",
            "pixel_ap",
            f"{strong}; AP of all: {percent(overall['pixel_ap'])}",
        ),
        plot(
            curve_plot(by_region, ("false positive rate of the pixels", "mean overlap of the regions"), AUPRO_LIMIT),
            "Per-region overlap",
            "aupro",
            f"{strong}; AUPRO, the area of all over {AUPRO_LIMIT:g}: {percent(overall['aupro'])}",
        ),
    ]


def pose_plots(run: ScoringRun) -> list[Plot]:
    """Residuals of the poses with the limit of those that count as found, and seconds a query."""
    residuals, limit = run.residuals.values, run.residuals.limit
    groups = {
        name: [residuals[s.file_path] for s in run.scores if s.converged == found and s.file_path in residuals]
        for name, found in (("localised", True), ("lost", False))
    }
    groups = {name: members for name, members in groups.items() if members}
    drawing = histogram(groups, limit, of_what=("residual", "queries"), mark_name="limit")
    meaning = "mean colour difference between query and field at the pose, over the object, in [0, 1]"
    seconds = histogram({"queries": [score.seconds for score in run.scores]}, None, of_what=("seconds", "queries"))
    return [
        Plot(Markup(drawing), f"Pose residuals: {meaning}", {name: len(found) for name, found in groups.items()})
        if drawing
        else Plot(Markup(""), "Pose residuals: the poses were given without them."),
        Plot(Markup(seconds), "Seconds a query: localising where that was done, rendering and comparing"),
    ]


def score_groups(scores: Sequence[QueryScore]) -> dict[str, list[float]]:
    """Scores by ground truth; groups without a member are left out."""
    names = {0: "normal", 1: "anomalous", None: "unknown"}
    groups = {name: [s.image_score for s in scores if s.label == label] for label, name in names.items()}
    return {name: members for name, members in groups.items() if members}
