"""Label volumes: reading, spacing, class names, predictions in files, and sample volumes.

`formats` reads files, `model` is what the program computes with, and the modules here open files
and put together what is open.

Arrays are (z, y, x), lengths are mm, and class 0 is the background.
"""

from lossexplorer.volumes.batch_files import open_batch, read_batch_prediction
from lossexplorer.volumes.case import Case
from lossexplorer.volumes.colour_tables import (
    Colour,
    find_colours,
    own_table,
    read_colours,
    write_colours,
)
from lossexplorer.volumes.colours import proposed
from lossexplorer.volumes.errors import (
    AxesNeededError,
    ColoursNeededError,
    NoLabelsError,
    OverlapNeededError,
    PartNeededError,
    VolumeError,
)
from lossexplorer.volumes.formats import READABLE_SUFFIXES
from lossexplorer.volumes.formats.format import Part
from lossexplorer.volumes.formats.raw import MAX_VOXELS
from lossexplorer.volumes.model.batch import Batch, batch_of
from lossexplorer.volumes.model.grouping import ClassSelection, classes_text, parse_classes
from lossexplorer.volumes.model.ignoring import Ignored, ignored_text, parse_ignored
from lossexplorer.volumes.model.labels import LabelClass, LabelVolume, Overlap
from lossexplorer.volumes.model.patches import parse_patch, patch_boxes
from lossexplorer.volumes.names import read_names
from lossexplorer.volumes.opening import case_of, open_case
from lossexplorer.volumes.prediction_files import read_prediction
from lossexplorer.volumes.reading import parts_of, read_labels, with_image
from lossexplorer.volumes.sample_volumes import (
    SAMPLE_VOLUME_PREFIX,
    SAMPLE_VOLUMES,
    SampleVolume,
    open_sample_volume,
    open_sample_volumes,
    open_volume,
)
from lossexplorer.volumes.source import Source, parse_source

__all__ = [
    "MAX_VOXELS",
    "READABLE_SUFFIXES",
    "SAMPLE_VOLUMES",
    "SAMPLE_VOLUME_PREFIX",
    "AxesNeededError",
    "Batch",
    "Case",
    "ClassSelection",
    "Colour",
    "ColoursNeededError",
    "Ignored",
    "LabelClass",
    "LabelVolume",
    "NoLabelsError",
    "Overlap",
    "OverlapNeededError",
    "Part",
    "PartNeededError",
    "SampleVolume",
    "Source",
    "VolumeError",
    "batch_of",
    "case_of",
    "classes_text",
    "find_colours",
    "ignored_text",
    "open_batch",
    "open_case",
    "open_sample_volume",
    "open_sample_volumes",
    "open_volume",
    "own_table",
    "parse_classes",
    "parse_ignored",
    "parse_patch",
    "parse_source",
    "parts_of",
    "patch_boxes",
    "proposed",
    "read_batch_prediction",
    "read_colours",
    "read_labels",
    "read_names",
    "read_prediction",
    "with_image",
    "write_colours",
]
