"""Small networks with two heads, and patches for them."""

import keras
import numpy as np
from keras import layers


def model(seed=7, depth=2, normalization=False, l2=None):
    """A trunk x1 with branches x2 and x3, and outputs y1 (softmax) and y2 (linear)."""
    keras.utils.set_random_seed(seed)
    regularizer = None if l2 is None else keras.regularizers.L2(l2)

    def conv(filters, name, size=3, activation="relu"):
        return layers.Conv3D(
            filters,
            size,
            padding="same",
            activation=activation,
            name=name,
            kernel_regularizer=regularizer,
        )

    image = keras.Input((None, None, None, 1), name="image")
    x = fine = conv(4, "x1_conv1")(image)
    if depth > 1:
        x = conv(4, "x1_conv2")(layers.MaxPooling3D(2)(x))
        x = layers.Add()([fine, layers.UpSampling3D(2)(x)])
    x = conv(4, "x1_conv3")(x)
    branches = [conv(4, "x2_conv")(x), conv(4, "x3_conv")(x)]
    if normalization:
        branches[1] = layers.BatchNormalization(name="x3_norm")(branches[1])
    y1 = conv(2, "y1", 1, "softmax")(branches[0])
    y2 = conv(1, "y2", 1, None)(branches[1])
    return keras.Model(image, [y1, y2])


def batch(seed=0, shape=(4, 8, 8), patches=2):
    """An image, a one-hot truth and the image again."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(patches, *shape, 1)).astype("f4")
    foreground = (x > 0.3).astype("f4")
    return x, [np.concatenate([1 - foreground, foreground], -1), x]
