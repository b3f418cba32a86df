"""Class weights: factors of the classes' terms, which every loss has."""

import numpy as np
import pytest

from lossexplorer import keras as our_keras
from lossexplorer.core.parameters import ParameterError
from lossexplorer.losses import LOSSES
from tests.keras_classes.common import every_class, fields, reference, value_and_gradient


@every_class
def test_every_loss_has_them(name):
    """Twice the weights are twice the loss, and weights of 1 change nothing."""
    g, p = fields()
    made = getattr(our_keras, name)
    plain, slopes = value_and_gradient(made(), g, p)
    for factor in (1.0, 2.0):
        value, gradient = value_and_gradient(made(class_weights=(factor,) * 3), g, p)
        # In the ratio of generalized Dice a common factor cancels.
        times = 1 if name == "GeneralizedDice" else factor
        assert value == pytest.approx(times * plain, rel=1e-5)
        np.testing.assert_allclose(
            gradient, times * slopes, rtol=1e-5, atol=1e-6 * abs(slopes).max()
        )


@every_class
def test_a_class_of_weight_0_counts_nowhere(name):
    """Its term is 0/0 or log 0 in some losses: absent from the truth, and nothing is predicted."""
    g, p = fields()
    g, p = (np.concatenate([field, 0 * field[..., :1]], axis=-1) for field in (g, p))
    weights = (1.0, 0.5, 2.0, 0.0)
    made = getattr(our_keras, name)(class_weights=weights)
    value, gradient = value_and_gradient(made, g, p)
    with np.errstate(invalid="ignore", divide="ignore"):
        alone = reference(
            getattr(our_keras, name)(class_weights=weights[:3]), g[..., :3], p[..., :3]
        )
    # Means over classes have the class in their number; no other loss knows of it.
    mean = made.description.reduction == "mean" and name != "LovaszSoftmax"
    if name != "UnifiedFocal":  # its Tversky part is a mean, its cross-entropy is not
        assert value == pytest.approx(alone * (3 / 4 if mean else 1), rel=1e-5)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert name == "WassersteinDice" or not gradient[..., 3].any()


POOLED = [
    loss.class_name
    for loss in LOSSES.values()
    for parameter in loss.parameters
    if parameter.name == "pooling" and "all" in parameter.options
]


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        *((name, {"pooling": "all"}) for name in POOLED if name != "GeneralizedDice"),
        ("HausdorffDistance", {"form": "log(1+L)"}),
    ],
)
def test_where_all_classes_have_one_term_they_are_refused(name, changed):
    made = getattr(our_keras, name)(class_weights=(1.0, 2.0, 3.0), **changed)
    with pytest.raises(ParameterError, match=f"{name}: class_weights needs a term of each class"):
        made(*fields())
