"""Photos scored together on a device that is only pretended, against photos scored one by one on the CPU."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from pad_nerfstudio.anomaly.batching import CHUNK, ONE_BY_ONE, Batching, batching_for, memory_told_of
from pad_nerfstudio.anomaly.comparison import FeatureOptions
from pad_nerfstudio.anomaly.feature_error import FeatureError
from pad_nerfstudio.anomaly.map_noise import CALIBRATIONS
from pad_nerfstudio.anomaly.outputs import OutputFolder
from pad_nerfstudio.anomaly.placement import placed
from pad_nerfstudio.anomaly.run import run_scoring
from pad_nerfstudio.anomaly.settings import ScoringSettings
from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.errors import UserError, told_in_one_sentence
from pad_nerfstudio.models.rendering import Rendering, RenderingBatch, render_each, stacked
from tests.anomaly.fakes import square, write_photo
from tests.anomaly.test_score_queries import FakeField, normal_views, photos
from tests.pretend_device import DEVICE, PretendDevice


class FieldOnDevice(FakeField):
    """The same field on a device."""

    device = DEVICE

    calls = 0

    def render_on_device(self, camera_to_world: torch.Tensor, camera: Pinhole) -> Rendering:
        self.calls += 1
        return self.render(camera_to_world, camera).to(DEVICE)

    def render_stack(self, cameras: PinholeStack) -> RenderingBatch:
        self.calls += 1
        seen = render_each(self, cameras)
        return RenderingBatch(seen.rgb.to(DEVICE), seen.depth.to(DEVICE), seen.accumulation.to(DEVICE))


SETTINGS = [
    *(ScoringSettings(calibration=name) for name in CALIBRATIONS),
    ScoringSettings(comparison="learned", only_object=True),
    ScoringSettings(comparison="feature-product", features=FeatureOptions("descriptors")),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.comparison}-{s.calibration}")
def test_the_device_finds_what_the_cpu_finds(tmp_path: Path, settings: ScoringSettings) -> None:
    queries, normal = photos(tmp_path), normal_views(tmp_path, 4)
    one_by_one, together = OutputFolder(tmp_path / "cpu"), OutputFolder(tmp_path / "device")
    plain = run_scoring(FakeField(tmp_path), queries, normal, one_by_one, settings)
    with PretendDevice():
        run = run_scoring(FieldOnDevice(tmp_path), queries, normal, together, settings, batching=Batching(4))
    assert [score.file_path for score in run.scores] == [photo.file_path for photo in queries]
    np.testing.assert_allclose(run.calibration.normal_scores, plain.calibration.normal_scores, rtol=1e-3)
    for ours, theirs in zip(run.scores, plain.scores, strict=True):
        assert ours.image_score == pytest.approx(theirs.image_score, rel=1e-3)
        maps = [tifffile.imread(output.map_path(ours.file_path)) for output in (together, one_by_one)]
        np.testing.assert_allclose(*maps, rtol=1e-3, atol=1e-3 * maps[1].max())


def test_what_is_finished_is_not_scored_again(tmp_path: Path) -> None:
    queries, output = photos(tmp_path), OutputFolder(tmp_path / "out")
    settings, field = ScoringSettings(calibration="none", nearby_views=0), FieldOnDevice(tmp_path)
    with PretendDevice():
        first = run_scoring(field, queries[:4], [], output, settings, batching=Batching(3))
        assert field.renders == 4
        second = run_scoring(field, queries, [], output, settings, batching=Batching(3))
    assert field.renders == len(queries)
    assert list(second.scores[:4]) == list(first.scores)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.comparison}-{s.calibration}")
def test_photos_score_together_what_they_score_alone(tmp_path: Path, settings: ScoringSettings) -> None:
    # of two sizes, as photos of several cameras are
    queries, normal = [*photos(tmp_path), write_photo(tmp_path, "Stains", 7, side=40)], normal_views(tmp_path, 4)
    found = []
    for chunk in (1, 3):
        output = OutputFolder(tmp_path / str(chunk))
        field = FakeField(tmp_path)
        run = run_scoring(field, queries, normal, output, settings, batching=Batching(chunk))
        found.append([tifffile.imread(output.map_path(score.file_path)) for score in run.scores])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5 * theirs.max())


def test_a_chunk_is_rendered_in_one_call(tmp_path: Path) -> None:
    queries, field = [*photos(tmp_path), write_photo(tmp_path, "Stains", 7, side=40)], FieldOnDevice(tmp_path)
    with PretendDevice():
        run_scoring(field, queries, [], OutputFolder(tmp_path / "out"), ScoringSettings(), batching=Batching(4))
    # the training photo nearby, four queries, three more of which one has another size
    assert field.calls == 1 + 1 + 2 and field.renders == 1 + len(queries)


HALF = [(ScoringSettings(comparison="learned", calibration="none"), 0.05), (ScoringSettings(), 0.02)]


@pytest.mark.parametrize("settings, tolerance", HALF, ids=lambda value: getattr(value, "comparison", None))
def test_half_precision_moves_last_digits_only(tmp_path: Path, settings: ScoringSettings, tolerance: float) -> None:
    """On a CPU networks compute in bfloat16, which is eight times as coarse as a GPU's float16."""
    queries, normal, scores = photos(tmp_path), normal_views(tmp_path, 6), {}
    for mixed in (False, True):
        output, batching = OutputFolder(tmp_path / str(mixed)), Batching(3, mixed)
        run = run_scoring(FakeField(tmp_path), queries, normal, output, settings, batching=batching)
        scores[mixed] = np.array([score.image_score for score in run.scores])
        assert run.summary["overall"]["image_auroc"] == 1.0
    assert not np.array_equal(scores[True], scores[False]), "nothing was computed in half precision"
    np.testing.assert_allclose(scores[True], scores[False], rtol=tolerance)


