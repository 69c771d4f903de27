"""Optimiser configurations."""

from dataclasses import dataclass

from nerfstudio.engine.optimizers import OptimizerConfig

from pad_nerfstudio.fields.row_adam import RowAdam


@dataclass
class RowAdamConfig(OptimizerConfig):
    """Adam that visits only the rows a batch touched."""

    _target: type = RowAdam
    """The optimiser class to use."""
