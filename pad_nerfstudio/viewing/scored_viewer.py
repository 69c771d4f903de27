"""Nerfstudio's viewer, showing a scored run."""

from pathlib import Path
from typing import Any

import viser.transforms as vtf

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.models.checkpoint import latest_checkpoint, read_config
from pad_nerfstudio.models.depth import gives_z_depth, ray_lengths_per_depth
from pad_nerfstudio.models.trained_field import TrainedField
from pad_nerfstudio.viewing.click_catcher import catch_clicks
from pad_nerfstudio.viewing.inspection import Inspection
from pad_nerfstudio.viewing.layers import layered
from pad_nerfstudio.viewing.panel import Panel
from pad_nerfstudio.viewing.panel_text import about_click
from pad_nerfstudio.viewing.pointer import Pointer
from pad_nerfstudio.viewing.query_cameras import QueryCameras
from pad_nerfstudio.viewing.scored_run import read_scored_run
from pad_nerfstudio.viewing.viewer_frame import angle_that_shows, pose_of_ray, ray_of_click, viewer_length, viewer_pose


class LayeredModel:
    """A model as the viewer sees it: with the layers of a scored run among its outputs. The model is left alone."""

    def __init__(self, model: Any, inspection: Inspection, frame: Any) -> None:
        self._model = model
        self._inspection = inspection
        self._frame = frame

    def __getattr__(self, name: str) -> Any:
        """All else is the model's."""
        return getattr(self._model, name)

    def get_outputs_for_camera(self, camera: Any, obb_box: Any = None) -> Any:
        """The model's outputs and the layers; depth is distance along the ray, which the viewer expects of a model that
        it does not know."""
        outputs = self._model.get_outputs_for_camera(camera, obb_box)
        if gives_z_depth(self._model):
            stretch = ray_lengths_per_depth(PinholeStack.from_cameras(camera).pinhole(0), outputs["depth"].device)
            outputs = {**outputs, "depth": outputs["depth"] * stretch[..., None]}
        return layered(self._inspection, self._frame, camera, outputs)


class ScoredViewer:
    """Gives a viewer the layers, the panel, the cameras and the clicks of a scored run."""

    def __init__(self, viewer: Any, run_folder: Path, pointer: Pointer) -> None:
        """Read the run and add to the viewer.

        Args:
            viewer: Nerfstudio's `Viewer`, not yet ready
            run_folder: with config.yml
            pointer: to the results

        Raises:
            UserError: a file of the results is missing or broken
        """
        config_path = run_folder / "config.yml"
        config = read_config(config_path)
        checkpoint = latest_checkpoint(run_folder / config.relative_model_dir)
        field = TrainedField(config, viewer.pipeline, config_path, checkpoint)
        run = read_scored_run(pointer, field.data_root)
        self._viewer, self._frame = viewer, field.frame
        self._inspection = Inspection(run, field)
        server = viewer.viser_server
        distance = self._inspection.taken.distance
        self._cameras = QueryCameras(server, run.queries, field.frame, distance, self._select)
        self._cameras.draw(range(len(run.queries)), run.threshold)
        self._panel = Panel(
            server,
            self._inspection,
            order=viewer.stats_markdown.order + 0.5,  # before Nerfstudio's tabs
            jump=self.jump,
            rerender=viewer._trigger_rerender,
            recolor=self._recolor,
            show_cameras=self._cameras.show,
        )
        catch_clicks(server, self._clicked)
        model = LayeredModel(viewer.pipeline.model, self._inspection, field.frame)
        viewer.get_model = lambda: model

    def jump(self) -> None:
        """Put the camera of every window where the selected query was taken, to turn about the object from there."""
        query = self._inspection.query
        self._cameras.stand_in(self._inspection.run.queries.index(query))
        wxyz, position = viewer_pose(self._frame, query.camera_to_world)
        forwards = vtf.SO3(wxyz).as_matrix()[:, 2]
        distance = viewer_length(self._frame, self._inspection.taken.distance)
        for client in self._viewer.viser_server.get_clients().values():
            with client.atomic():
                client.camera.position = position
                client.camera.wxyz = wxyz
                client.camera.look_at = position + forwards * distance
                client.camera.fov = angle_that_shows(query.camera, client.camera.aspect)

    def _select(self, number: int) -> None:
        self._panel.select(number)

    def _recolor(self, numbers: list[int]) -> None:
        self._cameras.draw(numbers, self._inspection.threshold)

    def _clicked(self, event: Any) -> None:
        camera = event.client.camera  # the event's own ray is another one, see `catch_clicks`
        ray = ray_of_click(camera.position, camera.wxyz, camera.fov, camera.aspect, event.screen_pos)
        found = about_click(self._inspection.ahead(pose_of_ray(self._frame, *ray)))
        print(found, flush=True)
        self._panel.say(found)
