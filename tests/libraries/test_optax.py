"""Conventions of optax against optax, value and gradient."""

import importlib.metadata

import numpy as np
import pytest
from packaging.version import Version

from tests.libraries.common import convention, every_field, needs, ours

needs("optax", "optax", "jax")

import jax  # noqa: E402 - where the module is not skipped
from optax import losses  # noqa: E402 - where the module is not skipped

NAMES = ("dice_loss()", "multiclass_generalized_dice_loss()")
pytestmark = pytest.mark.skipif(
    Version(importlib.metadata.version("optax")) < Version("0.2.7"),
    reason="until 0.2.6 optax computed something else",
)


@every_field
@pytest.mark.parametrize("name", NAMES)
def test_of_probabilities(name, fields):
    g, z = fields
    p = np.asarray(jax.nn.softmax(z))
    function = getattr(losses, name.removesuffix("()"))

    def theirs(p):
        return function(p, g, apply_softmax=False).mean()

    with jax.enable_x64():
        one = ours(convention("optax", name))
        value, slopes = jax.value_and_grad(lambda p: one(g, p))(p)
        expected, expected_slopes = float(theirs(p)), jax.grad(theirs)(p)
    assert float(value) == pytest.approx(expected)
    assert np.asarray(slopes) == pytest.approx(np.asarray(expected_slopes))
