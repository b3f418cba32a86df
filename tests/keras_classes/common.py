"""What the tests of the Keras classes share. They run on the backend that KERAS_BACKEND names."""

import keras
import numpy as np
import pytest

from lossexplorer import keras as our_keras
from lossexplorer.losses import LOSSES
from tests import field_references, references

BACKEND = keras.backend.backend()
NAMES = [loss.class_name for loss in LOSSES.values()]
# Of distance maps, which are made on the CPU by a function that XLA cannot compile.
DISTANCES = [loss.class_name for loss in LOSSES.values() if loss.character == "distance"]
LOSS_SETTINGS = [*references.LOSS_SETTINGS, *field_references.LOSS_SETTINGS]
SETTING_IDS = [*references.SETTING_IDS, *field_references.SETTING_IDS]
every_class = pytest.mark.parametrize("name", NAMES)
every_setting = pytest.mark.parametrize(("loss", "changed"), LOSS_SETTINGS, ids=SETTING_IDS)


def only_on(backend, reason):
    """Skip a module on the other backends."""
    if backend != BACKEND:
        pytest.skip(reason, allow_module_level=True)


def class_of(loss):
    return getattr(our_keras, LOSSES[loss].class_name)


def apart(name, **changed):
    """A loss in which no sample counts in another's value."""
    made = getattr(our_keras, name)
    pools = any(parameter.name == "pooling" for parameter in made.description.parameters)
    return made(**changed, **({"pooling": "sample"} if pools else {}))


def is_mean_over_voxels(name):
    return getattr(our_keras, name).description.factors is not None


def fields(seed=3, classes=3, batch=2):
    """One-hot truth and a soft prediction, whose float32 numbers are meant."""
    g, z = references.random_fields(seed, classes, batch=batch)
    return g, references.softmax(z / 2).astype("f4").astype("f8")


def reference(made, g, p):
    """What a loss of the default reduction has to give for fields of three axes of space."""
    source = references if made.description.name in references.LOSSES else field_references
    return float(source.loss(made.description.name, made.parameters, g, p))


def numbers(tensor):
    """An array of a tensor's numbers; Keras 3.15 makes it in a way that NumPy 2.4 deprecates."""
    if BACKEND == "jax":
        return np.array(tensor)
    return np.array((tensor.detach() if BACKEND == "torch" else tensor).numpy())


def value_and_gradient(made, g, p):
    """A loss of float32 fields and its gradient in the prediction, by the backend's own means."""
    g, p = np.asarray(g, "f4"), np.asarray(p, "f4")
    if BACKEND == "jax":
        import jax

        with jax.enable_x64(False):  # as it is for users; the engine switches float64 on
            value, slopes = jax.jit(jax.value_and_grad(lambda p: made(g, p)))(p)
    elif BACKEND == "torch":
        import torch

        tensor = torch.tensor(p, requires_grad=True)
        value = made(g, tensor)
        value.backward()
        slopes = tensor.grad
    else:
        import tensorflow as tf

        tensor = tf.constant(p)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            value = made(g, tensor)
        slopes = tape.gradient(value, tensor)
    return float(numbers(value)), numbers(slopes)
