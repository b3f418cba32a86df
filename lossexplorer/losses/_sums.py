"""The sums over voxels from which losses are computed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Literal

from lossexplorer.core.parameters import ParameterError

Tensor = Any
"""An array of the Keras backend in use, or a NumPy array."""

Pooling = Literal["sample", "batch", "all"]


@dataclass(frozen=True)
class Sums:
    """The sums over voxels from which a loss is computed, per sample and class.

    With prediction p and truth g of one class, over the voxels of one sample:

    Attributes
    ----------
    intersection : tensor, shape (sample, class)
        Σ p g, the soft true positives.
    prediction : tensor, shape (sample, class)
        Σ p.
    truth : tensor, shape (sample, class)
        Σ g.
    squared_prediction : tensor, shape (sample, class)
        Σ p².
    voxels : tensor, shape (sample, class)
        The number of voxels.
    own : mapping of str to tensor, shape (sample, class)
        The sums of one loss's own maps.
    """

    intersection: Tensor
    prediction: Tensor
    truth: Tensor
    squared_prediction: Tensor
    voxels: Tensor
    own: Mapping[str, Tensor] = field(default_factory=dict)

    def map(self, function: Callable[[Tensor], Tensor]) -> Sums:
        """Return the sums with `function` applied to each tensor."""
        standard = Sums(*(function(getattr(self, name)) for name in SUM_NAMES))
        return standard.with_own({name: function(value) for name, value in self.own.items()})

    def with_own(self, own: Mapping[str, Tensor]) -> Sums:
        """Return the same sums with the sums of a loss's own maps."""
        return replace(self, own=own)

    def pooled(self, pooling: Pooling) -> Sums:
        """Return the sums over each sample, over the batch, or over the batch and the classes.

        Parameters
        ----------
        pooling : {"sample", "batch", "all"}
            The sums that one ratio is computed from. Pooled axes are kept with length 1.
        """
        if pooling == "sample":
            return self
        from keras import ops

        axes = (0,) if pooling == "batch" else (0, 1)
        return self.map(lambda value: ops.sum(value, axis=axes, keepdims=True))

    def without_background(self) -> Sums:
        """Return the sums of every class but the first.

        Raises
        ------
        ParameterError
            If there is only one class, so that no class would be left.
        """
        require_classes(self.truth.shape[1], 1)
        return self.map(lambda value: value[:, 1:])


SUM_NAMES = ("intersection", "prediction", "truth", "squared_prediction", "voxels")
"""The sums that every loss can use, in their order."""


def require_classes(classes: int, left_out: int) -> None:
    """Raise `ParameterError` if no class would be left for a loss."""
    if classes <= left_out:
        raise ParameterError(
            "include_background = false leaves no class: there is only one channel."
        )


def standard_maps(g: Tensor, p: Tensor) -> dict[str, Tensor]:
    """Return the fields whose sums are the standard sums, in the order of `SUM_NAMES`.

    Parameters
    ----------
    g, p : tensor, shape (…, class, voxel)
        Truth and probabilities.
    """
    from keras import ops

    fields = (p * g, p, g, p * p, ops.ones_like(g))
    return dict(zip(SUM_NAMES, fields, strict=True))


def infinite(maps: Mapping[str, Tensor]) -> Tensor:
    """Return 1 in voxels in which one of a loss's maps is infinite, else 0."""
    from keras import ops

    first, *others = (ops.isinf(field) for field in maps.values())
    return ops.cast(reduce(ops.logical_or, others, first), "float32")


_BLOCK = 8
_ROUNDS = 8


def voxel_sum(field: Tensor) -> Tensor:
    """Return the sum over the last axis, accurate in float32.

    A running float32 sum over a whole volume would be wrong by percents. Therefore eight blocks of
    the field are added voxel by voxel, then eight blocks of the result, and so on.

    Parameters
    ----------
    field : tensor, shape (sample, class, voxel)
        The field.

    Returns
    -------
    tensor, shape (sample, class)
        The sums.
    """
    from keras import ops

    batch, classes = ops.shape(field)[0], ops.shape(field)[1]
    left = field
    rest = ops.zeros_like(field[..., 0])
    for _ in range(_ROUNDS):
        count = ops.shape(left)[2] // _BLOCK
        rest += ops.sum(left[..., count * _BLOCK :], axis=2)
        whole = ops.reshape(left[..., : count * _BLOCK], (batch, classes, _BLOCK, count))
        # Additions and not `ops.sum`, because XLA merges nested sums into one running sum.
        left = reduce(operator.add, ops.unstack(whole, _BLOCK, axis=2))
    return rest + ops.sum(left, axis=2)


def voxel_mean(field: Tensor, voxel_weights: Tensor | None) -> Tensor:
    """Return the mean over voxels, shape (sample, class); 0 where no voxel counts.

    Parameters
    ----------
    field : tensor, shape (sample, class, z, y, x)
        The field.
    voxel_weights : tensor, shape (sample, 1, z, y, x), or None
        How much each voxel counts; all the same if it is None.
    """
    from keras import ops

    def flat(each: Tensor) -> Tensor:
        return ops.reshape(each, (*ops.shape(each)[:2], -1))

    if voxel_weights is None:
        return voxel_sum(flat(field)) / ops.cast(ops.shape(flat(field))[2], field.dtype)
    counted = voxel_sum(flat(voxel_weights))
    counts = counted > 0
    return voxel_sum(flat(field * voxel_weights)) / ops.where(counts, counted, 1)


def wide(value: Any) -> Tensor:
    """Return a field as floats of at least 32 bits.

    Parameters
    ----------
    value : array-like
        Numbers of any type; float64 is kept, other types are converted to float32.
    """
    from keras import ops

    tensor = ops.convert_to_tensor(value)
    return tensor if "float64" in str(tensor.dtype) else ops.cast(tensor, "float32")


def class_first(field: Tensor) -> Tensor:
    """Return a field of shape (batch, …, class) as (batch, class, voxel)."""
    from keras import ops

    first = ops.moveaxis(field, -1, 1)
    shape = ops.shape(first)
    return ops.reshape(first, (shape[0], shape[1], -1))


def class_sums(truth: Tensor, prediction: Tensor) -> Sums:
    """Return the sums per sample and class of fields in the order of axes of Keras.

    Parameters
    ----------
    truth, prediction : tensor, shape (batch, z, y, x, class) or any (batch, …, class)
        One-hot or soft truth, and probabilities. Floats narrower than float32 are widened.

    Returns
    -------
    Sums
        Sums of shape (batch, class).

    Examples
    --------
    >>> import numpy as np
    >>> g = np.eye(2, dtype="float32")[np.array([0, 1, 1])].reshape(1, 3, 1, 1, 2)
    >>> sums = class_sums(g, g)
    >>> np.asarray(sums.intersection).tolist()
    [[1.0, 2.0]]
    """
    from keras import ops

    p = wide(prediction)
    g = ops.cast(truth, p.dtype)
    fields = standard_maps(class_first(g), class_first(p))
    return Sums(*(voxel_sum(field) for field in fields.values()))
