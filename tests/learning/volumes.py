"""Small volumes for the tests of the learning part."""

import numpy as np

from lossexplorer.volumes.formats.raw import RawVolume
from lossexplorer.volumes.model.labels import label_volume


def volume(ids, spacing=(1.0, 1.0, 1.0), image=None, name="v"):
    """A volume of these ids, (z, y, x)."""
    ids = np.asarray(ids, np.uint8)
    made = label_volume(ids, RawVolume(name, ids, spacing), name=name, path=f"{name}.npy")
    return made if image is None else made.with_image(np.asarray(image))


def blocks(shape=(8, 12, 12), **options):
    """Two classes, each a block: a large one and one of 8 voxels."""
    ids = np.zeros(shape, np.uint8)
    ids[1:6, 2:9, 2:8] = 1
    ids[4:6, 9:11, 9:11] = 2
    return volume(ids, **options)
