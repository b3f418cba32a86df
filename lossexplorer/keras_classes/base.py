"""What the Keras losses share: axes, weights of samples, reduction and the way to the values."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, ClassVar

import keras
from keras import ops

from lossexplorer.core.parameters import ParameterError
from lossexplorer.losses import (
    Domain,
    Loss,
    Sums,
    require_classes,
    standard_maps,
    voxel_sum,
    wide,
)
from lossexplorer.losses._description import weighed


class SegmentationLoss(keras.losses.Loss):  # type: ignore[misc]  # Keras has no types
    """What the Keras losses of `lossexplorer.keras` share.

    Called with truth and prediction of one shape, (batch, z, y, x, class), (batch, y, x, class)
    or (batch, voxel, class), it gives with the default reduction the loss's value, a scalar. With
    ``reduction=None`` it gives what that is the mean of: one value per voxel, shape
    (batch, z, y, x), from a loss that is a mean over voxels; one per sample, shape (batch,), from
    any other; a single one, shape (1,), where pooling joins the samples.

    Parameters
    ----------
    name : str, optional
        The loss's name by default.
    reduction, dtype
        As in `keras.losses.Loss`.
    **parameters
        The loss's parameters; what is left out has its default.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a parameter is unknown or its value is not allowed; on a call, if it does not fit the
        number of classes.
    ValueError
        On a call with shapes that differ or are none of the above, or with weights of samples
        that do not fit.
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
        with _named(type(self)):
            self.parameters = self.description.complete(parameters)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss.

        Parameters
        ----------
        y_true, y_pred : tensor, shape (batch, z, y, x, class)
            One-hot or soft truth, and probabilities.
        sample_weight : tensor, optional
            Factors, shape (batch,); (batch, z, y, x), too, if the loss is a mean over voxels.
            None if pooling joins the samples: then nothing is one sample's.

        Returns
        -------
        tensor
            A scalar, or what the class says about ``reduction=None``.
        """
        if sample_weight is not None:
            sample_weight = self._fitting(sample_weight, y_pred)
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the values whose mean is the loss.

        Parameters
        ----------
        y_true, y_pred : tensor, shape (batch, z, y, x, class)
            One-hot or soft truth, and probabilities.

        Returns
        -------
        tensor, shape (batch,), (1,) or (batch, z, y, x)
            Of float32, or of float64 if the prediction is.
        """
        self._require_shapes(tuple(y_true.shape), tuple(y_pred.shape))
        with _named(type(self)):
            return self._terms(*_class_first(y_true, y_pred))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {**super().get_config(), "dtype": self.dtype, **self.parameters}

    def _terms(self, g: Any, p: Any) -> Any:
        loss, values = self.description, dict(self.parameters)
        if not values.get("include_background", True):
            # Left out before the logarithm: 0 times its infinite slope would be NaN.
            require_classes(p.shape[1], 1)
            g, p, values["include_background"] = g[:, 1:], p[:, 1:], True
        sums = _sums(g, p)
        if loss.kind == "sums":
            return _over_classes(loss, loss.class_terms(sums, values), sums, values)
        if loss.factors is not None:
            return _per_voxel(loss, g, p, sums, values)
        log_p = _logarithm(g, p)
        if loss.kind == "field":
            g, p, log_p = (_volumes(field) for field in (g, p, log_p))
            terms = loss.field_terms(g, p, log_p, Domain(_VOXELS), values)
            return _over_classes(loss, terms, sums, values)
        maps = loss.voxel_maps(g, p, log_p, values)
        sums = sums.with_own({name: voxel_sum(_flat(field)) for name, field in maps.items()})
        return _over_classes(loss, loss.class_terms(sums, values), sums, values)

    def _require_shapes(self, truth: _Shape, prediction: _Shape) -> None:
        if not (_agree(truth, prediction) and len(prediction) in (3, 4, 5)):
            raise ValueError(
                f"{type(self).__name__} needs truth, one-hot, and prediction of one shape, "
                f"(batch, z, y, x, class), (batch, y, x, class) or (batch, voxel, class), "
                f"not {truth} and {prediction}."
            )
        if prediction[-1] is None:
            raise ValueError(
                f"{type(self).__name__} needs a prediction whose number of classes is known, "
                f"not one of shape {prediction}."
            )

    def _fitting(self, weight: Any, y_pred: Any) -> Any:
        """Return weights of samples, or of voxels, of the shape of what they multiply."""
        weight = ops.convert_to_tensor(weight)
        shape, terms = tuple(weight.shape), tuple(y_pred.shape)[:-1]
        if shape == ():
            return weight
        if self.parameters.get("pooling", "sample") != "sample":
            raise ValueError(
                f"{type(self).__name__} takes no weights of samples with pooling = "
                f"{self.parameters['pooling']}: it has one value for the whole batch."
            )
        per_voxel = self.description.factors is not None
        if _agree(shape, terms[:1]):
            if not per_voxel:
                return weight
            column = ops.reshape(weight, (-1, *[1] * (len(terms) - 1)))
            return ops.broadcast_to(column, ops.shape(y_pred)[:-1])
        if per_voxel and _agree(shape, terms):
            return weight
        shapes = "(batch,) or (batch, z, y, x)" if per_voxel else "(batch,)"
        raise ValueError(
            f"{type(self).__name__} needs weights of samples of shape {shapes}, not {shape} for a "
            f"prediction of shape {tuple(y_pred.shape)}."
        )


