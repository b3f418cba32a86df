"""The engine's functions as they are written, without XLA: a new recipe costs no compilation.

For laws over many states, whose every recipe would be compiled for itself. What XLA makes of the
functions is tested elsewhere, in fewer states.
"""

import contextlib
import functools

import pytest

from lossexplorer.engine import gradients, slice_fields, values
from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.step import band, best_classes, summing

# What keeps functions once they are compiled.
KEPT = {
    band: ["_leads"],
    best_classes: ["_urgency", "_left_out"],
    gradients: ["_norms"],
    slice_fields: ["_prediction", "_slice"],
    summing: ["_infinite", "_row_sums", "_sums"],
    values: ["_together", "_at_many"],
}


@contextlib.contextmanager
def uncompiled():
    """Have nothing compiled that is computed meanwhile; what was compiled before is kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "compiled", lambda function: function)
        for module, names in KEPT.items():
            for name in names:
                patch.setattr(module, name, functools.cache(getattr(module, name).__wrapped__))
        yield
