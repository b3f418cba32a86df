"""The losses as Keras losses, over (batch, z, y, x, class).

What was explored in the window goes into a model unchanged::

    from lossexplorer.keras import CrossEntropy, Tversky
    model.compile(
        loss={"organs": Tversky(alpha=0.3, beta=0.7), "vessels": CrossEntropy()},
        loss_weights={"organs": 0.5, "vessels": 0.3},
    )

The classes are made from the descriptions in `lossexplorer.losses`: same parameter names, same
defaults, same numbers. Predictions are probabilities; put the softmax into the model.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

import keras
from keras import ops

from lossexplorer.losses import (
    LOSSES,
    Loss,
    Sums,
    require_classes,
    standard_maps,
    voxel_sum,
    wide,
)
from lossexplorer.parameters import Choice, Flag, Numbers, Parameter

__all__ = ["SegmentationLoss"]


class SegmentationLoss(keras.losses.Loss):  # type: ignore[misc]  # Keras has no types
    """What the Keras losses of this module share.

    Called with truth and prediction of the same shape (batch, …, class), it gives with the
    default reduction the loss's value, a scalar. With ``reduction=None`` it gives the terms whose
    mean that is: per sample and class, per sample, or per voxel, depending on the loss.

    Parameters
    ----------
    name : str, optional
        The loss's name if not given.
    reduction, dtype
        As in `keras.losses.Loss`.
    **parameters
        The loss's parameters; what is not given has its default.

    Raises
    ------
    lossexplorer.parameters.ParameterError
        If a parameter is unknown or its value is not allowed.
    ValueError
        On a call with shapes that differ or have no class axis.
    """

    description: ClassVar[Loss]

    def __init__(
        self,
        *,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
        **parameters: Any,
    ) -> None:
        super().__init__(name=name or self.description.name, reduction=reduction, dtype=dtype)
        self.parameters = self.description.complete(parameters)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the terms whose mean is the loss.

        Parameters
        ----------
        y_true, y_pred : tensor, shape (batch, z, y, x, class)
            One-hot or soft truth, and probabilities.
        """
        if not _same_shape(tuple(y_true.shape), tuple(y_pred.shape)) or len(y_pred.shape) < 3:
            raise ValueError(
                f"{type(self).__name__} needs truth and prediction of one shape "
                f"(batch, z, y, x, class), not {tuple(y_true.shape)} and {tuple(y_pred.shape)}."
            )
        loss, values = self.description, dict(self.parameters)
        p = ops.moveaxis(wide(y_pred), -1, 1)
        g = ops.moveaxis(ops.cast(y_true, p.dtype), -1, 1)
        if not values.get("include_background", True):
            # Left out before the logarithm: 0 times its infinite slope would be NaN.
            require_classes(y_pred.shape[-1], 1)
            g, p, values["include_background"] = g[:, 1:], p[:, 1:], True
        # Where nothing is true, log 0 has an infinite slope, too.
        log_p = ops.log(ops.where((p > 0) | (g > 0), p, ops.ones_like(p)))
        maps = loss.voxel_maps(g, p, log_p, values)
        sums = _sums(g, p).with_own({name: voxel_sum(_flat(m)) for name, m in maps.items()})
        if loss.factors is not None:
            factors = loss.voxel_factors(sums, values)
            return sum(
                ops.sum(_like(factor, p) * maps[name], axis=1) for name, factor in factors.items()
            )
        if loss.field is not None:
            terms = loss.field_terms(_volumes(g), _volumes(p), _volumes(log_p), _VOXELS, values)
        else:
            terms = loss.class_terms(sums, values)
        if loss.reduction == "mean" and loss.counted is None:
            return terms
        weights = loss.weights(sums, values) * ops.shape(terms)[0]
        return ops.sum(terms * weights, axis=1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {**super().get_config(), **self.parameters}


_VOXELS = (1.0, 1.0, 1.0)


def _flat(field: Any) -> Any:
    """Return a field of shape (batch, class, …) as (batch, class, voxel)."""
    shape = ops.shape(field)
    return ops.reshape(field, (shape[0], shape[1], -1))


def _sums(g: Any, p: Any) -> Sums:
    return Sums(*(voxel_sum(field) for field in standard_maps(_flat(g), _flat(p)).values()))


def _like(factor: Any, field: Any) -> Any:
    """Return factors of shape (batch or 1, class), to be multiplied with a field."""
    shape = ops.shape(factor)
    return ops.reshape(factor, (*shape, *[1] * (len(field.shape) - 2)))


def _volumes(field: Any) -> Any:
    """Return a field of shape (batch, class, …) with three axes of space."""
    missing = range(2, 2 + 5 - len(field.shape))
    return ops.expand_dims(field, tuple(missing)) if missing else field


def _same_shape(one: tuple[int | None, ...], other: tuple[int | None, ...]) -> bool:
    """Whether two shapes agree, as far as they are known before data flow."""
    return len(one) == len(other) and all(
        a == b or a is None or b is None for a, b in zip(one, other, strict=True)
    )


def _annotation(parameter: Parameter) -> str:
    if isinstance(parameter, Flag):
        return "bool"
    if isinstance(parameter, Choice):
        return "{" + ", ".join(f'"{option}"' for option in parameter.options) + "}"
    if isinstance(parameter, Numbers):
        forms = {0: "float", 1: "tuple of float", 2: "tuple of tuples of float"}
        rules = "{" + ", ".join(f'"{rule}"' for rule in parameter.rules) + "}"
        return " or ".join([rules, *(forms[d] for d in parameter.dimensions)])
    return "float"


def _docstring(loss: Loss) -> str:
    parameters = "\n".join(
        f"{p.name} : {_annotation(p)}, default {p.default!r}\n    {p.meaning}"
        for p in loss.parameters
    )
    return f"""{loss.summary}

Formula: ``{loss.formula}``, with I = Σpg, P = Σp, G = Σg over the voxels of one class.

Parameters
----------
{parameters}
name, reduction, dtype
    As in `keras.losses.Loss`.

Notes
-----
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


def _keras_class(loss: Loss) -> type[SegmentationLoss]:
    made = type(
        loss.class_name,
        (SegmentationLoss,),
        {
            "description": loss,
            "__doc__": _docstring(loss),
            "__init__": _initializer(loss),
            "__module__": __name__,
        },
    )
    registered: type[SegmentationLoss] = keras.saving.register_keras_serializable("lossexplorer")(
        made
    )
    return registered


for _loss in LOSSES.values():
    globals()[_loss.class_name] = _keras_class(_loss)
    __all__ += [_loss.class_name]  # noqa: PLE0604 - one class per description
