"""Training steps on the backend that KERAS_BACKEND names, against Keras's own and closed forms.

The whole module runs with any of them, none of the others being installed::

    KERAS_BACKEND=jax pytest tests/learning/test_steps.py
"""

import functools
import math

import keras
import numpy as np
import pytest
from keras import layers

from lossexplorer.learning.setup import Training
from tests.learning.two_heads import (
    LAMBDAS,
    TRUNK,
    Stepper,
    batch,
    compiled,
    model,
    printed,
)

OPTIMIZERS = {
    "sgd": lambda **more: keras.optimizers.SGD(0.1, **more),
    "momentum": lambda **more: keras.optimizers.SGD(0.1, momentum=0.9, **more),
    "adam": lambda **more: keras.optimizers.Adam(0.01, **more),
    "rmsprop": lambda **more: keras.optimizers.RMSprop(0.01, **more),
}
RATES = {"sgd": 0.1, "momentum": 0.1, "adam": 0.01, "rmsprop": 0.01}


def norm(arrays):
    return math.sqrt(sum((np.asarray(a, "f8") ** 2).sum() for a in arrays))


def numbers(variables):
    return [np.asarray(variable).copy() for variable in variables]


@functools.cache
def alone(which):
    """The gradient of one loss in each variable, by Keras alone: a step of SGD with rate 1."""
    made = model()
    before = numbers(made.trainable_variables)
    lambdas = tuple(float(k == which) for k in range(2))
    printed(compiled(made, keras.optimizers.SGD(1.0), lambdas), *batch())
    after = numbers(made.trainable_variables)
    return [old - new for old, new in zip(before, after, strict=True)]


@pytest.fixture(scope="module")
def compiled_once():
    return Stepper(model()), Stepper(model(normalization=True))


@pytest.fixture
def stepper(compiled_once):
    return compiled_once[0].begin()


@pytest.fixture
def normalized(compiled_once):
    return compiled_once[1].begin()


# What reaches which layer


def test_dot_products_are_those_of_gradients_that_keras_takes_alone(stepper):
    found = stepper.by_loss(*batch()).products
    gradients = [alone(0), alone(1)]
    for place in range(len(stepper.variables)):
        for i, k in np.ndindex(2, 2):
            one, other = (np.asarray(gradients[n][place], "f8") for n in (i, k))
            # The gradients are differences of float32 weights of about 0.3.
            near = 1e-7 * math.sqrt(one.size) * (norm([one]) + norm([other])) + 1e-12
            assert found[place, i, k] == pytest.approx((one * other).sum(), rel=1e-5, abs=near)


def test_a_loss_does_not_reach_the_other_branch(stepper):
    products = stepper.by_loss(*batch()).products
    for name, reached in {"x2_conv": 0, "y1": 0, "x3_conv": 1, "y2": 1}.items():
        gram = stepper.of([name], products)
        assert gram[reached, reached] > 0
        gram[reached, reached] = 0
        assert (gram == 0).all()
    for name in TRUNK:
        assert (stepper.of([name], products).diagonal() > 0).all()


def test_the_trunk_takes_the_sum_of_both_gradients(stepper):
    """‖λ₁g₁ + λ₂g₂‖² = λᵀGλ, and it is the gradient of the total, as Keras computes it."""
    found = stepper.by_loss(*batch())
    gram, changes = (stepper.of(TRUNK, numbers) for numbers in (found.products, found.changes))
    assert changes == pytest.approx(np.array(LAMBDAS) @ gram @ LAMBDAS, rel=2e-6)

    theirs = model()
    start = numbers(theirs.variables)
    printed(compiled(theirs, keras.optimizers.SGD(1.0)), *batch())
    end = numbers(theirs.variables)
    off = [one - other for one, other in zip(stepper.values(), end, strict=True)]
    assert norm(off) <= 1e-6 * norm([new - old for new, old in zip(end, start, strict=True)])


def test_a_frozen_layer_has_gradients_and_lets_them_pass_and_does_not_move(stepper):
    free, frozen = stepper, Stepper(_frozen("x3_conv"))
    expected, found = free.by_loss(*batch()), frozen.by_loss(*batch())
    np.testing.assert_array_equal(found.products, expected.products)
    assert frozen.of(["x3_conv"], found.changes) == 0
    assert free.of(["x3_conv"], expected.changes) > 0
    assert frozen.of(TRUNK, found.changes) == free.of(TRUNK, expected.changes)
    for step in (frozen.by_loss, frozen.at_once):
        moved = frozen.moved(step, *batch())
        assert all((moved[place] == 0).all() for place in frozen.places["x3_conv"])
        assert all((moved[place] != 0).any() for place in frozen.places["x1_conv1"])


