"""The program `render_scenes.py`: mistakes, mesh files, and one tiny scene."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import render_scenes
import trimesh
from PIL import Image
from rendering.errors import UserError
from scenes.mesh_files import mesh_files, read_mesh
from scenes.settings import Settings, check_resumable, recorded

NEEDS_BPY = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="bpy (Blender) is not installed")


@pytest.fixture
def meshes(tmp_path: Path) -> Path:
    """A folder with one GLB file: a green block, twice as high (y) as wide, with a red ball on top."""
    folder = tmp_path / "meshes"
    folder.mkdir()
    block, ball = trimesh.creation.box((1, 2, 1)), trimesh.creation.icosphere(1, 0.3)
    ball.apply_translation((0.2, 1.0, 0))
    for mesh, colour in ((block, [0, 128, 0, 255]), (ball, [255, 0, 0, 255])):
        material = trimesh.visual.material.PBRMaterial(baseColorFactor=colour, metallicFactor=0, roughnessFactor=0.5)
        mesh.visual = trimesh.visual.TextureVisuals(material=material)
    trimesh.Scene([block, ball]).export(folder / "toy-block.glb")
    return folder


def test_meshes_stand_upright_with_their_colours(meshes: Path) -> None:
    assert list(mesh_files(meshes)) == ["toy_block"], "a dash would mark an anomaly"
    mesh = read_mesh(meshes / "toy-block.glb")
    assert mesh.extent == pytest.approx(1) and np.ptp(mesh.box, axis=0).argmax() == 2
    red = mesh.colours[:, 0] > 0.9
    assert mesh.corners[red].mean((0, 1))[2] > 0.3, "the ball is on top"
    assert np.allclose(mesh.colours[~red], [0, 128 / 255, 0], atol=0.01)
    assert np.allclose(mesh.finish, [0, 0.5])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "no --meshes was given"),
        (["--meshes", "nowhere"], "--meshes nowhere is no folder"),
        (["--meshes", "{empty}"], "has no GLB files"),
        (["--meshes", "{meshes}", "--only-meshes", "cup"], "--only-meshes cup is not in"),
        (["--meshes", "{meshes}", "--anomalies", "rust"], "--anomalies rust is unknown: choose from crack"),
        (["--meshes", "{meshes}", "--max-objects", "13"], "--max-objects is 13: it must lie between 1 and 12"),
        (["--random-meshes", "5", "--only-meshes", "cup"], "no --meshes was given"),
        (["--random-meshes", "-1"], "--random-meshes is -1: it must lie between 0 and 100000"),
        (["--meshes", "{meshes}", "--min-objects", "7"], "--min-objects 7 is more than --max-objects 6"),
    ],
)
def test_mistakes_end_with_one_sentence(arguments, sentence, capsys, tmp_path, meshes) -> None:
    (tmp_path / "empty").mkdir()
    filled = [a.format(meshes=meshes, empty=tmp_path / "empty") for a in arguments]
    assert render_scenes.main([*filled, "--output", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(b"no mesh")
    with pytest.raises(UserError, match=r"a\.glb cannot be read"):
        read_mesh(tmp_path / "a.glb")


def test_without_blender_the_extra_is_named(monkeypatch, capsys, tmp_path, meshes) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert render_scenes.main(["--meshes", str(meshes), "--output", str(tmp_path / "out")]) == 2
    assert 'pip install "pad-nerfstudio[render]"' in capsys.readouterr().err


def test_scenes_of_two_settings_do_not_mix(tmp_path: Path) -> None:
    settings = Settings(meshes=tmp_path)
    before = json.loads(json.dumps(recorded(settings)))
    check_resumable(Settings(meshes=tmp_path, scenes=99, first=7, threads=1), before, Path("render_settings.json"))
    with pytest.raises(UserError, match="--samples 4, not 8"):
        check_resumable(Settings(meshes=tmp_path, samples=8), before, Path("render_settings.json"))


@NEEDS_BPY
def test_a_tiny_scene_is_whole_repeatable_and_made_once(tmp_path, capsys, meshes) -> None:
    tiny = "--scenes 1 --views 2 --image-size 48 --samples 1 --threads 2 --max-objects 3 --normal-scenes 0".split()
    tiny += ["--anomalies", "material"]
    roots = [tmp_path / "a", tmp_path / "b"]
    for root in roots:
        assert render_scenes.main(["--meshes", str(meshes), "--output", str(root), *tiny]) == 0
    scene, again = (root / "scene_00000" for root in roots)
    assert str(roots[0]) in capsys.readouterr().out
    content = json.loads((scene / "scene3d.metadata.json").read_text())
    assert content == json.loads((again / "scene3d.metadata.json").read_text())
    assert sorted("-material-" in o["path"] for o in content["objects"]) == [False, False, True]
    k = np.array(content["camera"]["K"])
    for view, camera in enumerate(content["camera"]["poses"]):
        picture = np.asarray(Image.open(scene / f"RGB/{view:04d}.png"))
        assert picture.shape == (48, 48, 4) and picture[..., :3].std() > 5
        odd = np.asarray(Image.open(scene / f"binary_labels/{view:04d}.png"))
        for o in content["objects"]:
            mask = np.asarray(Image.open(scene / f"segmentations/{o['name']}/{o['name']}_{view:04d}.png"))[..., 0] > 0
            x, y, z, _ = np.array(camera["rotation"]) @ [*o["bbox"][0], 1]
            centre = (k @ [x, y, z])[:2] / z
            assert mask.sum() > 5 and np.linalg.norm(np.argwhere(mask).mean(0)[::-1] + 0.5 - centre) < 5
            assert not ("-" in Path(o["path"]).name) ^ (odd[mask] == 255).all()
    time = (scene / "scene3d.metadata.json").stat().st_mtime_ns
    assert render_scenes.main(["--meshes", str(meshes), "--output", str(roots[0]), *tiny]) == 0
    assert (scene / "scene3d.metadata.json").stat().st_mtime_ns == time
    assert not list(roots[0].glob(".*")), "nothing is left aside"
