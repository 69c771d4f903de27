"""Objects of simple shapes, for tests."""

import numpy as np

from pad_nerfstudio.data.pinhole import Pinhole
from pad_nerfstudio.odd_one_out.laid_upon.alignment import PixelCounter
from pad_nerfstudio.odd_one_out.laid_upon.comparison import SeenObject
from pad_nerfstudio.odd_one_out.laid_upon.instance import Instance
from pad_nerfstudio.odd_one_out.laid_upon.photos import Photos, photos_of
from pad_nerfstudio.odd_one_out.laid_upon.shape import shape_of

STEP = 0.01


def no_photos() -> Photos:
    """One black photo from above."""
    pose = np.eye(4)
    pose[2, 3] = 2.0
    return photos_of(np.zeros((1, 8, 8, 3), np.float32), pose[None], Pinhole(8.0, 8.0, 4.0, 4.0, 8, 8))


def seen_block(sides: tuple[float, float, float] = (0.2, 0.1, 0.1)) -> SeenObject:
    """A block on the floor, of one colour, all of it seen."""
    axes = [np.arange(-side / 2 + STEP / 2, side / 2, STEP) for side in sides]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3) + [0, 0, sides[2] / 2]
    instance = Instance(points, STEP, np.zeros((1, 8, 8), np.uint8))
    shape = shape_of(instance)
    counter = PixelCounter(instance, no_photos(), np.array([0]))
    count = len(shape.surface)
    return SeenObject(instance, shape, np.full((count, 3), 50.0), np.ones(count, bool), counter)
