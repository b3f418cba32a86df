"""The classes beside those that Keras has."""

import keras
import numpy as np
import pytest

from lossexplorer import keras as our_keras
from tests.keras_classes.common import fields


@pytest.mark.parametrize(
    ("truth", "prediction", "value"),
    [
        (np.repeat([1, 0], [4, 8]), np.repeat([1, 0], [8, 4]), 0.230769),  # 4 FP of G = 4
        (np.repeat([1, 0], [4, 8]), np.repeat([1, 0], [2, 10]), 0.411765),  # 2 FN of G = 4
    ],
    ids=["over", "under"],
)
def test_alpha_weighs_false_positives(truth, prediction, value):
    """The paper's convention; Keras up to 3.15 has α and β swapped (keras#23333)."""
    g, p = (field.astype("f4").reshape(1, 1, 1, -1, 1) for field in (truth, prediction))
    assert float(our_keras.Tversky(alpha=0.3, beta=0.7)(g, p)) == pytest.approx(value, abs=5e-7)
    swapped = float(keras.losses.Tversky(alpha=0.7, beta=0.3)(g, p))
    straight = float(keras.losses.Tversky(alpha=0.3, beta=0.7)(g, p))
    version = tuple(int(number) for number in keras.__version__.split(".")[:2])
    assert (swapped if version < (3, 16) else straight) == pytest.approx(value, abs=5e-7)


@pytest.mark.parametrize("include", [True, False])
def test_where_keras_computes_the_same(include):
    g, p = (field.astype("f4") for field in fields())
    a, b = (g, p) if include else (g[..., 1:], p[..., 1:])
    theirs = keras.losses.Dice(axis=(1, 2, 3))(a, b)
    assert float(our_keras.Dice(include_background=include)(g, p)) == pytest.approx(
        float(theirs), rel=1e-5
    )
    flat = our_keras.Dice(include_background=include, pooling="all")(g, p)
    assert float(flat) == pytest.approx(float(keras.losses.Dice()(a, b)), rel=1e-5)


@pytest.mark.parametrize("weight", [None, "voxels"])
def test_cross_entropy_of_keras(weight):
    g, p = (field.astype("f4") for field in fields())
    changed = np.random.default_rng(2).random(g.shape[:-1]) if weight else None
    theirs = keras.losses.CategoricalCrossentropy()(g, p, sample_weight=changed)
    assert float(our_keras.CrossEntropy()(g, p, changed)) == pytest.approx(float(theirs), rel=1e-5)
