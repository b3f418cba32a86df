"""Points of a landscape: the same numbers as questions of their own, and closed forms."""

import numpy as np
import pytest

from lossexplorer.engine.messages import TOTAL, Reference, Request
from lossexplorer.engine.questions import LandscapePoints
from lossexplorer.predictions import complete_controls
from tests.engine.small import ask, setting

LOSSES = (setting("dice"), setting("tversky", weight=0.25))


def landscape(pipeline, axes, points, **controls):
    """What is found at these values."""
    asked = tuple(((0, row), values) for row, values in enumerate(points))
    question = LandscapePoints("v", complete_controls(controls), LOSSES, axes, asked)
    found = pipeline.answer(Request(question)).found
    return [found[0, row] for row in range(len(points))]


def test_each_place_has_the_values_of_a_question_of_its_own(present):
    axes = (Reference("grow"), Reference("softness"))
    points = [(0.0, 0.5), (1.0, 0.5), (-0.5, 2.0)]
    found = landscape(present, axes, points, shift_x=1.25)
    for (grow, softness), values in zip(points, found, strict=True):
        asked = ask(LOSSES, grow=grow, softness=softness, shift_x=1.25)
        alone = present.answer(asked)
        assert values == {r.name: r.value for r in alone.losses} | {TOTAL: alone.total}


def test_over_its_two_weights_tversky_is_a_hyperbola_of_the_sums(present):
    """Salehi et al. 2017: 1 − I / (I + α FP + β FN), per class, whose mean is the loss."""
    axes = (Reference("alpha", "tversky"), Reference("beta", "tversky"))
    points = [(0.1, 0.9), (0.5, 0.5), (2.0, 0.0)]
    found = landscape(present, axes, points, shift_y=0.75, softness=0.5)
    g, p, _ = (np.asarray(field, np.float64)[0] for field in present.fields(
        complete_controls({"shift_y": 0.75, "softness": 0.5})
    ))  # fmt: skip
    i, fp, fn = ((a * b).sum(axis=(1, 2, 3)) for a, b in ((g, p), (1 - g, p), (g, 1 - p)))
    for (alpha, beta), values in zip(points, found, strict=True):
        expected = (1 - i / (i + alpha * fp + beta * fn)).mean()
        assert values["tversky"] == pytest.approx(expected, rel=1e-6)
        assert values[TOTAL] == pytest.approx(values["dice"] + 0.25 * expected, rel=1e-6)