class SmallNetwork:
    """An extractor with a network that has learnt nothing."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.network = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Conv2d(8, 16, 3, 2))

    @torch.no_grad()
    def __call__(self, images: torch.Tensor) -> list[torch.Tensor]:
        return [self.network(images)]


def test_extractors_compute_in_half_precision_too() -> None:
    reference = square(64, 64)
    queries = (reference.rgb + 0.1 * torch.randn(2, 64, 64, 3, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
    asked = queries, stacked([reference] * 2), torch.empty(2, 0, 64, 64, 3)
    plain, half = (placed(FeatureError(SmallNetwork()), torch.device("cpu"), mixed)(*asked) for mixed in (False, True))
    assert half.dtype == torch.float32 and not torch.equal(plain, half)
    torch.testing.assert_close(half, plain, rtol=0.05, atol=0.02 * float(plain.max()))


@pytest.mark.parametrize("batching, remedy", [(Batching(8), "--chunk 4"), (Batching(1), "--device cpu")])
def test_too_little_memory_is_told_in_a_sentence(tmp_path: Path, batching: Batching, remedy: str) -> None:
    class Full(FieldOnDevice):
        def render_stack(self, cameras: PinholeStack) -> RenderingBatch:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")

        def render_on_device(self, camera_to_world: torch.Tensor, camera: Pinhole) -> Rendering:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    with PretendDevice(), pytest.raises(UserError, match=f"^--chunk {batching.chunk}: .*{remedy}"):
        run_scoring(Full(tmp_path), photos(tmp_path), [], OutputFolder(tmp_path), ScoringSettings(), batching=batching)


def test_a_command_then_ends_with_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, told_in_one_sentence(), memory_told_of(Batching(8)):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: --chunk 8: the GPU's memory does not suffice")


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), memory_told_of(ONE_BY_ONE):
        raise ZeroDivisionError


def test_a_cpu_scores_one_by_one_whatever_is_asked() -> None:
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert batching_for(cpu, 8) == batching_for(cpu) == ONE_BY_ONE
    assert batching_for(gpu) == Batching(CHUNK) and batching_for(gpu, 1, True) == Batching(1, True)
    with pytest.raises(UserError, match="--chunk 0"):
        batching_for(gpu, 0)
    with pytest.raises(UserError, match="--mixed-precision"):
        batching_for(cpu, mixed_precision=True)
