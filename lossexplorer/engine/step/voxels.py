"""Compute truth and prediction in some voxels of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from lossexplorer.engine.backends.active import ops
from lossexplorer.engine.step.moving import voxels_moved
from lossexplorer.predictions import Once, Recipe, follow, unchanged

Tensor = Any


def taken(voxels: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input of `predicted` for single voxels: fields of shape (k, n).

    Parameters
    ----------
    voxels : mapping
        The result of `Plan.at`.
    """
    others = dict(voxels)
    place, moves = others.pop("place"), others.pop("moves", None)
    moved = None if moves is None else voxels_moved(others.pop("basis"), moves, place)

    def at(field: Tensor) -> Tensor:
        if len(field.shape) < 2:
            return field
        return ops.take(ops.reshape(field, (*field.shape[:-2], -1)), place, axis=-1)

    found: dict[str, Any] = keras.tree.map_structure(at, others)
    if moved is not None:
        found["basis"] = moved
    return found


def predicted(
    chosen: Recipe, values: Any, voxels: Mapping[str, Any], once: Once = unchanged
) -> tuple[Tensor, Tensor, Tensor]:
    """Return truth, probabilities and their logarithms in some voxels.

    Parameters
    ----------
    chosen, values
        As in `lossexplorer.engine.step.plan.Plan`.
    voxels : mapping
        The result of `Plan.whole` or `taken`, or a chunk of the result of `Plan.everywhere`.
    once : callable
        See `lossexplorer.predictions.Once`.
    """
    p, log_p = follow(chosen, voxels["basis"], values, voxels["noise"], once)
    return truth(voxels, p), p, log_p


def where_counted(voxels: Mapping[str, Any], field: Tensor) -> Tensor:
    """Return a field with 0 in the voxels that count nowhere, also where it is not finite.

    Parameters
    ----------
    voxels : mapping
        As in `predicted`.
    field : tensor, shape (k, …)
        The field, in these voxels.
    """
    if "ignored" not in voxels:
        return field
    return ops.where(voxels["ignored"] != 0, ops.zeros_like(field), field)


def truth(voxels: Mapping[str, Any], p: Tensor) -> Tensor:
    """Return the truth in some voxels, one-hot except in its rim, with the shape of `p`."""
    # Class indices are an input, because XLA would count in 64-bit integers, of which only half as
    # many are compared by one instruction.
    classes = ops.reshape(voxels["classes"], [-1] + [1] * (len(p.shape) - 1))

    def one_hot(labels: Tensor) -> Tensor:
        return ops.cast(ops.cast(labels, "int32") == classes, p.dtype)

    g = one_hot(voxels["labels"])
    if "rim" not in voxels:
        return g
    share = voxels["rim_share"]
    return (1 - share) * g + share * one_hot(voxels["rim"])
