"""Top-k cross-entropy loss."""

from __future__ import annotations

import math

from lossexplorer.core.parameters import Number
from lossexplorer.losses._counting import counting_type
from lossexplorer.losses._description import Loss
from lossexplorer.losses._domain import Domain
from lossexplorer.losses._logarithm import surprise
from lossexplorer.losses._parameters import (
    INCLUDE_BACKGROUND,
    LABEL_SMOOTHING,
    class_weights,
    per_class,
    pooling,
)
from lossexplorer.losses._sums import Tensor, voxel_sum


def topk_cross_entropy(
    g: Tensor,
    p: Tensor,
    log_p: Tensor,
    domain: Domain,
    *,
    k: float,
    class_weights: str | tuple[float, ...],
    label_smoothing: float,
    pooling: str,
) -> Tensor:
    """Return each class's share of the mean of the k percent largest voxel cross-entropies.

    Parameters
    ----------
    g, p, log_p : tensor, shape (sample, class, z, y, x)
        Truth, probabilities and their logarithms; only the logarithm is used.
    domain : Domain
        Factors of the voxels' cross-entropies, before voxels are compared. A voxel of weight 0 is
        none of the N.
    k : float
        Percent of the N voxels: the K = ⌊N k / 100⌋ voxels with the largest cross-entropy, at
        least one.
    class_weights : "none" or tuple of float
        Factors of the classes' cross-entropies, before voxels are compared.
    label_smoothing : float
        ε: a truth g counts as (1 − ε) g + ε/C.
    pooling : {"sample", "batch"}
        Whether the K voxels are chosen in each sample or in the batch.
    """
    del p
    from keras import ops

    if label_smoothing > 0:
        g = (1 - label_smoothing) * g + label_smoothing / g.shape[1]
    if not isinstance(class_weights, str):
        factors = per_class(class_weights, g, "class_weights")
        g = g * ops.reshape(factors, (1, -1, 1, 1, 1))
    voxels = ops.sum(surprise(g, ops.stop_gradient(log_p)), axis=1)
    if domain.voxel_weights is None:
        shares = ops.expand_dims(_shares(voxels, k, pooling), 1)
    else:
        weights = domain.voxel_weights[:, 0]
        # Below every voxel that counts.
        voxels = ops.where(weights > 0, weights * voxels, -ops.ones_like(voxels))
        chosen = _shares(voxels, k, pooling, counted=weights > 0)
        shares = ops.expand_dims(ops.where(weights > 0, chosen, ops.zeros_like(chosen)), 1)
        shares = shares * domain.voxel_weights
    # The logarithms of voxels that are not chosen may be infinite and must not be used.
    terms = surprise(g * shares, log_p)
    terms = voxel_sum(ops.reshape(terms, (*ops.shape(terms)[:2], -1)))
    return ops.sum(terms, axis=0, keepdims=True) if pooling == "batch" else terms


def _shares(voxels: Tensor, k: float, pooling: str, counted: Tensor | None = None) -> Tensor:
    """Return each voxel's weight in the mean of the K largest, with the shape of `voxels`.

    Voxels that tie for the last places share these places.

    Parameters
    ----------
    voxels : tensor, shape (sample, z, y, x)
        The cross-entropy in each voxel.
    k, pooling
        See `topk_cross_entropy`.
    counted : tensor of bool, shape (sample, z, y, x), optional
        The voxels of which K are chosen; all by default.
    """
    from keras import ops

    groups = 1 if pooling == "batch" else ops.shape(voxels)[0]
    rows = ops.reshape(voxels, (groups, -1))
    if counted is None:
        count = _count(ops.shape(rows)[1], k)
        last = ops.top_k(rows, count)[0][:, -1:]
    else:
        each = ops.reshape(counted, (groups, -1))
        count = _count(ops.sum(ops.cast(each, "int32"), axis=1, keepdims=True), k)
        last = ops.take_along_axis(-ops.sort(-rows, axis=1), count - 1, axis=1)
    above, equal = rows > last, rows == last
    number = [ops.sum(ops.cast(m, "int32"), axis=1, keepdims=True) for m in (above, equal)]
    left = ops.cast(count - number[0], rows.dtype) / ops.cast(number[1], rows.dtype)
    chosen = ops.where(above, ops.ones_like(rows), ops.where(equal, left, ops.zeros_like(rows)))
    return ops.reshape(chosen / ops.cast(count, rows.dtype), ops.shape(voxels))


def _count(voxels: int | Tensor, k: float) -> int | Tensor:
    """Return K, as a number if the number of voxels is known when the function is traced."""
    if isinstance(voxels, int):
        return max(1, int(voxels * k / 100))
    from keras import ops

    number = ops.cast(voxels, counting_type(ops.ones((), "float32")))
    return ops.maximum(ops.cast(number * k / 100, "int32"), 1)


LOSS = Loss(
    name="topk_cross_entropy",
    title="Top-k cross-entropy",
    class_name="TopKCrossEntropy",
    summary="Mean of −log of the true class's probability over the k % of voxels with the largest.",
    formula="(1/K) Σ over the K largest of −Σ g log p, K = ⌊N k / 100⌋",
    citation="Wu, Shen, van den Hengel 2016 (arXiv 1605.06885)",
    false_positives="Cost −log of what they leave to the true class, if among the worst k %.",
    false_negatives="Cost −log p of the class that was missed, if among the worst k %.",
    edge_cases=(
        "Infinite where the true class has probability 0. At least one voxel is chosen. Voxels "
        "that tie for the last places share them. An absent class adds nothing. Without the "
        "background its voxels add nothing, but N stays all voxels."
    ),
    field=topk_cross_entropy,
    exclusive=True,
    coupled=True,
    one_channel="both",
    reduction="sum",
    working_fields=lambda _, gradient: 10 if gradient else 8,
    parameters=(
        Number(
            name="k",
            title="k",
            meaning="Percent of the voxels that count; 100 is cross-entropy.",
            default=10.0,
            low=0.0,
            high=100.0,
        ),
        class_weights(
            ("none",), "Factor of each class's cross-entropy, before voxels are compared."
        ),
        LABEL_SMOOTHING,
        pooling("batch", ("sample", "batch")),
        INCLUDE_BACKGROUND,
    ),
    operation="log 0",
    bounds=(0.0, math.inf),
    perfect=0.0,
    all_background=math.inf,
    finite_when_absent=True,
    character="rank",
    order=56,
    color="#8a63d2",
    example_value=0.6931,
)
