"""Optimizers as a training's settings say."""

import re

import keras
import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.optimizers import adjust_optimizer, forget, make_optimizer
from lossexplorer.learning.setup import Training


@pytest.mark.parametrize(
    ("name", "kind", "momentum"),
    [
        ("sgd", keras.optimizers.SGD, 0.0),
        ("momentum", keras.optimizers.SGD, 0.8),
        ("adam", keras.optimizers.Adam, None),
        ("rmsprop", keras.optimizers.RMSprop, 0.0),
    ],
)
def test_each_is_that_of_keras_with_its_settings(name, kind, momentum):
    made = make_optimizer(Training(optimizer=name, rate=0.25, momentum=0.8, clipnorm=2.0), [])
    assert isinstance(made, kind)
    assert float(made.learning_rate.value) == 0.25
    assert (made.clipnorm, made.global_clipnorm) == (2.0, None)
    assert getattr(made, "momentum", None) == momentum


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate": 0.0}, "The learning rate must be greater than 0, not 0.0."),
        ({"rate": float("nan")}, "The learning rate must be greater than 0, not nan."),
        ({"momentum": 1.5}, "The momentum must be from 0 to 1, not 1.5."),
        ({"clipnorm": 0.0}, "clipnorm must be greater than 0, not 0.0."),
        ({"global_clipnorm": -1.0}, "global_clipnorm must be greater than 0, not -1.0."),
        ({"clipnorm": 1.0, "global_clipnorm": 1.0}, "not by both"),
        ({"optimizer": "lion"}, "must be sgd, momentum, adam or rmsprop, not 'lion'."),
    ],
)
def test_what_is_not_allowed_is_refused(settings, message):
    with pytest.raises(ParameterError, match=re.escape(message)):
        make_optimizer(Training(**settings), [])


def test_rate_and_clipping_change_and_memories_stay():
    variable = keras.Variable([1.0, 2.0])
    made = make_optimizer(Training(optimizer="momentum", rate=0.5, momentum=0.5), [variable])
    gradient = keras.ops.convert_to_tensor([2.0, 0.0])
    made.apply([gradient], [variable])  # −1
    adjust_optimizer(made, Training(optimizer="momentum", rate=0.25, momentum=0.5, clipnorm=1.0))
    made.apply([gradient], [variable])  # −1/2 − 1/4
    np.testing.assert_allclose(np.asarray(variable), [1 - 1 - 0.75, 2.0])


def test_what_has_forgotten_begins_again():
    variable = keras.Variable([1.0])
    made = make_optimizer(Training(optimizer="momentum", rate=0.5, momentum=0.5), [variable])
    gradient = keras.ops.convert_to_tensor([2.0])
    made.apply([gradient], [variable])
    forget(made)
    assert int(np.asarray(made.iterations)) == 0
    variable.assign([1.0])
    made.apply([gradient], [variable])
    np.testing.assert_allclose(np.asarray(variable), [0.0])
