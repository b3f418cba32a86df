"""From labels to a simulated prediction: scores in mm, and the controls that degrade them.

``prediction = softmax(scores / softness)``, where a class's score is half the signed distance in
mm to its boundary, positive inside. `CONTROLS` describes every control; the sliders, the command
line's ``--set`` and the docs are derived from it.
"""

from __future__ import annotations

from lossexplorer.predictions.controls import (
    CONTROLS,
    complete_controls,
    parse_controls,
    refuse_controls,
)
from lossexplorer.predictions.scores import class_scores
from lossexplorer.predictions.simulate import prediction, shifted_scores

__all__ = [
    "CONTROLS",
    "class_scores",
    "complete_controls",
    "parse_controls",
    "prediction",
    "refuse_controls",
    "shifted_scores",
]
