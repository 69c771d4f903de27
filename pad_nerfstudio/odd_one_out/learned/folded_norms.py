"""Batch normalisation as part of the convolutions before it, for networks that learn no more."""

from torch import nn
from torch.nn.utils import fuse_conv_bn_eval


def fold_batch_norms(module: nn.Module) -> None:
    """Let each convolution do what the batch normalisation right behind it does, and that do nothing.

    Args:
        module: in evaluation mode, changed in place; within each of its parts, what follows each other in the order of
            definition must do so in the forward pass, as in timm's residual networks
    """
    before: tuple[str, nn.Module] | None = None
    for name, part in list(module.named_children()):
        if isinstance(part, nn.BatchNorm2d) and before is not None and isinstance(before[1], nn.Conv2d):
            setattr(module, before[0], fuse_conv_bn_eval(before[1], part))
            setattr(module, name, nn.Identity())
        else:
            fold_batch_norms(part)
        before = name, part
