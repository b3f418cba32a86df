"""Losses that need the whole field: their terms, and the tape over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lossexplorer.engine.backends import tensorflow as backend
from lossexplorer.engine.backends.tensorflow import ops
from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.values import Evaluated, by_class
from lossexplorer.losses import Loss, Partials, Sums, loss_named
from lossexplorer.parameters import Spacing

Tensor = Any


@dataclass(frozen=True)
class WholeField:
    """A loss of the whole field, and its partial derivatives in every voxel if asked for."""

    evaluated: Evaluated
    partials: Partials | None


def evaluate_field(
    setting: LossSetting,
    sums: Sums,
    fields: tuple[Tensor, Tensor, Tensor],
    spacing: Spacing,
    *,
    gradient: bool,
) -> WholeField:
    """Evaluate a loss on whole fields, class by class where its classes are apart.

    Parameters
    ----------
    setting : LossSetting
        The loss and its parameters.
    sums : Sums
        NumPy arrays of shape (1, class).
    fields : tuple of tensor, shape (class, z, y, x)
        Truth, probabilities and their logarithms.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    gradient : bool
        Whether to differentiate, which takes several times as long and as much memory.
    """
    loss, values = loss_named(setting.name), setting.parameters
    classes = int(fields[0].shape[0])
    first = 0 if values.get("include_background", True) else 1
    weights = np.asarray(loss.weights(sums, values))
    step = classes - first if loss.coupled else 1
    terms: list[Any] = []
    parts = [Partials(*(ops.zeros_like(f[:first]) for f in fields[1:]))]
    for start in range(first, classes, step):
        chosen = tuple(field[start : start + step][None] for field in fields)
        factor = weights[:, start - first : start - first + step]
        found, partials = _terms(loss, values, chosen, spacing, factor, gradient=gradient)
        terms.append(found)
        if partials is not None:
            parts.append(partials)
    table = np.concatenate(terms, axis=1)
    value = float(np.sum(np.where(weights > 0, table * weights, 0)))
    row = tuple(table[0].tolist())
    evaluated = Evaluated(setting, value, by_class(row, setting, classes), None)
    if not gradient:
        return WholeField(evaluated, None)
    joined = (ops.concatenate([getattr(p, k) for p in parts], axis=0) for k in ("p", "log_p"))
    return WholeField(evaluated, Partials(*joined))


def _terms(
    loss: Loss,
    values: Any,
    fields: tuple[Tensor, ...],
    spacing: Spacing,
    factor: Any,
    *,
    gradient: bool,
) -> tuple[Any, Partials | None]:
    g, p, log_p = fields

    def weighted(inputs: list[Tensor]) -> tuple[Tensor, Tensor]:
        terms = loss.field_terms(g, inputs[0], inputs[1], spacing, values)
        return ops.sum(terms * ops.cast(factor, terms.dtype)), terms

    if not gradient:
        return backend.to_numpy(weighted([p, log_p])[1]).astype(np.float64), None
    terms, slopes = backend.eager_slopes(weighted, [p, log_p])
    return backend.to_numpy(terms).astype(np.float64), Partials(slopes[0][0], slopes[1][0])
