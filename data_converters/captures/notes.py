"""What a user should know of a finished conversion although nothing went wrong."""

import numpy as np

from captures.common_camera import border
from captures.conversion import Conversion


def notes(conversion: Conversion) -> list[str]:
    """Sentences on photos without mask and on queries in another camera."""
    found = []
    unmasked = [photo for photo in conversion.photos if photo.mask is None]
    total = len(conversion.photos)
    if conversion.masks == "alpha" and 0 < len(unmasked) < total:
        found.append(f"{len(unmasked)} of {total} photos show their background, without a mask: {unmasked[0].path}")
    camera = conversion.camera
    given = [photo.lens for photo in conversion.photos]
    same = all(lens.is_pinhole and (lens.w, lens.h) == (camera.w, camera.h) for lens in given)
    if has_margins(conversion) and (conversion.masks == "none" or unmasked):
        found.append(
            "what a photo does not show of the common camera is transparent; methods that heed Nerfstudio's masks, as "
            "pad-nerf does, learn nothing from it (train/seen); --field-of-view shared leaves such margins out"
        )
    if not same and any(query.lens is None for query in conversion.queries):
        found.append(
            "the queries are as they were taken, the training images are in a camera of their own; where both are from "
            "one camera, --undistort-queries brings the queries to it as well"
        )
    return found


def has_margins(conversion: Conversion) -> bool:
    """Whether some photo does not fill the common camera, a tenth of a pixel apart."""
    camera = conversion.camera
    edge = border(camera.w - 0.2, camera.h - 0.2) + 0.1
    rays = (edge - (camera.cx, camera.cy)) / (camera.fl_x, camera.fl_y)
    return not all(np.all(lens.sees(rays)) for lens in {photo.lens for photo in conversion.photos})
