"""Value and gradient of every loss against its float64 reference.

On the other backends one setting of each loss is the smoke test of the Keras classes::

    KERAS_BACKEND=jax pytest tests/keras_classes/test_each_loss.py
"""

import numpy as np
import pytest

from lossexplorer.losses import LOSSES
from tests import references
from tests.keras_classes.common import (
    BACKEND,
    LOSS_SETTINGS,
    SETTING_IDS,
    class_of,
    every_setting,
    fields,
    reference,
    value_and_gradient,
)

STEP = 1e-6


def central_differences(made, g, p, places):
    """Slopes of the float64 reference in some entries of the prediction."""
    slopes = []
    for place in places:
        ends = []
        for step in (STEP, -STEP):
            moved = p.copy()
            moved[place] += step
            ends.append(reference(made, g, moved))
        slopes.append((ends[0] - ends[1]) / (2 * STEP))
    return np.array(slopes)


def test_every_loss_has_a_setting_apart_from_its_defaults():
    chosen = dict(references.farthest(LOSS_SETTINGS))
    assert set(chosen) == set(LOSSES)
    assert all(chosen.values())


if BACKEND != "tensorflow":
    every_setting = pytest.mark.parametrize(
        ("loss", "changed"), references.others_slow(LOSS_SETTINGS, SETTING_IDS)
    )


@every_setting
def test_value_and_gradient(loss, changed):
    g, p = fields()
    made = class_of(loss)(**changed)
    value, gradient = value_and_gradient(made, g, p)
    assert value == pytest.approx(reference(made, g, p), rel=1e-5)
    rng = np.random.default_rng(11)
    places = [tuple(rng.integers(0, p.shape)) for _ in range(24)]
    places.append(np.unravel_index(abs(gradient).argmax(), p.shape))
    found = np.array([gradient[place] for place in places])
    expected = central_differences(made, g, p, places)
    assert abs(expected).max() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * abs(gradient).max())
