"""Several losses of one output as one: Dice() + 0.5 * CrossEntropy()."""

import json

import keras
import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.keras import CrossEntropy, Dice, Focal, Total, Tversky
from tests.keras_classes.common import fields, reference, value_and_gradient

# Keras 3.15 makes arrays in a way that NumPy 2.4 deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:keras.src.backend"
)

TOTALS = {
    "sum": (lambda a, b, c: a + b + c, (1, 1, 1)),
    "weighted": (lambda a, b, c: a + 0.5 * b + c * 2, (1, 0.5, 2)),
    "nested": (lambda a, b, c: 2 * (a + (b - 3 * c) / 4), (2, 0.5, -1.5)),
    "negative": (lambda a, b, c: -a - b + c, (-1, -1, 1)),
    "zero": (lambda a, b, c: a + 0 * b + 0.0 * c, (1, 0, 0)),
    "python's sum": (lambda a, b, c: sum([a, b, c]), (1, 1, 1)),
    "total": (lambda a, b, c: Total([a, Total([b, c], [2, 4])], [1, 0.5]), (1, 1, 2)),
    "minus a number of 0": (lambda a, b, c: (a - 0) + b + c, (1, 1, 1)),
}


@pytest.mark.parametrize("made", TOTALS)
def test_value_and_gradient_are_the_weighted_ones(made):
    g, p = fields()
    losses = Dice(include_background=False), CrossEntropy(), Tversky(alpha=0.2)
    combine, weights = TOTALS[made]
    total = combine(*losses)
    assert total.weights == weights
    value, gradient = value_and_gradient(total, g, p)
    alone = [value_and_gradient(loss, g, p) for loss in losses]
    expected = sum(w * reference(loss, g, p) for w, loss in zip(weights, losses, strict=True))
    assert value == pytest.approx(expected, rel=1e-5)
    slopes = sum(w * slope for w, (_, slope) in zip(weights, alone, strict=True))
    np.testing.assert_allclose(gradient, slopes, rtol=1e-4, atol=1e-7)


def test_a_loss_of_weight_0_adds_nothing_even_if_it_is_infinite():
    g, p = fields()
    p[0, 0, 0, 0] = g[0, 0, 0, 0, ::-1]
    p[0, 0, 0, 0, g[0, 0, 0, 0].argmax()] = 0
    value, gradient = value_and_gradient(Dice() + 0 * CrossEntropy(), g, p)
    expected, slopes = value_and_gradient(Dice(), g, p)
    assert (value, np.isfinite(gradient).all()) == (pytest.approx(expected), True)
    np.testing.assert_array_equal(gradient, slopes)
    value, gradient = value_and_gradient(0 * CrossEntropy(), g, p)
    assert (value, abs(gradient).max()) == (0, 0)


def test_a_loss_of_keras_can_be_one_of_them():
    g, p = (field.astype("f4") for field in fields())
    theirs = keras.losses.CategoricalCrossentropy()
    expected = float(theirs(g, p)) + float(Dice()(g, p))
    assert float((theirs + Dice())(g, p)) == pytest.approx(expected, rel=1e-6)
    assert float((Dice() + theirs)(g, p)) == pytest.approx(expected, rel=1e-6)


def test_weights_of_samples_are_each_loss_s_own():
    g, p = (field.astype("f4") for field in fields(batch=3))
    weights = np.array([1.0, 0.0, 3.0])
    found = (Dice() + 0.5 * CrossEntropy())(g, p, weights)
    expected = Dice()(g, p, weights) + 0.5 * CrossEntropy()(g, p, weights)
    assert float(found) == pytest.approx(float(expected), rel=1e-6)
    assert float(found) != pytest.approx(float((Dice() + 0.5 * CrossEntropy())(g, p)), rel=1e-3)


def test_it_is_kept_with_its_losses():
    made = Total([Dice(smooth=1.0), 0.5 * Focal(alpha=(0.25, 1.0, 1.0))], name="organs")
    for again in (
        Total.from_config(json.loads(json.dumps(made.get_config()))),
        keras.saving.deserialize_keras_object(
            json.loads(json.dumps(keras.saving.serialize_keras_object(made)))
        ),
    ):
        assert type(again) is Total
        assert again.get_config() == made.get_config()
        assert (again.name, again.weights) == ("organs", (1.0, 0.5))
        assert [loss.parameters for loss in again.losses] == [
            loss.parameters for loss in made.losses
        ]
    assert keras.saving.get_registered_name(Total) == "lossexplorer>Total"


def test_a_model_trains_on_it_and_is_loaded_with_it(tmp_path):
    keras.utils.set_random_seed(2)
    g, _ = fields(batch=2)
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5, 1)).astype("f4")
    model = keras.Sequential(
        [keras.Input((3, 4, 5, 1)), keras.layers.Conv3D(3, 1, activation="softmax")]
    )
    model.compile("sgd", loss=Dice() + 0.5 * CrossEntropy(), jit_compile=False)
    p = model.predict(x, verbose=0)
    expected = reference(Dice(), g, p) + 0.5 * reference(CrossEntropy(), g, p)
    assert model.evaluate(x, g.astype("f4"), verbose=0) == pytest.approx(expected, rel=1e-5)
    before = expected
    for _ in range(5):
        model.train_on_batch(x, g.astype("f4"))
    assert model.evaluate(x, g.astype("f4"), verbose=0) < before
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").loss.weights == (1.0, 0.5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([],), "needs losses and as many weights"),
        (([Dice()], [1, 2]), "not 1 and 2"),
        ((["dice"],), "losses of Keras, not 'dice'"),
        (([Dice()], [float("nan")]), "weights that are numbers, not nan"),
        (([Dice()], [True]), "not True"),
        (([Dice(reduction=None)],), "dice has no reduction"),
    ],
)
def test_what_makes_no_total_is_refused(arguments, words):
    with pytest.raises(ParameterError, match=words):
        Total(*arguments)


@pytest.mark.parametrize("other", [1, "dice", None, 2.5])
def test_nothing_but_losses_is_added(other):
    with pytest.raises(TypeError):
        Dice() + other
    with pytest.raises(TypeError):
        Dice() * "2"
