"""One photo compared with its normal reference."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from pad_nerfstudio.anomaly.batching import ONE_BY_ONE, Batching
from pad_nerfstudio.anomaly.comparison import Comparison
from pad_nerfstudio.anomaly.expected_view import ExpectedView
from pad_nerfstudio.anomaly.fused.normal_places import NormalPlaces
from pad_nerfstudio.anomaly.fused.scales_in_view import scales_in_view
from pad_nerfstudio.anomaly.image_score import ImageScore, maximum
from pad_nerfstudio.anomaly.learned.second_opinion import SecondOpinion, weighed
from pad_nerfstudio.anomaly.map_noise import MapNoise
from pad_nerfstudio.anomaly.metrics import bounding_box
from pad_nerfstudio.anomaly.object_distance import restricted_to_object
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.anomaly.query_light import BackgroundKind, as_query_shows, background_of
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.localization.image_pyramid import resize, scaled_camera
from pad_nerfstudio.localization.lighting import Light
from pad_nerfstudio.models.nearby_views import NearbyViews
from pad_nerfstudio.models.rendering import Renderer, Rendering, Renderings


@dataclass(frozen=True, eq=False)
class BesideReference:
    """A photo beside what its camera would see of the normal object."""

    photo: Float[Tensor, "photo_h photo_w 3"]
    """Colours in [0, 1], at its own size."""
    query: Float[Tensor, "h w 3"]
    """The same at the size at which it is compared."""
    view: ExpectedView
    """The reference."""
    alternatives: Float[Tensor, "k h w 3"]
    """Other colours that the reference may have."""
    background: BackgroundKind
    """What stands behind its object."""


@dataclass(frozen=True, eq=False)
class ComparedPhoto:
    """A photo, its reference and how they differ, in the comparison's own unit, at the size at which it is compared."""

    query: Float[Tensor, "photo_h photo_w 3"]
    """Colours of the photo in [0, 1], at its own size."""
    view: ExpectedView
    """How the normal object is expected to look in it."""
    anomaly_map: Float[Tensor, "h w"]
    """Not negative, higher is more anomalous."""
    opinion: Float[Tensor, "h w"] | None = None
    """The network's logits, where it is asked."""
    background: BackgroundKind = "as trained"
    """What stands behind its object."""
    camera_to_world: Float[Tensor, "4 4"] | None = None
    """Its pose; None where that was not found, so that nobody knows which places it shows."""
    camera: Pinhole | None = None
    """Its intrinsics at its own size."""


