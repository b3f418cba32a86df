"""Truths, predictions and parameters that do not fit each other, on any backend."""

import numpy as np
import pytest

from lossexplorer import keras as our_keras
from lossexplorer.core.parameters import ParameterError
from lossexplorer.losses import LOSSES
from tests.keras_classes.common import every_class, fields


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("CrossEntropy", {"class_weights": (1.0, 2.0)}),
        ("Dice", {"class_weights": (1.0, 2.0)}),
        ("Focal", {"alpha": (0.25, 0.75)}),
        ("WassersteinDice", {"distances": ((0.0, 1.0), (1.0, 0.0))}),
    ],
)
def test_numbers_for_another_number_of_classes_are_refused(name, changed):
    (parameter,) = changed
    with pytest.raises(ParameterError, match=f"{name}: {parameter} .* 2 .* 3"):
        getattr(our_keras, name)(**changed)(*fields())


@every_class
@pytest.mark.parametrize(
    ("truth", "prediction"),
    [
        ((2, 3, 3, 3, 2), (2, 3, 3, 3, 3)),
        ((2, 3, 3, 3, 2), (1, 3, 3, 3, 2)),
        ((2, 3, 3, 3), (2, 3, 3, 3, 2)),  # class indices
        ((4, 2), (4, 2)),
        ((1, 2, 2, 2, 2, 2), (1, 2, 2, 2, 2, 2)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(name, truth, prediction):
    words = rf"{name} needs truth, one-hot, and prediction of one shape, \(batch, z, y, x, class\)"
    with pytest.raises(ValueError, match=words) as raised:
        getattr(our_keras, name)()(np.zeros(truth), np.zeros(prediction))
    assert str(raised.value).endswith(f"not {truth} and {prediction}.")


WITH_BACKGROUND = [
    loss.class_name
    for loss in LOSSES.values()
    if any(parameter.name == "include_background" for parameter in loss.parameters)
]


@pytest.mark.parametrize("name", WITH_BACKGROUND)
def test_one_channel_without_the_background_is_refused(name):
    field = np.ones((1, 2, 2, 2, 1))
    with pytest.raises(ParameterError, match=f"{name}: .* leaves no class"):
        getattr(our_keras, name)(include_background=False)(field, field)
