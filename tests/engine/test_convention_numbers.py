"""The conventions' values in the engine, against those that are computed on whole fields."""

import math

import numpy as np
import pytest
from scipy import special

from lossexplorer.conventions import CONVENTIONS, Measured
from lossexplorer.engine.messages import Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import ConventionNumbers
from lossexplorer.engine.volume import Volume
from lossexplorer.predictions import complete_controls
from tests.engine.small import SPACING, small_labels

SUMS = tuple(n for n, each in enumerate(CONVENTIONS) if each.description.kind != "field")


@pytest.mark.parametrize("classes", [2, 3])
def test_each_is_what_the_whole_fields_give(classes):
    labels = np.minimum(small_labels(), classes - 1)
    logits = np.random.default_rng(3).normal(size=(classes, *labels.shape))
    p = special.softmax(logits + 2 * np.eye(classes)[labels].transpose(3, 0, 1, 2), axis=0)
    p = p.astype(np.float32)
    names = ("background", "a", "b")[:classes]
    pipeline = Pipeline(Volume(labels[None], names, SPACING), [p])
    question = ConventionNumbers("v", complete_controls({}), (), SUMS)
    found = pipeline.answer(Request(question)).found
    g = (labels == np.arange(classes)[:, None, None, None]).astype(np.float32)
    measured = Measured(g[None], p[None], np.log(p)[None], names, SPACING)
    for index in SUMS:
        expected = measured.outcome(CONVENTIONS[index])
        if expected.value is None or not math.isfinite(expected.value):
            assert bool(found[index].reason)
        else:
            assert found[index].value == pytest.approx(expected.value, rel=1e-5, abs=1e-7)


def test_monais_dice_of_a_known_overlap():
    """DiceLoss of MONAI: 1 − (2 I + 1e-5) / (G + P + 1e-5), the mean over classes and samples."""
    truth = np.zeros((1, 4, 4, 4), np.uint8)
    truth[0, :2] = 1
    predicted = np.zeros((4, 4, 4), np.uint8)
    predicted[1:3] = 1
    pipeline = Pipeline(Volume(truth, ("background", "box"), (1.0, 1.0, 1.0)), [predicted])
    index = next(
        n for n, each in enumerate(CONVENTIONS)
        if each.library.name == "MONAI" and each.name.startswith("DiceLoss")
    )  # fmt: skip
    question = ConventionNumbers("v", complete_controls({}), (), (index,))
    expected = 1 - (2 * 16 + 1e-5) / (32 + 32 + 1e-5)
    found = pipeline.answer(Request(question)).found[index].value
    assert found == pytest.approx(expected, rel=1e-6)
