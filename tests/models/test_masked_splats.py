"""What pad-splat learns from photos with masks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.mad_class_factory import make_mad_class, save
from tests.small_splats import set_up, small_splats

WITHOUT = 3
"""The photo that has no mask."""


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """About to begin, on photos of a cube on a transparent ground."""
    folder = tmp_path_factory.mktemp("masked")
    data = make_mad_class(folder / "cube", rings=3, azimuths=4, size=(32, 32))
    for path in sorted((data / "train" / "good").glob("*.png")):
        object_pixels = (np.asarray(Image.open(path)) < 255).any(axis=-1)
        if path.stem != str(WITHOUT):
            save(Image.fromarray(np.where(object_pixels, 255, 0).astype(np.uint8)), data / "train/masks" / path.name)
    config = small_splats(data, folder, background="random")
    config.pipeline.datamanager.dataparser.eval_fraction = 0.0
    return set_up(config)


def test_a_photo_without_a_mask_among_others_with_one_is_not_learnt_from(trainer: Any) -> None:
    datamanager = trainer.pipeline.datamanager
    lost = [path.stem for path in datamanager.train_dataset.image_filenames].index(str(WITHOUT))
    drawn = {datamanager._next() for _ in range(2 * len(datamanager.images))}
    assert drawn == set(range(len(datamanager.images))) - {lost}


def test_opacity_is_learnt_from_masks_and_margins_count_for_nothing(trainer: Any) -> None:
    model = trainer.pipeline.model.train()
    _, batch = trainer.pipeline.datamanager.next_train(0)
    opacity = batch["opacity"]
    assert opacity.shape == (1, 32, 32) and opacity.min() == 0 and opacity.max() == 1 and bool(batch["seen"].all())
    # right before any background, and so are photos before another one
    right = {"rgb": batch["image"].clone(), "accumulation": opacity.clone()}
    losses = model.get_loss_dict(right, batch)
    assert float(losses["rgb_loss"]) < 1e-4 and float(losses["opacity_loss"]) == 0
    half = {**right, "accumulation": 0.5 * opacity}
    losses = model.get_loss_dict(half, batch)
    expected = model.config.opacity_weight * float((0.5 * opacity).square().mean())
    assert float(losses["rgb_loss"]) > 0.01 and float(losses["opacity_loss"]) == pytest.approx(expected)
    margins = {**batch, "seen": opacity == 0}
    assert sum(float(loss) for loss in model.get_loss_dict(half, margins).values()) < 1e-4


def test_the_note_is_said(tmp_path: Path, trainer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    trainer.pipeline.datamanager.setup_train()
    assert "1 of 12 training photos have no mask and are not learnt from" in capsys.readouterr().err
