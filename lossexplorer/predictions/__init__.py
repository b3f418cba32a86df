"""Simulated predictions: scores in mm, computed from labels, and degradations.

``prediction = softmax(scores / softness)``, where a class's score is half the signed distance in
mm to its boundary, positive inside. Beyond the border the volume continues with the class of the
nearest voxel; a class without a voxel has the score −∞. A degradation is one module, found by the
catalogue; sliders, the command line's ``--set`` and the page of controls are derived from its
description.
"""

from __future__ import annotations

from lossexplorer.predictions._catalog import (
    CONTROLS,
    DEGRADATIONS,
    IN_ORDER,
    acting_on,
    active,
    controls_of,
    values_of,
)
from lossexplorer.predictions._continuation import VolumeSide, continued_scores, scores_beyond
from lossexplorer.predictions._controls import (
    acting_on_given,
    check_classes,
    check_controls,
    complete_controls,
    control_text,
    fitting,
    of_one_class,
    parse_controls,
    refuse_controls,
)
from lossexplorer.predictions._degradation import (
    GROUPS,
    ActsOn,
    Degradation,
    Grid,
    Once,
    Values,
    unchanged,
)
from lossexplorer.predictions._displacement import Displacement, displaced_at
from lossexplorer.predictions._flat import check_room, without_room
from lossexplorer.predictions._scores import (
    NO_PLANES,
    Planes,
    class_scores,
    continued,
    each_class_nearby,
    each_class_scores,
)
from lossexplorer.predictions._simulate import Recipe, follow, lead_needed, recipe, tensors

__all__ = [
    "CONTROLS",
    "DEGRADATIONS",
    "GROUPS",
    "IN_ORDER",
    "NO_PLANES",
    "ActsOn",
    "Degradation",
    "Displacement",
    "Grid",
    "Once",
    "Planes",
    "Recipe",
    "Values",
    "VolumeSide",
    "acting_on",
    "acting_on_given",
    "active",
    "check_classes",
    "check_controls",
    "check_room",
    "class_scores",
    "complete_controls",
    "continued",
    "continued_scores",
    "control_text",
    "controls_of",
    "displaced_at",
    "each_class_nearby",
    "each_class_scores",
    "fitting",
    "follow",
    "lead_needed",
    "of_one_class",
    "parse_controls",
    "recipe",
    "refuse_controls",
    "scores_beyond",
    "tensors",
    "unchanged",
    "values_of",
    "without_room",
]