@dataclass(frozen=True, eq=False)
class ScoredPhoto:
    """A photo, its reference and the final map, all of the photo's size."""

    query: Float[Tensor, "h w 3"]
    """Colours of the photo in [0, 1]."""
    reference: Rendering
    """The normal object seen by the photo's camera."""
    anomaly_map: Float[Tensor, "h w"]
    """Not negative, higher is more anomalous."""
    image_score: float
    """Higher is more anomalous."""
    background: BackgroundKind = "as trained"
    """What stands behind its object; where it is not as trained, the map is 0 away from the object."""

    def on_cpu(self) -> "ScoredPhoto":
        """The same in the host's memory."""
        return replace(
            self, query=self.query.cpu(), reference=self.reference.to("cpu"), anomaly_map=self.anomaly_map.cpu()
        )

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, bottom, left and right of the object in the reference, in pixels, the ends exclusive."""
        rows, columns = bounding_box((self.reference.accumulation > 0.5).cpu().numpy())
        return rows.start, rows.stop, columns.start, columns.stop


@dataclass(frozen=True, eq=False)
class Scorer:
    """Renders references and compares: everything that scoring a photo needs."""

    renderer: Renderer
    """The trained field."""
    background: Float[Tensor, "3"]
    """Colour behind the object in [0, 1]."""
    comparison: Comparison
    """Query and reference -> map."""
    noise: MapNoise | None = None
    """What the maps of normal views look like; maps are divided by it. None leaves them as they are."""
    places: NormalPlaces | None = None
    """How high maps of normal views are at each place of the object, by which image scores judge those of queries. None
    takes all places for alike."""
    second_opinion: SecondOpinion | None = None
    """Network by whose odds maps in standard units are weighed; None asks none."""
    only_object: bool = False
    """Whether all maps are 0 away from the object, see `restricted_to_object`."""
    plain: bool = True
    """Whether the object stood before a plain background in training, so that another one is told apart."""
    image_score: ImageScore = maximum
    """Map -> image score."""
    nearby: NearbyViews | None = None
    """Training photos that correct the reference; None compares with the field's rendering alone."""
    nearby_count: int = 5
    """How many of them to use for a query."""
    largest: int | None = None
    """Longer side in pixels at which photos are compared at most: larger ones are made smaller, and their maps and
    references larger again. None compares every photo at its own size."""
    batching: Batching = ONE_BY_ONE
    """How many photos are worked on together where a GPU renders."""

    def __call__(self, photo: PosedPhoto) -> ScoredPhoto:
        """Render the reference of a photo, compare, and judge.

        Raises:
            UserError: the photo or a training photo is missing or broken
        """
        return self.judged(self.compared(photo))

    def compared(self, photo: PosedPhoto) -> ComparedPhoto:
        """Render the reference of a photo and compare.

        Raises:
            UserError: the photo or a training photo is missing or broken
        """
        compared = self.compare(photo.rgb(self.background), photo.camera_to_world, photo.camera, photo.light)
        return compared if photo.converged else replace(compared, camera_to_world=None)

    def compare(
        self, query: Float[Tensor, "h w 3"], camera_to_world: Float[Tensor, "4 4"], camera: Pinhole, light: Light
    ) -> ComparedPhoto:
        """Render what a camera sees of the normal object and compare an image with it.

        Args:
            query: colours in [0, 1]
            camera_to_world: where it was taken from, OpenGL axes, the data set's world frame and units
            camera: its intrinsics
            light: how its light differs from that of the training photos

        Raises:
            UserError: a training photo is missing or broken
        """
        reference = self.renderer.render(camera_to_world, self.compared_with(camera))
        asked = self.beside(query, camera_to_world, camera, light, reference)
        anomaly_map, opinion = self.maps(asked.query, asked.view.reference, asked.alternatives)
        return ComparedPhoto(asked.photo, asked.view, anomaly_map, opinion, asked.background, camera_to_world, camera)

    def compared_with(self, camera: Pinhole) -> Pinhole:
        """The camera of a photo at the size at which it is compared."""
        return camera if self.largest is None else scaled_camera(camera, self.largest)

    def beside(
        self,
        photo: Float[Tensor, "h w 3"],
        camera_to_world: Float[Tensor, "4 4"],
        camera: Pinhole,
        light: Light,
        reference: Rendering,
    ) -> BesideReference:
        """Lay a photo beside its reference, as nearby training photos correct it and the photo would show it.

        Args:
            photo: colours in [0, 1]
            camera_to_world: as for `compare`
            camera: as for `compare`
            light: as for `compare`
            reference: what the field shows there, at the size at which the photo is compared

        Raises:
            UserError: a training photo is missing or broken
        """
        camera = self.compared_with(camera)
        query = resize(photo, camera.w, camera.h).to(reference.rgb.device)
        alternatives = reference.rgb.new_empty(0, *reference.rgb.shape)
        if self.nearby is not None:
            alternatives = self.nearby.alternatives(camera_to_world, camera, reference, self.nearby_count)
        colors = torch.cat([reference.rgb[None], alternatives])
        behind = background_of(query, self.background, self.plain)
        colors = as_query_shows(colors, reference.accumulation, light, self.background, query, behind)
        reference, alternatives = replace(reference, rgb=colors[0]), colors[1:]
        view = ExpectedView.beside(alternatives, reference, float(camera.fl_x))
        return BesideReference(photo, query, view, alternatives, behind.kind)

    def maps(
        self, query: Float[Tensor, "*batch h w 3"], reference: Renderings, alternatives: Float[Tensor, "*batch k h w 3"]
    ) -> tuple[Float[Tensor, "*batch h w"], Float[Tensor, "*batch h w"] | None]:
        """The comparison's map and the network's opinion, if it is asked, of one query or of several of one size."""
        opinion = None if self.second_opinion is None else self.second_opinion(query, reference, alternatives)
        return self.comparison(query, reference, alternatives), opinion

    def in_standard_units(self, compared: ComparedPhoto) -> Float[Tensor, "h w"]:
        """The map divided by what is normal and weighed by the network's odds; as it is where nothing is known."""
        if self.noise is None:
            return compared.anomaly_map
        anomaly_map = self.noise.normalised(compared.anomaly_map, compared.view)
        return anomaly_map if compared.opinion is None else weighed(anomaly_map, compared.opinion)

    def judged(self, compared: ComparedPhoto) -> ScoredPhoto:
        """Bring the map into standard units, restrict it, and score it at full size, what counts of it by place."""
        anomaly_map, view = self.in_standard_units(compared), compared.view
        if self.only_object or compared.background != "as trained":
            anomaly_map = restricted_to_object(anomaly_map, view.reference.accumulation)
        h, w = compared.query.shape[:2]
        scales, enlarged = self._scales_of_places(compared), _layer(anomaly_map, w, h)
        score = self.image_score(enlarged if scales is None else _layer(anomaly_map * scales, w, h))
        return ScoredPhoto(compared.query, _resized(view.reference, w, h), enlarged, score, compared.background)

    def _scales_of_places(self, compared: ComparedPhoto) -> Float[Tensor, "h w"] | None:
        pose, camera = compared.camera_to_world, compared.camera
        if self.places is None or pose is None or camera is None:
            return None
        h, w = compared.anomaly_map.shape
        return scales_in_view(self.places, compared.view.reference, camera.resized(w, h), pose)


def _resized(rendering: Rendering, w: int, h: int) -> Rendering:
    depth, accumulation = (_layer(layer, w, h) for layer in (rendering.depth, rendering.accumulation))
    return Rendering(resize(rendering.rgb, w, h), depth, accumulation)


def _layer(values: Float[Tensor, "_h _w"], w: int, h: int) -> Float[Tensor, "h w"]:
    return resize(values[..., None], w, h)[..., 0]
