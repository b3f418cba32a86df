"""Fields and conventions for comparisons with the libraries themselves.

A library runs with the backend that it is written for, in a process without the others: TensorFlow
and PyTorch in one process clash. Keras is compared in the whole suite; the others with::

    KERAS_BACKEND=torch pytest tests/libraries     # MONAI, TorchJD
    KERAS_BACKEND=jax pytest tests/libraries       # optax
"""

import dataclasses
import importlib.util

import keras
import numpy as np
import pytest

from lossexplorer import keras as our_keras
from lossexplorer.conventions import CONVENTIONS
from tests import references

BACKEND = keras.backend.backend()


def needs(library, title, backend):
    """Skip a module, with the reason, where a library is not or its backend is not in use."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{title} is not installed", allow_module_level=True)
    if backend != BACKEND:
        pytest.skip(f"{title}: compared where KERAS_BACKEND={backend}", allow_module_level=True)


def _absent_in_one_sample():
    g, z = references.random_fields(5, 3, batch=2)
    g[1] = references.one_hot(np.minimum(g[1].argmax(-1), 1), 3)
    return g, z


FIELDS = {
    "soft": references.random_fields(1, 4, batch=2),
    "absent from the batch": references.random_fields(2, 3, batch=2, absent=True),
    "absent from a sample": _absent_in_one_sample(),
    "two classes": references.random_fields(3, 2, batch=2),
}
"""One-hot truth and logits, (batch, z, y, x, class), float64."""

every_field = pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)


def convention(library, name, **changed):
    """A convention, the newest of its name, with some parameters changed."""
    found = next(c for c in CONVENTIONS if (c.library.name, c.name) == (library, name))
    return dataclasses.replace(found, parameters={**found.parameters, **changed})


def ours(*conventions):
    """The sum of the losses that conventions name, a function of truth and probabilities."""
    losses = [
        getattr(our_keras, each.description.class_name)(dtype="float64", **each.parameters)
        for each in conventions
    ]

    def total(g, p):
        factors = [each.times(g.shape[-1]) for each in conventions]
        return sum(factor * loss(g, p) for factor, loss in zip(factors, losses, strict=True))

    return total
