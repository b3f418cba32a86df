"""The kinds of questions: one module each, with the question's type and its handler.

The types are plain values that the window's process makes; their handlers are called in the
engine's process and take the pipeline. A new kind is a module here, and a record in
`lossexplorer.session.records` that keeps its answers.
"""

from lossexplorer.engine.questions.curve_points import CurvePoint
from lossexplorer.engine.questions.maps import Maps
from lossexplorer.engine.questions.norms import Norms
from lossexplorer.engine.questions.numbers import Numbers

__all__ = ["CurvePoint", "Maps", "Norms", "Numbers"]
