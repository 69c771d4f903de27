"""Which views a trial trains on."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pad_nerfstudio.data.mad_layout import MadClass, read_mad_class


def training_view_names(class_folder: Path, dataparser: Mapping[str, Any]) -> list[str]:
    """File paths, relative to the class folder, of the views that `mad-data` hands to the training.

    Args:
        class_folder: the class
        dataparser: options of `mad-data` as a preset spells them

    Raises:
        UserError: the class is broken, or cannot give so many views
    """
    # these import Nerfstudio, which takes seconds
    from pad_nerfstudio.data.mad_dataparser import MadDataParserConfig
    from pad_nerfstudio.data.parsed_views import split_views

    config = MadDataParserConfig(**{key.replace("-", "_"): value for key, value in dataparser.items()})
    mad_class = _read_once(class_folder, config.skip_bad_images)
    views = mad_class.training_views
    training, _ = split_views(views, config.eval_fraction, config.train_views, config.train_views_seed)
    return [view.file_path for view in training]


@lru_cache(maxsize=1)
def _read_once(class_folder: Path, skip_bad_images: bool) -> MadClass:
    return read_mad_class(class_folder, skip_bad_images, with_queries=False)
