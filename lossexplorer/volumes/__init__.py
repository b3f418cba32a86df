"""Label volumes: reading, spacing, class names, predictions in files, and samples.

Arrays are (z, y, x), lengths are mm, and class 0 is the background.
"""

from lossexplorer.volumes.batches import open_batch, read_batch_prediction
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.labels import LabelClass, LabelVolume
from lossexplorer.volumes.names import read_names
from lossexplorer.volumes.prediction_files import read_prediction
from lossexplorer.volumes.raw import MAX_VOXELS
from lossexplorer.volumes.reading import READABLE_SUFFIXES, read_labels
from lossexplorer.volumes.samples import SAMPLES, Sample, open_sample, open_volume

__all__ = [
    "MAX_VOXELS",
    "READABLE_SUFFIXES",
    "SAMPLES",
    "LabelClass",
    "LabelVolume",
    "Sample",
    "VolumeError",
    "open_batch",
    "open_sample",
    "open_volume",
    "read_batch_prediction",
    "read_labels",
    "read_names",
    "read_prediction",
]
