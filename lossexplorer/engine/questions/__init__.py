"""The kinds of questions: one module each, with the question's type and its handler.

The questions are made in the window's process as plain values; their handlers are called in the
engine's process and take the pipeline. A new kind is a module here, and a record in
`lossexplorer.session.records` that keeps the answers.
"""

from lossexplorer.engine.questions.confusion import ConfusionTable
from lossexplorer.engine.questions.conventions import ConventionNumbers
from lossexplorer.engine.questions.curve_points import CurvePoint
from lossexplorer.engine.questions.descended import Descended
from lossexplorer.engine.questions.gradient_parts import GradientShares
from lossexplorer.engine.questions.landscape import LandscapePoints
from lossexplorer.engine.questions.maps import Maps
from lossexplorer.engine.questions.norms import Norms
from lossexplorer.engine.questions.numbers import Numbers
from lossexplorer.engine.questions.profiles import (
    ProfileLine,
    distances_along,
    voxels_along,
)
from lossexplorer.engine.questions.samples import SampleNumbers
from lossexplorer.engine.questions.slices import SliceNumbers
from lossexplorer.engine.questions.warm import Warm

__all__ = [
    "ConfusionTable",
    "ConventionNumbers",
    "CurvePoint",
    "Descended",
    "GradientShares",
    "LandscapePoints",
    "Maps",
    "Norms",
    "Numbers",
    "ProfileLine",
    "SampleNumbers",
    "SliceNumbers",
    "Warm",
    "distances_along",
    "voxels_along",
]
