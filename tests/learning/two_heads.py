"""Networks with two heads, what they are trained on, and their training by Keras itself."""

import keras
import numpy as np
from keras import layers

from lossexplorer.keras import Dice
from lossexplorer.learning.optimizers import forget, make_optimizer
from lossexplorer.learning.setup import Training
from lossexplorer.learning.steps.active import make_steps
from lossexplorer.learning.steps.interface import TrainedNetwork

LAMBDAS = (0.5, 0.3)
TRUNK = ("x1_conv1", "x1_conv2")


def model(seed=7, *, is_cut=False, normalization=False, l2=0.0):
    """A trunk x1 with branches x2 and x3, and outputs y1 (softmax) and y2 (linear)."""
    keras.utils.set_random_seed(seed)
    penalty = keras.regularizers.L2(l2) if l2 else None

    def conv(filters, name, size=3, activation="relu"):
        return layers.Conv3D(
            filters,
            size,
            padding="same",
            activation=activation,
            kernel_regularizer=penalty,
            name=name,
        )

    image = keras.Input((None, None, None, 1), name="image")
    x = conv(4, "x1_conv2")(conv(4, "x1_conv1")(image))
    y1 = conv(2, "y1", 1, "softmax")(conv(4, "x2_conv")(x))
    x = conv(4, "x3_conv")(keras.ops.stop_gradient(x) if is_cut else x)
    if normalization:
        x = layers.BatchNormalization(name="x3_norm")(x)
    return keras.Model(image, [y1, conv(1, "y2", 1, None)(x)])


def batch(seed=0, shape=(4, 8, 8), patches=2):
    """An image; which of its voxels are bright, one-hot, and the image again."""
    x = np.random.default_rng(seed).normal(size=(patches, *shape, 1)).astype("f4")
    bright = (x > 0.3).astype("f4")
    return x, [np.concatenate([1 - bright, bright], axis=-1), x]


def losses():
    return Dice(), keras.losses.MeanSquaredError()


class Stepper:
    """Training steps of a model, with the places of its layers' variables.

    The factors of the losses are the same in every variable.
    """

    def __init__(self, made, training=None, criteria=None, lambdas=LAMBDAS):
        flags = [(layer, layer.trainable) for layer in made.layers]
        for layer, _ in flags:
            layer.trainable = True
        variables = tuple(made.trainable_variables)
        place = {id(variable): i for i, variable in enumerate(variables)}
        self.places = {
            layer.name: [place[id(variable)] for variable in layer.trainable_variables]
            for layer in made.layers
        }
        for layer, flag in flags:
            layer.trainable = flag
        self.model, self.variables, self.lambdas = made, variables, lambdas
        self.optimizer = make_optimizer(training or Training(rate=1.0), variables)
        network = TrainedNetwork(made, variables, criteria or losses(), self.optimizer)
        self.steps = make_steps(network)
        self._initial = [np.asarray(variable).copy() for variable in made.variables]

    def begin(self, lambdas=LAMBDAS):
        """Go back to the initial values: what is compiled once serves several tests."""
        for variable, value in zip(self.model.variables, self._initial, strict=True):
            variable.assign(value)
        forget(self.optimizer)
        self.lambdas = lambdas
        return self

    def by_loss(self, x, targets):
        factors = np.tile(self.lambdas, (len(self.variables), 1))
        return self.steps.train_by_loss(x, targets, lambda *_: factors)

    def at_once(self, x, targets):
        return self.steps.train_at_once(x, targets, lambda _: np.array(self.lambdas))

    def values(self):
        return [np.asarray(variable).copy() for variable in self.variables]

    def moved(self, step, *given):
        """How each variable is changed by a step."""
        before = self.values()
        step(*given)
        return [after - old for after, old in zip(self.values(), before, strict=True)]

    def of(self, layers_, per_variable):
        """What some layers have of numbers for each variable, added up."""
        return sum(per_variable[place] for name in layers_ for place in self.places[name])


def compiled(made, optimizer, lambdas=LAMBDAS, criteria=None):
    """A model that Keras trains, by dictionaries of losses and weights."""
    y1, y2 = criteria or losses()
    made.compile(
        optimizer=optimizer,
        loss={"y1": y1, "y2": y2},
        loss_weights=dict(zip(("y1", "y2"), lambdas, strict=True)),
        jit_compile=False,
    )
    return made


def printed(made, x, targets):
    """What Keras prints of one step."""
    return made.train_on_batch(x, dict(zip(("y1", "y2"), targets, strict=True)), return_dict=True)