def _frozen(name):
    made = model()
    made.get_layer(name).trainable = False
    return made


def test_a_cut_branch_learns_and_its_loss_does_not_reach_the_trunk():
    stepper = Stepper(model(is_cut=True))
    products = stepper.by_loss(*batch()).products
    for name in TRUNK:
        gram = stepper.of([name], products)
        assert gram[0, 0] > 0
        assert (gram[1] == 0).all()
        assert (gram[:, 1] == 0).all()
    assert stepper.of(["x3_conv"], products)[1, 1] > 0


# λ = 0 is not absence


@pytest.mark.parametrize("way", ["by_loss", "at_once"])
def test_statistics_move_although_the_loss_of_their_branch_has_no_weight(normalized, way):
    stepper = normalized.begin((1.0, 0.0))
    normalization = stepper.model.get_layer("x3_norm")
    moved = stepper.moved(getattr(stepper, way), *batch())
    assert all((moved[place] == 0).all() for place in stepper.places["x3_conv"])
    first = numbers([normalization.moving_mean, normalization.moving_variance])
    assert (first[0] != 0).any()
    assert (first[1] != 1).any()
    getattr(stepper, way)(*batch(1))
    assert (first[0] != np.asarray(normalization.moving_mean)).any()


@pytest.mark.parametrize("way", ["by_loss", "at_once"])
def test_a_loss_that_is_not_a_number_spoils_the_trunk_even_without_weight(stepper, way):
    stepper.begin((1.0, 0.0))
    x, (labels, image) = batch()
    moved = stepper.moved(getattr(stepper, way), x, [labels, image * np.nan])
    for name in (*TRUNK, "x3_conv"):
        assert all(np.isnan(moved[place]).all() for place in stepper.places[name])
    # The gradient of loss 2 does not come here.
    assert all(np.isfinite(moved[place]).all() for place in stepper.places["x2_conv"])


# Optimizers


@pytest.mark.parametrize(
    ("name", "clipping"),
    [
        ("sgd", {"global_clipnorm": 0.05}),
        ("momentum", {}),
        ("adam", {"clipnorm": 0.05}),
        ("rmsprop", {"global_clipnorm": 0.05}),
    ],
)
def test_steps_are_those_of_keras(name, clipping):
    """What Keras prints, with an L2 penalty and statistics."""
    theirs = model(l2=0.01, normalization=True)
    compiled(theirs, OPTIMIZERS[name](**clipping))
    training = Training(optimizer=name, rate=RATES[name], momentum=0.9, **clipping)
    ours = [Stepper(model(l2=0.01, normalization=True), training) for _ in range(2)]
    for seed in range(3):
        theirs.reset_metrics()
        expected = printed(theirs, *batch(seed))
        for found in (ours[0].by_loss(*batch(seed)).values, ours[1].at_once(*batch(seed))):
            parts = expected["y1_loss"], expected["y2_loss"]
            assert found.losses == pytest.approx(parts, rel=1e-5)
            total = np.dot(LAMBDAS, found.losses) + found.regularisation
            assert total == pytest.approx(expected["loss"], rel=1e-5)
            gap = expected["loss"] - np.dot(LAMBDAS, parts)
            assert found.regularisation == pytest.approx(gap, rel=1e-4)


def test_ten_times_the_weight_is_ten_times_the_sgd_step_of_the_private_branch(stepper):
    steps = [stepper.begin((0.5, weight)).by_loss(*batch()) for weight in (0.3, 3.0)]
    of = stepper.of
    for name, ratio in {"x2_conv": 1, "y1": 1, "x3_conv": 10, "y2": 10}.items():
        small, large = (math.sqrt(of([name], step.changes)) for step in steps)
        assert large / small == pytest.approx(ratio, rel=1e-5)


def _first_step(name, gradient, rate):
    """Of what starts at 0: Adam corrects the bias of its averages, RMSprop (ρ = 0.9) does not."""
    if name == "adam":
        return rate * gradient / (abs(gradient) + 1e-7 / math.sqrt(1 - 0.999))
    return rate * gradient / np.sqrt(0.1 * gradient**2 + 1e-7)


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_ten_times_the_weight_is_the_same_first_step_of_adam(name):
    """Up to ε = 1e-7, which Keras adds to what it divides by."""
    gradients = [np.asarray(gradient, "f8") for gradient in alone(1)]
    training = Training(optimizer=name, rate=0.25)
    stepper = Stepper(model(), training)
    for weight in (1.0, 10.0):
        stepper.begin((1.0, weight))
        moved = stepper.moved(stepper.by_loss, *batch())
        for place in (*stepper.places["x3_conv"], *stepper.places["y2"]):
            # The reference is a difference of float32 weights.
            clear = abs(gradients[place]) > 1e-3
            assert clear.any()
            expected = _first_step(name, weight * gradients[place][clear], training.rate)
            np.testing.assert_allclose(moved[place][clear], -expected, rtol=1e-3)
            if name == "adam":
                np.testing.assert_allclose(abs(moved[place][clear]), training.rate, rtol=1e-2)


