"""What a user should know of a finished conversion although nothing went wrong."""

from captures.conversion import Conversion


def notes(conversion: Conversion) -> list[str]:
    """Sentences on photos without mask and on queries in another camera."""
    found = []
    unmasked = [photo for photo in conversion.photos if photo.mask is None]
    if conversion.masks == "alpha" and 0 < len(unmasked) < len(conversion.photos):
        found.append(f"{len(unmasked)} photos have no mask and show their background, {unmasked[0].path} for one")
    camera = conversion.camera
    given = [photo.lens for photo in conversion.photos]
    same = all(lens.is_pinhole and (lens.w, lens.h) == (camera.w, camera.h) for lens in given)
    if not same and any(query.lens is None for query in conversion.queries):
        found.append(
            "the queries are as they were taken, the training images are in a camera of their own; where both are from "
            "one camera, --undistort-queries brings the queries to it as well"
        )
    return found