_VOXELS = (1.0, 1.0, 1.0)
_Shape = tuple[int | None, ...]


@contextlib.contextmanager
def _named(owner: type) -> Iterator[None]:
    """Let an error about a parameter begin with the class that it belongs to."""
    try:
        yield
    except ParameterError as error:
        raise ParameterError(f"{owner.__name__}: {error}") from None


def _agree(one: _Shape, other: _Shape) -> bool:
    """Whether two shapes are the same, as far as they are known before data flow."""
    return len(one) == len(other) and all(
        a == b or a is None or b is None for a, b in zip(one, other, strict=True)
    )


def _class_first(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Return truth and prediction as floats of shape (batch, class, …)."""
    p = wide(y_pred)
    # The truth may come from a generator that does not tell its number of classes.
    known = (*ops.shape(y_true)[:-1], p.shape[-1])
    g = ops.reshape(ops.cast(y_true, p.dtype), known)
    return ops.moveaxis(g, -1, 1), ops.moveaxis(p, -1, 1)


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
    return ops.expand_dims(field, tuple(range(2, 2 + 5 - len(field.shape))))


def _logarithm(g: Any, p: Any) -> Any:
    # Where nothing is true, log 0 has an infinite slope, too.
    return ops.log(ops.where((p > 0) | (g > 0), p, ops.ones_like(p)))


def _per_voxel(loss: Loss, g: Any, p: Any, sums: Sums, values: dict[str, Any]) -> Any:
    """Return one value per voxel, shape (batch, …), of a loss that is a mean over voxels."""
    factors = {name: _like(row, p) for name, row in loss.voxel_factors(sums, values).items()}
    # A class of weight 0 is left out before the logarithm, like the background.
    counts = sum(ops.abs(factor) for factor in factors.values()) > 0
    p = ops.where(counts, p, ops.ones_like(p))
    maps = loss.voxel_maps(g, p, _logarithm(g, p), values)
    return ops.sum(sum(weighed(factor, maps[name]) for name, factor in factors.items()), axis=1)


def _over_classes(loss: Loss, terms: Any, sums: Sums, values: dict[str, Any]) -> Any:
    """Return one value per sample from terms of shape (sample, class)."""
    if loss.counted is None:
        total = ops.sum(terms, axis=1)
        return total / terms.shape[1] if loss.reduction == "mean" else total
    term_weights = loss.term_weights(sums, values)
    samples = ops.sum(ops.ones_like(term_weights[:, 0]))
    counts = ops.where(term_weights > 0, terms * term_weights, ops.zeros_like(terms))
    return samples * ops.sum(counts, axis=1)
