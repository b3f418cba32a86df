"""From a loss's description to a class of Keras: signature, docstring, registration."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import keras

from lossexplorer.core.parameters import Choice, Flag, NumberArray, Parameter
from lossexplorer.keras_classes.base import SegmentationLoss
from lossexplorer.losses import Loss


def keras_class(loss: Loss, module: str) -> type[SegmentationLoss]:
    """Return a loss as a class of Keras, registered for saving and loading.

    Parameters
    ----------
    loss : Loss
        Its description: name, parameters, formula, texts.
    module : str
        The module that the class is found in.
    """
    made = type(
        loss.class_name,
        (SegmentationLoss,),
        {
            "description": loss,
            "__doc__": _docstring(loss),
            "__init__": _initializer(loss),
            "__module__": module,
        },
    )
    registered: type[SegmentationLoss] = keras.saving.register_keras_serializable("lossexplorer")(
        made
    )
    return registered


def _annotation(parameter: Parameter) -> str:
    """Return the type of a parameter's values as a docstring has it.

    Examples
    --------
    >>> from lossexplorer.losses import LOSSES
    >>> [_annotation(parameter) for parameter in LOSSES["dice"].parameters][:2]
    ['float', '{"1-D", "-D"}']
    """
    if isinstance(parameter, Flag):
        return "bool"
    if isinstance(parameter, Choice):
        return "{" + ", ".join(f'"{option}"' for option in parameter.options) + "}"
    if isinstance(parameter, NumberArray):
        forms = {0: "float", 1: "tuple of float", 2: "tuple of tuples of float"}
        rules = "{" + ", ".join(f'"{rule}"' for rule in parameter.rules) + "}"
        return " or ".join([rules, *(forms[d] for d in parameter.dimensions)])
    return "float"


def _shapes(loss: Loss) -> str:
    """Return a sentence on what goes in and comes out."""
    if loss.factors is not None:
        terms = "one per voxel, shape (batch, z, y, x)"
    elif any(parameter.name == "pooling" for parameter in loss.parameters):
        terms = "one per sample, shape (batch,), or (1,) where pooling joins the samples"
    else:
        terms = "one per sample, shape (batch,)"
    return (
        "Truth, one-hot or soft, and prediction, probabilities or logits, have one shape: "
        "(batch, z, y, x, class), (batch, y, x, class) or (batch, voxel, class). "
        f"The value is a scalar; with ``reduction=None`` {terms}."
    )


def _one_channel(loss: Loss) -> str:
    """Return a sentence on a prediction with a single channel."""
    if loss.one_channel == "both":
        return (
            "its probability p, of a sigmoid, stands for the two classes (1 − p, p), background "
            "first, and so does the truth. Both count; numbers per class are two."
        )
    return (
        "it is the foreground's, of a sigmoid, and the loss is that of the foreground alone, as in "
        "Keras, MONAI and segmentation_models. Predict (1 − p, p) for the mean with the background."
    )


def _left_out(loss: Loss) -> str:
    """Return sentences on voxels that a mask or ``ignore_class`` leaves out."""
    said = "they count nowhere, as if the volume had no such voxels, and their gradient is 0."
    more = {
        "distance": " No distance is measured to one: it is on neither side of a boundary.",
        "shape": " As a neighbour one is like what is outside the volume.",
    }
    return said + more.get(loss.character, "")


def _docstring(loss: Loss) -> str:
    parameters = "\n".join(
        f"{p.name} : {_annotation(p)}, default {p.default!r}\n    {p.meaning}"
        for p in loss.parameters
    )
    return f"""{loss.summary}

Formula: ``{loss.formula}``, with I = Σpg, P = Σp, G = Σg over the N voxels of one class.

Parameters
----------
{parameters}
from_logits : bool, default False
    Whether predictions are logits: of a softmax, or of a sigmoid if there is one channel or
    channels are independent.
ignore_class : int, optional
    The channel of the truth whose voxels count nowhere; the prediction may lack it.
name, reduction, dtype
    As in `keras.losses.Loss`.

Notes
-----
Shapes: {_shapes(loss)}

One channel: {_one_channel(loss)}

Voxels left out: {_left_out(loss)}

False positives: {loss.false_positives}

False negatives: {loss.false_negatives}

Edge cases: {loss.edge_cases}

References
----------
{loss.citation}

Examples
--------
>>> import numpy as np
>>> foreground = np.array([0.0, 0.5, 0.5, 1.0]).reshape(1, 1, 2, 2)
>>> prediction = np.stack([1 - foreground, foreground], axis=-1)
>>> truth = np.eye(2)[np.array([0, 0, 1, 1]).reshape(1, 1, 2, 2)]
>>> round(float({loss.class_name}()(truth, prediction)), 4)
{loss.example_value}
"""


def _initializer(loss: Loss) -> Callable[..., None]:
    """Return an ``__init__`` that shows the loss's own parameters."""

    def __init__(self: SegmentationLoss, **arguments: Any) -> None:  # noqa: N807
        SegmentationLoss.__init__(self, **arguments)

    __init__.__qualname__ = f"{loss.class_name}.__init__"
    inherited = inspect.signature(SegmentationLoss.__init__).parameters.values()
    # On the function: a signature on the class would pass for that of its instances, too.
    __init__.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY),
            *(
                inspect.Parameter(p.name, inspect.Parameter.KEYWORD_ONLY, default=p.default)
                for p in loss.parameters
            ),
            *(p for p in inherited if p.kind is inspect.Parameter.KEYWORD_ONLY),
        ]
    )
    return __init__
