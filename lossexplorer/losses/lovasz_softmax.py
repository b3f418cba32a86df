"""Lovász-softmax loss."""

from __future__ import annotations

from lossexplorer.core.parameters import Choice
from lossexplorer.losses._counting import counting_type
from lossexplorer.losses._description import Loss
from lossexplorer.losses._domain import Domain
from lossexplorer.losses._parameters import CLASS_WEIGHTS, INCLUDE_BACKGROUND, pooling
from lossexplorer.losses._sums import Sums, Tensor, voxel_sum


def lovasz_softmax(
    g: Tensor,
    p: Tensor,
    log_p: Tensor,
    domain: Domain,
    *,
    pooling: str,
) -> Tensor:
    """Return the Lovász extension of 1 − IoU at the errors |g − p|, per class.

    Parameters
    ----------
    g, p, log_p : tensor, shape (sample, class, z, y, x)
        Truth, probabilities and their logarithms; the logarithm is not used.
    domain : Domain
        How many voxels each voxel counts as.
    pooling : {"sample", "batch"}
        Whether the errors of each sample or of the batch are ranked.
    """
    del log_p
    from keras import ops

    truth, error = (_rows(field, pooling) for field in (g, ops.abs(g - p)))
    order = ops.argsort(-ops.stop_gradient(error), axis=2)
    counts = None
    if domain.voxel_weights is not None:
        every = _rows(ops.broadcast_to(domain.voxel_weights, ops.shape(g)), pooling)
        counts = ops.take_along_axis(every, order, axis=2)
    slopes = ops.cast(_slopes(ops.take_along_axis(truth, order, axis=2), counts), error.dtype)
    return voxel_sum(ops.take_along_axis(error, order, axis=2) * slopes)


def _rows(field: Tensor, pooling: str) -> Tensor:
    """Return a field as (sample, class, voxel), or with the batch as one sample."""
    from keras import ops

    if pooling == "batch":
        field = ops.swapaxes(field, 0, 1)[None]
    shape = ops.shape(field)
    return ops.reshape(field, (shape[0], shape[1], -1))


def _slopes(truth: Tensor, counts: Tensor | None = None) -> Tensor:
    """Return the increase of 1 − IoU when the voxel of the next smaller error is wrong, too.

    With I voxels of the object still right and U voxels in the union afterwards, the increase is
    (I (1 − g) + g U) divided by the product of this U and the previous one; this form has no
    cancellation. A voxel that counts v times increases it v times as much.

    Parameters
    ----------
    truth : tensor, shape (sample, class, voxel)
        The truth, ordered by decreasing error.
    counts : tensor, shape (sample, class, voxel), or None
        How many voxels each voxel counts as, in the same order; one if it is None.
    """
    from keras import ops

    truth = ops.cast(truth, counting_type(truth))
    counts = ops.ones_like(truth) if counts is None else ops.cast(counts, truth.dtype)
    wrong = ops.cumsum(truth * counts, axis=2)
    rank = ops.cumsum(counts, axis=2)
    intersection = wrong[..., -1:] - wrong
    union = intersection + rank
    before = union - (1 - truth) * counts
    product = union * before
    gain = (intersection * (1 - truth) + truth * union) * counts
    # For an absent class, the first wrong voxel makes the loss 1.
    empty = before <= 0
    first = ops.cast(counts > 0, gain.dtype)
    return ops.where(empty, first, gain / ops.where(empty, 1.0, product))


def counted(sums: Sums, *, classes: str) -> Tensor:
    """Return 1 for a class that counts in the mean and 0 for one that does not.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    classes : {"present", "all"}
        The classes with a voxel in the truth, or all classes.
    """
    from keras import ops

    if classes == "all":
        return ops.ones_like(sums.truth)
    return ops.cast(sums.truth > 0, sums.truth.dtype)


LOSS = Loss(
    name="lovasz_softmax",
    title="Lovász-softmax",
    class_name="LovaszSoftmax",
    summary="One minus IoU, continued to probabilities by ranking the errors.",
    formula="mean Σ m (J − J before), errors m = |g − p| falling, J = 1 − IoU if those so far fail",
    citation="Berman, Rannen Triki, Blaschko 2018 (CVPR)",
    false_positives="Pull by the rank of their error: the larger it is, the more.",
    false_negatives="Pull by 1/U: the fewer background voxels have a larger error, the more.",
    edge_cases=(
        "An absent class counts only with classes = all; its term is then the largest p, and "
        "that voxel alone has a slope. Of a one-hot prediction the value is 1 − IoU. Equal errors "
        "have the same value in any order, but not the same slopes: they are ranked in the order "
        "of the voxels. A voxel without error has slope 0."
    ),
    field=lovasz_softmax,
    counted=counted,
    working_fields=lambda _, gradient: 36 if gradient else 32,
    parameters=(
        Choice(
            name="classes",
            title="Classes",
            meaning="Mean over the classes present in the truth, or over all.",
            default="present",
            options=("present", "all"),
        ),
        CLASS_WEIGHTS,
        pooling("batch", ("sample", "batch")),
        INCLUDE_BACKGROUND,
    ),
    operation="not a number in the prediction",
    bounds=(0.0, 1.0),
    perfect=0.0,
    all_background=0.518519,
    finite_when_absent=True,
    character="rank",
    order=70,
    color="#e8618c",
    example_value=0.3333,
)
