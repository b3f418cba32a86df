"""Generalized Wasserstein Dice loss."""

from __future__ import annotations

from lossexplorer.core.parameters import NumberArray, ParameterError
from lossexplorer.losses._description import Loss
from lossexplorer.losses._parameters import CLASS_WEIGHTS, pooling, smooth
from lossexplorer.losses._sums import Sums, Tensor


def distances_to_truth(
    g: Tensor, p: Tensor, log_p: Tensor, *, distances: str | tuple[tuple[float, ...], ...]
) -> dict[str, Tensor]:
    """Return W by predicted class: p times the distance of its class from the true class.

    Parameters
    ----------
    g, p, log_p : tensor, shape (sample, class, …)
        Truth and probabilities; the logarithm is not used.
    distances : "uniform", "ordinal" or tuple of rows
        The distances between classes, from 0 to 1.
    """
    from keras import ops

    del log_p
    classes, rank = g.shape[1], len(g.shape)
    between = ops.convert_to_tensor(_matrix(distances, classes), p.dtype)
    column = (1, classes, *[1] * (rank - 2))
    error, on_object = ops.zeros_like(p), ops.zeros_like(p)
    for true in range(classes):
        moved = p * ops.reshape(between[:, true], column) * g[:, true : true + 1]
        error += moved
        if true > 0:
            on_object += moved
    return {"error": error, "on_object": on_object}


def _matrix(
    distances: str | tuple[tuple[float, ...], ...], classes: int
) -> list[list[float]] | tuple[tuple[float, ...], ...]:
    if not isinstance(distances, str):
        if len(distances) != classes:
            raise ParameterError(
                f"distances is a table of {len(distances)} classes, but there are {classes}."
            )
        return distances
    far = max(classes - 1, 1)
    if distances == "ordinal":
        return [[abs(a - b) / far for b in range(classes)] for a in range(classes)]
    return [[float(a != b) for b in range(classes)] for a in range(classes)]


def wasserstein_dice(sums: Sums, *, smooth: float) -> Tensor:
    """Return each predicted class's share of 1 − (2A + s) / (2A + E + s).

    A = Σ (1 − W) over the voxels of objects and E = Σ W over all voxels.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class, with the sums of `distances_to_truth`.
    smooth : float
        s, added to numerator and denominator.
    """
    from keras import ops

    objects = ops.sum(sums.truth[:, 1:], axis=1, keepdims=True)
    overlap = objects - ops.sum(sums.own["on_object"], axis=1, keepdims=True)
    error = ops.sum(sums.own["error"], axis=1, keepdims=True)
    return sums.own["error"] / (2 * overlap + error + smooth)


LOSS = Loss(
    name="wasserstein_dice",
    title="Wasserstein Dice",
    class_name="WassersteinDice",
    summary="Dice in which confusing two classes costs the distance between them.",
    formula="1 − 2A / (2A + E),  A = Σ (1 − W) on objects,  E = Σ W,  W = Σ M[l, g] p_l",
    citation="Fidon et al. 2017 (BrainLes)",
    false_positives="Cost the distance of their class from the background.",
    false_negatives="Cost the distance of the missed class from what was predicted.",
    edge_cases=(
        "An absent class costs only what is predicted for it. A volume of background alone that "
        "is predicted perfectly is 0/0 with smooth = 0."
    ),
    maps=distances_to_truth,
    exclusive=True,
    coupled=True,
    terms=wasserstein_dice,
    one_channel="both",
    reduction="sum",
    parameters=(
        NumberArray(
            name="distances",
            title="Distances",
            meaning="Between classes, from 0 to 1: uniform, 1 between any two; ordinal, by how "
            "far apart their ids are; or a table.",
            default="uniform",
            rules=("uniform", "ordinal"),
            dimensions=(2,),
            high=1.0,
        ),
        smooth("Added to numerator and denominator."),
        CLASS_WEIGHTS,
        pooling("sample", ("sample", "batch")),
    ),
    operation="0/0",
    cures=("smooth",),
    bounds=(0.0, 1.0),
    perfect=0.0,
    all_background=1.0,
    finite_when_absent=True,
    character="two-valued",
    order=24,
    color="#e0a030",
    example_value=0.25,
)