class Mean(keras.losses.Loss):
    """The mean of the prediction, whose gradients can be counted by hand."""

    def call(self, y_true, y_pred):  # noqa: ARG002 - as Keras calls it
        return keras.ops.mean(y_pred, axis=-1)


def _numbers(a, b, c):
    """y1 = b a and y2 = c a, one weight each; the input is 1."""
    image = keras.Input((1, 1, 1, 1))

    def weight(name, value):
        return layers.Conv3D(
            1, 1, use_bias=False, kernel_initializer=keras.initializers.Constant(value), name=name
        )

    x = weight("x1", a)(image)
    return keras.Model(image, [weight("y1", b)(x), weight("y2", c)(x)])


@pytest.mark.parametrize("way", ["by_loss", "at_once"])
@pytest.mark.parametrize(
    ("clipping", "frozen", "expected"),
    [
        ({}, (), (3, 4, 12)),
        ({"clipnorm": 1.0}, (), (1, 1, 1)),
        ({"global_clipnorm": 1.0}, (), (3 / 13, 4 / 13, 12 / 13)),
        ({"global_clipnorm": 1.0}, ("y2",), (3 / 5, 4 / 5, 0)),
    ],
)
def test_global_clipping_couples_branches_that_share_nothing(way, clipping, frozen, expected):
    """Norms 3 in the trunk, 4 in x2, 12 in x3: 4/13 in x2, and 4/5 without x3."""
    made = _numbers(1.0, 0.3, 0.15)
    for name in frozen:
        made.get_layer(name).trainable = False
    training = Training(rate=1.0, **clipping)
    stepper = Stepper(made, training, (Mean(), Mean()), lambdas=(4.0, 12.0))
    one = np.ones((1, 1, 1, 1, 1), "f4")
    moved = stepper.moved(getattr(stepper, way), one, [one, one])
    found = [-moved[stepper.places[name][0]].item() for name in ("x1", "y1", "y2")]
    assert found == pytest.approx(expected, rel=1e-6)


# Factors


def test_factors_are_asked_for_with_the_numbers_of_the_step(stepper):
    """Each variable takes its own factors; what is asked with is what is returned."""
    asked = []

    def combine(losses, products):
        asked.append((losses, products))
        factors = np.zeros((len(stepper.variables), 2))
        factors[stepper.places["y1"]] = (2.0, 0.0)
        return factors

    x, targets = batch()
    found = stepper.steps.train_by_loss(x, targets, combine)
    np.testing.assert_allclose(asked[0][0], found.values.losses, rtol=1e-7)
    np.testing.assert_array_equal(asked[0][1], found.products)
    products = stepper.of(["y1"], found.products)
    assert stepper.of(["y1"], found.changes) == pytest.approx(4 * products[0, 0], rel=1e-5)
    assert stepper.of([*TRUNK, "x2_conv", "x3_conv", "y2"], found.changes) == 0


def test_the_factors_of_one_gradient_are_asked_for_with_its_losses(stepper):
    asked = []

    def weigh(losses):
        asked.append(losses)
        return np.array((1.0, 0.0))

    values = stepper.steps.train_at_once(*batch(), weigh)
    np.testing.assert_allclose(asked[0], values.losses, rtol=1e-7)
    theirs = model()
    printed(compiled(theirs, keras.optimizers.SGD(1.0), (1.0, 0.0)), *batch())
    for ours, expected in zip(stepper.values(), numbers(theirs.trainable_variables), strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-6)


# Without a step


def test_a_prediction_is_that_of_the_model_and_uses_its_statistics(normalized):
    stepper = normalized
    stepper.by_loss(*batch())
    for shape in ((4, 8, 8), (3, 5, 7)):
        x, _ = batch(3, shape, 1)
        expected = stepper.model(x, training=False)
        for ours, theirs in zip(stepper.steps.predict(x), expected, strict=True):
            (whole,) = numbers([keras.ops.stop_gradient(theirs)])
            np.testing.assert_allclose(ours, whole, atol=1e-5)


def test_the_slope_of_a_loss_in_its_prediction(stepper):
    """Of the mean of (p − g)² over n numbers: 2 (p − g) / n."""
    truth, prediction = (np.random.default_rng(n).random((1, 2, 3, 4, 1), "f4") for n in (1, 2))
    found = stepper.steps.slope(1, prediction, truth)
    np.testing.assert_allclose(found, 2 * (prediction - truth) / 24, rtol=1e-5)
