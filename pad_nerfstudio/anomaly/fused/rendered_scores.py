"""Fused scores of a part as any camera sees them."""

from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.fused.score_volume import ScoreVolume
from pad_nerfstudio.anomaly.fused.scored_surface import on_pixels, surface_points
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.models.rendering import Renderer, Rendering


def rendered_scores(
    volume: ScoreVolume, renderer: Renderer, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole
) -> Float[Tensor, "h w"]:
    """The map of a part from anywhere, also from where no photo of it was taken.

    Args:
        volume: fused scores of the part
        renderer: of the good object that the scores were fused on
        camera_to_world: rigid, OpenGL axes, in the data set's world frame and units
        camera: intrinsics at the size wanted

    Returns:
        the mean score of what each pixel shows of the surface; 0 beside the object, and where no photo shows it
    """
    return scores_in_rendering(volume, renderer.render(camera_to_world, camera), camera_to_world, camera)


def scores_in_rendering(
    volume: ScoreVolume, rendering: Rendering, camera_to_world: Float[Tensor, "4 4"], camera: Pinhole
) -> Float[Tensor, "h w"]:
    """The same where the good object was rendered by this camera already."""
    points, solid = surface_points(rendering, camera, camera_to_world)
    return on_pixels(volume.at(points), solid)
