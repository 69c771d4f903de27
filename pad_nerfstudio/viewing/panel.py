"""The panel of a scored run in the viewer."""

from collections.abc import Callable
from threading import Timer
from typing import Any

from nerfstudio.viewer.viewer_elements import (
    ViewerButton,
    ViewerCheckbox,
    ViewerDropdown,
    ViewerElement,
    ViewerSlider,
)

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.reporting.thumbnails import data_uri
from pad_nerfstudio.viewing.inspection import Inspection
from pad_nerfstudio.viewing.panel_text import OF_QUERY, about_query, about_scores, literal, part_entry
from pad_nerfstudio.viewing.verdicts import changed, list_entries, rank_of, summary, verdicts

THUMBNAIL = 280
"""Longer side of the photo in the panel, pixels."""
AGAIN = (1.0, 5.0)
"""Seconds after which a new window is told all words once more."""
STEPS = 1000
"""Of the threshold's slider."""


class Panel:
    """Widgets that change an `Inspection`.

    Args:
        server: viser's server
        inspection: what is looked at
        order: where the panel stands among viser's elements
        jump: moves the camera to the selected query
        rerender: has the field drawn again
        recolor: called with the numbers of the queries whose verdict has changed
        show_cameras: called with whether the queries' cameras are shown
    """

    def __init__(
        self,
        server: Any,
        inspection: Inspection,
        order: float,
        jump: Callable[[], None],
        rerender: Callable[[], None],
        recolor: Callable[[list[int]], None],
        show_cameras: Callable[[bool], None],
    ) -> None:
        self._server, self._inspection = server, inspection
        self._queries, parts = inspection.run.queries, inspection.run.parts
        self._parts = {part_entry(part): part for part in parts}
        self._jump, self._rerender, self._recolor = jump, rerender, recolor
        self._verdicts = verdicts(self._queries, inspection.threshold)
        entries, sources = list_entries(self._queries, inspection.threshold), [*self._parts, OF_QUERY]
        least, most = _range([query.score for query in self._queries], inspection.threshold)
        threshold = most if inspection.threshold is None else inspection.threshold
        self.query = ViewerDropdown(
            "Query", entries[0], entries, cb_hook=self._picked, hint="The most anomalous first; type to search"
        )
        before = ViewerButton("Previous", cb_hook=lambda _: self._step(-1))
        after = ViewerButton("Next", cb_hook=lambda _: self._step(1))
        back = ViewerButton("To its pose", cb_hook=lambda _: self._jump())
        opacity = ViewerSlider(
            "Photo", 0.0, 0.0, 1.0, 0.01, cb_hook=self._faded, hint="Opacity of the photo over rgb and anomaly_overlay"
        )
        bound = ViewerSlider(
            "Threshold", threshold, least, most, (most - least) / STEPS, cb_hook=self._bounded,
            hint="Scores above it are anomalous",
        )  # fmt: skip
        source = ViewerDropdown(
            "Scores of", sources[0], sources, cb_hook=self._sourced, visible=bool(parts),
            hint="What the layers anomaly and anomaly_overlay show",
        )  # fmt: skip
        cameras = ViewerCheckbox("Query cameras", True, cb_hook=lambda box: show_cameras(box.value))
        with server.gui.add_folder("Scored run", order=order):
            self._summary = server.gui.add_markdown("")
            _install(server, self.query, before, after, back)
            self._about, self._photo = server.gui.add_markdown(""), server.gui.add_markdown("")
            _install(server, opacity, bound, source)
            self._source = server.gui.add_markdown("")
            _install(server, cameras)
            self._clicked = server.gui.add_markdown("Click on the object to read the score there")
        self._tell_all()
        # viser's client makes elements and reads their texts side by side, and may keep the empty ones it began with
        server.on_client_connect(lambda _: [self._tell_later(seconds) for seconds in AGAIN])

    def select(self, number: int) -> None:
        """Select a query and go to its pose; where it cannot be read, say so."""
        try:
            self._inspection.select(self._queries[number])
        except UserError as error:
            self.say(literal(str(error)))
            return
        self.query.value = list_entries(self._queries, self._inspection.threshold)[number]
        self._tell_all()
        self._jump()
        self._rerender()

    def say(self, found: str) -> None:
        """Show what a click met."""
        self._clicked.content = found

    def _tell(self) -> None:
        """Bring the panel's words up to date."""
        shown = self._inspection
        self._summary.content = summary(self._queries, shown.threshold)
        self._about.content = about_query(shown.query, shown.threshold)
        self._source.content = about_scores(shown.query, shown.part)

    def _show_photo(self) -> None:
        self._photo.content = f"![photo]({data_uri(self._inspection.photo, THUMBNAIL)})"

    def _tell_all(self) -> None:
        self._tell()
        self._show_photo()

    def _tell_later(self, seconds: float) -> None:
        timer = Timer(seconds, self._tell_all)
        timer.daemon = True
        timer.start()

    def _picked(self, element: ViewerDropdown) -> None:
        number = rank_of(element.value)
        if self._queries[number] is not self._inspection.query:  # else it was set here
            self.select(number)

    def _step(self, step: int) -> None:
        self.select((self._queries.index(self._inspection.query) + step) % len(self._queries))

    def _faded(self, element: ViewerSlider) -> None:
        self._inspection.opacity = float(element.value)
        self._rerender()

    def _bounded(self, element: ViewerSlider) -> None:
        threshold = self._inspection.threshold = float(element.value)
        before, self._verdicts = self._verdicts, verdicts(self._queries, threshold)
        others = changed(before, self._verdicts)
        if others:
            entries = list_entries(self._queries, threshold)
            with self._server.atomic():
                # the value first: a list without it would select its first entry
                self.query.value = entries[self._queries.index(self._inspection.query)]
                self.query.set_options(entries)
            self._recolor(others)
        self._tell()
        self._rerender()

    def _sourced(self, element: ViewerDropdown) -> None:
        try:
            self._inspection.show_part(self._parts.get(element.value))
        except UserError as error:
            self.say(literal(str(error)))
        self._tell()
        self._rerender()


def _install(server: Any, *elements: ViewerElement) -> None:
    for element in elements:
        element.install(server)


def _range(scores: list[float], threshold: float | None) -> tuple[float, float]:
    """The least and the highest threshold that can be set: from all queries anomalous to none."""
    least, most = min([0.0, *scores]), max([*scores, threshold or 0.0])
    return least, most if most > least else least + 1.0
