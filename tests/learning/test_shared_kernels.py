"""The gradients of two losses in one kernel, against a training by Keras with each loss alone."""

import math

import keras
import numpy as np
import pytest
from keras import layers, ops

from tests.learning.two_heads import TRUNK, Stepper, batch, compiled, losses, model, printed


class TwoPaddings(layers.Layer):
    """One kernel, convolved with the same input with and without voxels beyond its border."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(3, 3, 3, shape[-1], 4), name="kernel")

    def call(self, x):
        whole, inner = (
            ops.conv(x, self.kernel, 1, padding, data_format="channels_last")
            for padding in ("same", "valid")
        )
        return [whole, ops.pad(inner, ((0, 0), (1, 1), (1, 1), (1, 1), (0, 0)))]


def _conv(name, filters=4, **options):
    return layers.Conv3D(filters, 3, padding="same", activation="relu", name=name, **options)


def _at_two_places(x):
    middle = _conv("middle")
    return [middle(x), middle(ops.tanh(x))]


def _strided(x):
    return [layers.UpSampling3D(2)(_conv("middle", strides=2)(x))] * 2


MIDDLES = {
    "narrow": lambda x: [_conv("middle")(x)] * 2,
    "wide": lambda x: [_conv("middle", 12)(x)] * 2,
    "strides": _strided,
    "a layer at two places": _at_two_places,
    "a kernel with two paddings": lambda x: TwoPaddings(name="middle")(x),  # noqa: PLW0108,
}
"""What lies between the first layer and the two heads."""


def _made(name):
    keras.utils.set_random_seed(7)
    image = keras.Input((4, 8, 8, 1))
    one, other = MIDDLES[name](_conv("first")(image))
    y1 = layers.Conv3D(2, 1, activation="softmax", name="y1")(one)
    return keras.Model(image, [y1, layers.Conv3D(1, 1, name="y2")(other)])


def _alone(name, which):
    """The gradient of one loss in each variable: what Keras subtracts with SGD at rate 1."""
    made = _made(name)
    before = [np.asarray(variable, "f8") for variable in made.trainable_variables]
    lambdas = tuple(float(k == which) for k in range(2))
    compiled(made, keras.optimizers.SGD(1.0), lambdas).run_eagerly = True
    printed(made, *batch())
    after = [np.asarray(variable, "f8") for variable in made.trainable_variables]
    return [old - new for old, new in zip(before, after, strict=True)]


def _dot(one, other):
    # The gradients are differences of float32 weights of about 0.3.
    both = np.linalg.norm(one) + np.linalg.norm(other)
    near = 1e-7 * math.sqrt(one.size) * both + 1e-12
    return pytest.approx((one * other).sum(), rel=1e-5, abs=near)


@pytest.mark.parametrize("name", MIDDLES)
def test_each_loss_has_its_own_gradient_in_a_kernel_that_both_reach(name):
    stepper = Stepper(_made(name))
    products = stepper.by_loss(*batch()).products
    gradients = [_alone(name, which) for which in range(2)]
    for place in [place for layer in ("first", "middle") for place in stepper.places[layer]]:
        for i, k in np.ndindex(2, 2):
            one, other = gradients[i][place], gradients[k][place]
            assert products[place, i, k] == _dot(one, other)


def test_a_loss_between_two_others_that_is_cut_has_no_gradient():
    made = _made("narrow")
    y1, y2 = made.outputs
    cut = made.get_layer("y2")(ops.stop_gradient(made.get_layer("middle").output))
    three = Stepper(
        keras.Model(made.inputs, [y1, cut, y2]), criteria=(*losses(), losses()[1]), lambdas=[1] * 3
    )
    x, (labels, image) = batch()
    products = three.by_loss(x, [labels, image, image]).products
    alone = [_alone("narrow", which) for which in range(2)]
    for place in [place for layer in ("first", "middle") for place in three.places[layer]]:
        assert (products[place, 1] == 0).all()
        assert (products[place, :, 1] == 0).all()
        for one, found in zip(alone, products[place].diagonal()[::2], strict=True):
            assert found == _dot(one[place], one[place])


def test_a_loss_that_is_not_a_number_leaves_the_gradient_of_the_other():
    stepper = Stepper(model())
    x, (labels, image) = batch()
    before = stepper.by_loss(x, [labels, image]).products
    after = stepper.begin().by_loss(x, [labels, image * np.nan]).products
    for name in TRUNK:
        for place in stepper.places[name]:
            assert after[place, 0, 0] == pytest.approx(before[place, 0, 0], rel=1e-6)
            assert after[place, 0, 0] > 0
            assert np.isnan(after[place, 1, 1])
    assert stepper.of(["x2_conv", "y1"], after)[1, 1] == 0
