"""The cameras of the queries in the viewer, as frusta in the colours of their verdicts."""

from collections.abc import Callable, Iterable
from typing import Any

from pad_nerfstudio.models.trained_field import WorldFrame
from pad_nerfstudio.viewing.scored_run import ScoredQuery
from pad_nerfstudio.viewing.verdicts import color_of
from pad_nerfstudio.viewing.viewer_frame import vertical_angle, viewer_length, viewer_pose

SIZE = 0.06
"""Of a frustum, as a share of its distance from the object."""
MOST = 256
"""Cameras that are drawn, of the most anomalous queries: browsers labour with more."""


class QueryCameras:
    """Frusta of the most anomalous queries; a click on one selects its query."""

    def __init__(
        self,
        server: Any,
        queries: tuple[ScoredQuery, ...],
        frame: WorldFrame,
        distance: float,
        selected: Callable[[int], None],
    ) -> None:
        """Nothing is drawn before `draw`.

        Args:
            server: viser's server
            queries: whose cameras are shown, the most anomalous first
            frame: how the data set's world became Nerfstudio's
            distance: of the cameras from the object, in the data set's world
            selected: called with the number of a query whose camera was clicked
        """
        self._server = server
        self._queries = queries
        self._poses = [viewer_pose(frame, query.camera_to_world) for query in queries]
        self._size = SIZE * viewer_length(frame, distance)
        self._selected = selected
        self._handles: dict[int, Any] = {}
        self._visible = True
        self._stood_in: int | None = None

    def draw(self, numbers: Iterable[int], threshold: float | None) -> None:
        """Draw the cameras of some queries, in place of what was drawn of them: viser's colours are fixed."""
        with self._server.atomic():
            for number in (number for number in numbers if number < MOST):
                query, (wxyz, position) = self._queries[number], self._poses[number]
                handle = self._server.scene.add_camera_frustum(
                    f"/queries/{number:05d}",
                    fov=vertical_angle(query.camera),
                    aspect=query.camera.w / query.camera.h,
                    scale=self._size,
                    color=color_of(query, threshold),
                    wxyz=wxyz,
                    position=position,
                    visible=self._is_shown(number),
                )
                handle.on_click(lambda _, number=number: self._selected(number))
                self._handles[number] = handle

    def show(self, visible: bool) -> None:
        """Show or hide all of them."""
        self._visible = visible
        with self._server.atomic():
            for number, handle in self._handles.items():
                handle.visible = self._is_shown(number)

    def stand_in(self, number: int) -> None:
        """Hide one of them, from which the user looks and which would stand before everything."""
        former, self._stood_in = self._stood_in, number
        for other in {former, number} & set(self._handles):
            self._handles[other].visible = self._is_shown(other)

    def _is_shown(self, number: int) -> bool:
        return self._visible and number != self._stood_in
