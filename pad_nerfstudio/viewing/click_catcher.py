"""Clicks that meet nothing else in the viewer, without taking the mouse from the camera.

Viser's scene pointer events, which Nerfstudio's `register_click_cb` is made of, switch the camera controls off while a
button is down: nobody could turn the view any more. Clicks on scene nodes leave them on, and only nodes show an outline
where the mouse is, by the faces that look away from the camera. So the node is an invisible box around everything whose
faces all look inwards.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

FAR = 500.0
"""Half the side of the box, in the viewer's units."""
CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
INWARDS = np.array(
    [
        [0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4],
        [2, 6, 3], [3, 6, 7], [0, 4, 2], [2, 4, 6], [1, 3, 5], [3, 7, 5],
    ],
    np.uint32,
)  # fmt: skip
"""Triangles of the box, counterclockwise as seen from within."""


def catch_clicks(server: Any, clicked: Callable[[Any], None]) -> None:
    """Call a function with viser's event for each click that meets nothing else; hidden nodes let clicks through.

    The event tells the place on the window. Its ray is another one (viser 0.2.7): `ray_of_click` makes the right one.

    Args:
        server: viser's server
        clicked: to call
    """
    box = server.scene.add_mesh_simple("/clicks", CORNERS * FAR, INWARDS, opacity=0.0, side="front")
    box.on_click(clicked)
