"""From the fields of a Keras loss to the values whose mean it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras import ops

from lossexplorer.keras_classes.fields import LossInput
from lossexplorer.keras_classes.summing import voxel_total
from lossexplorer.losses import Domain, Loss, Sums, is_smoothed
from lossexplorer.losses._description import weighed

Tensor = Any

_VOXELS = (1.0, 1.0, 1.0)


def terms_of(
    loss: Loss, fields: LossInput, values: Mapping[str, Any], *, per_voxel: bool
) -> Tensor:
    """Return the values whose mean is a loss.

    Parameters
    ----------
    loss : Loss
        The loss.
    fields : LossInput
        Without the background if the loss leaves it out.
    values : mapping
        Every parameter's value, with ``include_background = True``.
    per_voxel : bool
        Whether a loss that is a mean over voxels gives a value per voxel and not per sample.

    Returns
    -------
    tensor, shape (batch,), (1,) or (batch, …)
        One per sample, one where pooling joins them, or one per voxel. One of what no voxel counts
        in is 0.
    """
    factors = loss.class_factors(values)
    if factors is not None and not all(factors) and not loss.coupled:
        fields = fields.without(ops.convert_to_tensor([factor > 0 for factor in factors]))
    sums = _sums(fields)
    if loss.factors is not None:
        found = _of_voxels(loss, fields, sums, values, per_voxel=per_voxel)
        if per_voxel:
            return found
    elif loss.kind == "sums":
        found = _over_classes(loss, loss.class_terms(sums, values), sums, values)
    elif loss.kind == "field":
        found = _over_classes(loss, _field_terms(loss, fields, values), sums, values)
    else:
        sums = sums.with_own(_own_sums(fields, _maps(loss, fields, values)))
        found = _over_classes(loss, loss.class_terms(sums, values), sums, values)
    if fields.weights is None:
        return found
    counted = sums.pooled(values.get("pooling", "sample")).voxels[:, 0] > 0
    return ops.where(counted, found, ops.zeros_like(found))


def _flat(field: Tensor) -> Tensor:
    """Return a field of shape (batch, …, class) as (batch, voxel, class)."""
    shape = ops.shape(field)
    return ops.reshape(field, (shape[0], -1, field.shape[-1]))


def _column(fields: LossInput) -> Tensor | None:
    """Return the weights of voxels, shape (batch, voxel, 1)."""
    if fields.weights is None:
        return None
    return _flat(ops.expand_dims(fields.weights, -1))


def _sums(fields: LossInput) -> Sums:
    g, p, weights = _flat(fields.g), _flat(fields.p), _column(fields)
    counted_g, counted_p = (g, p) if weights is None else (g * weights, p * weights)
    truth = voxel_total(counted_g)
    if weights is None:
        # Not of the shape of a sum, which would have to be computed for it.
        samples, count, classes = ops.shape(g)
        voxels = ops.ones((samples, classes), truth.dtype) * ops.cast(count, truth.dtype)
    else:
        voxels = ops.ones_like(truth) * voxel_total(weights)
    return Sums(
        intersection=voxel_total(p * counted_g),
        prediction=voxel_total(counted_p),
        truth=truth,
        squared_prediction=voxel_total(p * counted_p),
        voxels=voxels,
    )


def _own_sums(fields: LossInput, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the sums of a loss's own maps, by their names."""
    weights = _column(fields)
    flat = {name: _flat(field) for name, field in maps.items()}
    if weights is not None:
        flat = {name: weighed(weights, field) for name, field in flat.items()}
    return {name: voxel_total(field) for name, field in flat.items()}


def _maps(loss: Loss, fields: LossInput, values: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return a loss's own maps, shape (batch, …, class)."""
    smoothed = is_smoothed(values)
    g, p, log_p = fields.g, fields.p, fields.logarithm(everywhere=smoothed)
    # Logits may be infinite, and so may their logarithms.
    values = {**values, "guarded": fields.log_p is None and not smoothed}
    if not loss.coupled:
        # What depends on one class of one voxel alone takes any order of the axes.
        return loss.voxel_maps(g, p, log_p, values)
    g, p, log_p = (ops.moveaxis(field, -1, 1) for field in (g, p, log_p))
    maps = loss.voxel_maps(g, p, log_p, values)
    return {name: ops.moveaxis(field, 1, -1) for name, field in maps.items()}


def _of_voxels(
    loss: Loss, fields: LossInput, sums: Sums, values: Mapping[str, Any], *, per_voxel: bool
) -> Tensor:
    """Return one value per voxel, or per sample, of a loss that is a mean over voxels."""
    rank = len(fields.p.shape)
    factors = loss.voxel_factors(sums, values)
    if _may_leave_out(values):
        # A class of weight 0 is left out before the logarithm, like the background.
        counts = sum(ops.abs(factor) for factor in factors.values()) > 0
        fields = fields.without(_beside(counts, rank))
    maps = _maps(loss, fields, values)
    if not per_voxel:
        return ops.sum(loss.class_terms(sums.with_own(_own_sums(fields, maps)), values), axis=1)
    weighted = [weighed(_beside(factors[name], rank), field) for name, field in maps.items()]
    return ops.sum(sum(weighted), axis=-1)


def _may_leave_out(values: Mapping[str, Any]) -> bool:
    """Whether some class may have the factor 0 where its logarithm is not 0."""
    chosen = [values.get(name) for name in ("class_weights", "alpha")]
    numbers = [each if isinstance(each, tuple) else (each,) for each in chosen]
    return is_smoothed(values) or any(number == 0 for row in numbers for number in row)


def _beside(factor: Tensor, rank: int) -> Tensor:
    """Return factors of shape (batch or 1, class), to be multiplied with a field of some rank."""
    shape = ops.shape(factor)
    return ops.reshape(factor, (shape[0], *[1] * (rank - 2), shape[1]))


def _field_terms(loss: Loss, fields: LossInput, values: Mapping[str, Any]) -> Tensor:
    """Return the terms of a loss of the whole field, shape (sample, class)."""
    g, p, log_p = (
        _volumes(ops.moveaxis(field, -1, 1))
        for field in (fields.g, fields.p, fields.logarithm(everywhere=is_smoothed(values)))
    )
    weights = fields.weights
    if weights is not None:
        weights = _volumes(ops.expand_dims(weights, 1))
    return loss.field_terms(g, p, log_p, Domain(_VOXELS, weights), values)


def _volumes(field: Tensor) -> Tensor:
    """Return a field of shape (batch, class, …) with three axes of space."""
    return ops.expand_dims(field, tuple(range(2, 2 + 5 - len(field.shape))))


def _over_classes(loss: Loss, terms: Tensor, sums: Sums, values: Mapping[str, Any]) -> Tensor:
    """Return one value per sample from terms of shape (sample, class)."""
    if loss.counted is None:
        total = ops.sum(terms, axis=1)
        return total / terms.shape[1] if loss.reduction == "mean" else total
    term_weights = loss.term_weights(sums, values)
    samples = ops.sum(ops.ones_like(term_weights[:, 0]))
    counts = ops.where(term_weights > 0, terms * term_weights, ops.zeros_like(terms))
    return samples * ops.sum(counts, axis=1)
