"""Models that are written by hand, as users write them."""

import keras
import numpy as np
from keras import layers

SIZE = (4, 8, 8)


def image(seed=5, batch=2, size=SIZE):
    return np.random.default_rng(seed).normal(size=(batch, *size, 1)).astype("float32")


def convolution(name, channels=2, size=1, **options):
    return layers.Conv3D(channels, size, padding="same", name=name, **options)


def three_outputs():
    """An encoder, a layer that two branches share, a merge, operations, and a coarser output."""
    x = keras.Input((None, None, None, 1), name="scan")
    features = convolution("encoder", 3, 3, activation="relu")(x)
    shared = convolution("shared", 3)
    left, right = shared(features), shared(keras.ops.relu(features) * 2.0)
    joined = layers.Concatenate(name="join")([left, features])
    a = convolution("a", 2, activation="softmax")(joined)
    b = convolution("b", 1)(convolution("b_conv", 3)(right))
    c = convolution("c", 2, activation="softmax")(layers.AveragePooling3D(2, name="pool")(features))
    return keras.Model(x, [a, b, c])


def nested(trainable_inner=True):
    """A nested encoder, a nested Sequential in one branch."""
    inner_x = keras.Input((None, None, None, 1), name="inner_scan")
    y = convolution("inner1", 3, 3)(inner_x)
    y = layers.BatchNormalization(name="inner_norm")(y)
    encoder = keras.Model(inner_x, convolution("inner2", 3, activation="relu")(y), name="encoder")
    encoder.get_layer("inner1").trainable = trainable_inner
    x = keras.Input((None, None, None, 1), name="scan")
    features = encoder(x)
    block = keras.Sequential([convolution("s1", 3), layers.ReLU(name="s2")], name="block")
    a = convolution("a", 2, activation="softmax")(block(features))
    b = convolution("b", 1)(layers.Add(name="sum")([features, features]))
    return keras.Model(x, [a, b])


def long_chain(count):
    """A chain of `count` layers, then two outputs."""
    x = keras.Input((None, None, None, 1), name="scan")
    y = x
    for place in range(count):
        y = convolution(f"layer{place}", 1)(y)
    return keras.Model(x, [convolution("a", 1)(y), convolution("b", 1)(y)])
