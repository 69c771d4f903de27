"""Parts that several photos show."""

from pathlib import Path

import numpy as np
import pytest

from pad_nerfstudio.anomaly.fused.parts import by_part, fused_parts, read_volume, write_parts
from pad_nerfstudio.anomaly.outputs import OutputFolder, QueryScore, write_map
from pad_nerfstudio.anomaly.posed_photo import PosedPhoto
from pad_nerfstudio.errors import UserError
from tests.anomaly.fused.test_scored_surface import BALL, CAMERA, defect_map, pose_at


def photo(path: Path, angle: float, converged: bool = True) -> PosedPhoto:
    return PosedPhoto(path.as_posix(), path, pose_at(angle), CAMERA, converged)


def score(query: PosedPhoto, value: float) -> QueryScore:
    return QueryScore(query.file_path, str(query.path), "", None, None, value, query.converged, (0, 80, 0, 80), 0.1)


def test_one_name_or_one_part_a_folder() -> None:
    queries = [photo(Path(path), 0.0) for path in ("/q/a/0.png", "/q/b/0.png", "/q/a/1.png")]
    assert by_part(queries, "gear-7") == {"gear-7": queries}
    assert by_part(queries, "folder") == {"a": [queries[0], queries[2]], "b": [queries[1]]}
    with pytest.raises(UserError, match="two folders of queries have one name"):
        by_part([*queries, photo(Path("/other/a/0.png"), 0.0)], "folder")
    for wrong in ("a/b", "..", ".hidden", ""):
        with pytest.raises(UserError, match="no name for a file"):
            by_part(queries, wrong)


def test_parts_are_fused_written_and_read(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path)
    queries = [photo(tmp_path / "in" / f"{n}.png", angle) for n, angle in enumerate((-30.0, 0.0, 30.0))]
    queries.append(photo(tmp_path / "in" / "lost.png", 0.0, converged=False))
    for query, value in zip(queries, (1.0, 1.0, 1.0, 50.0), strict=True):
        write_map(output.map_path(query.file_path), value * defect_map(query.camera_to_world, 0, 0.0))
    scores = [score(query, 4.0 + n) for n, query in enumerate(queries)]
    parts = fused_parts(BALL, {"gear": queries, "unseen": queries[3:]}, scores, output)
    assert [(part.count, part.scores) for part in parts] == [(3, (4.0, 5.0, 6.0, 7.0)), (0, (7.0,))]
    assert parts[1].volume is None and [part.is_anomalous for part in parts] == [None, None]
    lines = write_parts(tmp_path, parts).read_text().splitlines()
    assert lines[0] == (
        "part_id,fused_score,n_queries,n_fused,highest_query_score,mean_query_score,volume,threshold,is_anomalous"
    )
    assert lines[1].startswith("gear,") and lines[1].endswith(",4,3,7,5.5,parts/gear.npz,,")
    assert lines[2] == "unseen,,1,0,7,7,,,"
    written, volume = parts[0].volume, read_volume(tmp_path / "parts" / "gear.npz")
    assert written is not None and 3.0 < written.score < 3.0 * np.log(5.0) + 0.1, "the lost photo does not count"
    np.testing.assert_allclose(volume.score, written.score, rtol=1e-5)
    np.testing.assert_allclose(volume.evidence, written.evidence, rtol=1e-5)
    with pytest.raises(UserError, match="no volume of fused scores"):
        read_volume(tmp_path / "parts.csv")


def test_held_out_views_give_a_threshold_for_as_many_photos(tmp_path: Path) -> None:
    output, held_out = OutputFolder(tmp_path), OutputFolder(tmp_path / "held_out")
    normal = [photo(tmp_path / "normal" / f"{n}.png", 20.0 * n - 80.0) for n in range(8)]
    for n, view in enumerate(normal):
        noise = np.random.default_rng(n).exponential(size=(80, 80)).astype(np.float32)
        write_map(held_out.map_path(view.file_path), 0.2 * noise)
    parts = {kind: [photo(tmp_path / kind / f"{n}.png", 30.0 * n) for n in (-1, 0, 1)] for kind in ("good", "odd")}
    for kind, photos in parts.items():
        for n, view in enumerate(photos):
            noise = 0.2 * np.random.default_rng(50 + n).exponential(size=(80, 80)).astype(np.float32)
            write_map(
                output.map_path(view.file_path), noise + (kind == "odd") * defect_map(view.camera_to_world, 0, 0.0)
            )
    scores = [score(view, 1.0) for photos in parts.values() for view in photos]
    found = {part.part_id: part for part in fused_parts(BALL, parts, scores, output, normal_views=normal)}
    assert found["odd"].threshold == found["good"].threshold is not None
    assert (found["odd"].is_anomalous, found["good"].is_anomalous) == (True, False)
    lines = write_parts(tmp_path, list(found.values())).read_text().splitlines()
    assert lines[1].endswith(",false") and lines[2].endswith(",true")
