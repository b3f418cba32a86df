"""Keras: the released version and the development branch."""

from __future__ import annotations

from lossexplorer.conventions._convention import Convention, Library

KERAS = Library("Keras", "3.15.1", "keras-team/keras")
KERAS_MAIN = Library("Keras main", "3422977", "keras-team/keras")

_EPSILON = {"smooth_dr": 1e-7}
_CLIPS = "divides p by its sum and clips it to [1e-7, 1 − 1e-7]: beyond, no gradient"
_ALL = "one ratio of everything: 1 − the mean probability of the true class"

CONVENTIONS = (
    Convention(
        library=KERAS,
        name="Dice()",
        loss="dice",
        parameters={**_EPSILON, "pooling": "all"},
        note=_ALL,
    ),
    Convention(
        library=KERAS,
        name="Dice(axis=(1, 2, 3))",
        loss="dice",
        parameters=_EPSILON,
        note="an absent class costs 1 even if nothing is predicted for it",
    ),
    Convention(
        library=KERAS,
        name="Tversky()",
        loss="tversky",
        parameters={"alpha": 0.5, "beta": 0.5, **_EPSILON, "pooling": "all"},
        note=_ALL,
    ),
    Convention(
        library=KERAS,
        name="Tversky(alpha=0.3, beta=0.7, axis=(1, 2, 3))",
        loss="tversky",
        parameters={"alpha": 0.7, "beta": 0.3, **_EPSILON},
        note="a bug: alpha weighs false negatives and beta false positives, against its docs",
    ),
    Convention(library=KERAS, name="CategoricalCrossentropy()", loss="cross_entropy", note=_CLIPS),
    Convention(
        library=KERAS,
        name="CategoricalFocalCrossentropy()",
        loss="focal",
        parameters={"alpha": 0.25},
        note=f"α is one factor of all classes; {_CLIPS}",
    ),
    Convention(
        library=KERAS,
        name="CategoricalGeneralizedCrossEntropy()",
        loss="generalized_cross_entropy",
        parameters={"q": 0.5},
    ),
    Convention(
        library=KERAS_MAIN,
        name="Tversky(alpha=0.3, beta=0.7, axis=(1, 2, 3))",
        loss="tversky",
        parameters={"alpha": 0.3, "beta": 0.7, **_EPSILON},
        note="the bug is gone: alpha weighs false positives",
    ),
)
