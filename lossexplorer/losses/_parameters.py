"""Parameters of several losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lossexplorer.core.parameters import Choice, Flag, Number, NumberArray, ParameterError
from lossexplorer.losses._sums import Tensor

INCLUDE_BACKGROUND = Flag(
    name="include_background",
    title="Background",
    meaning="Whether class 0, the background, is one of the classes of the loss.",
    default=True,
)

OF_OVERLAPPING: Mapping[str, Any] = {"include_background": True, "channels": "independent"}
"""The values that parameters of these names have where classes overlap."""

SMOOTH_DR = NumberArray(
    name="smooth_dr",
    title="Smooth, denominator",
    meaning="Added to the denominator: as much as to the numerator, or a number.",
    default="smooth",
    rules=("smooth",),
    dimensions=(0,),
    high=1e9,
)

ABSENT = Choice(
    name="absent",
    title="Absent class",
    meaning="The term of a class with G = 0: as the formula gives it, or 0.",
    default="as-written",
    options=("as-written", "zero"),
)

OVER_CLASSES = Choice(
    name="over_classes",
    title="Over classes",
    meaning="Sum, or mean: the sum divided by the number of classes.",
    default="sum",
    options=("sum", "mean"),
)


def channels(weighing: str) -> Choice:
    """Return the parameter for whether classes exclude each other.

    Parameters
    ----------
    weighing : str
        What the loss's weights do if they do not, as a clause.
    """
    return Choice(
        name="channels",
        title="Channels",
        meaning="Exclusive: probabilities of a softmax. Independent: each channel is a binary "
        f"problem, in which {weighing}.",
        default="exclusive",
        options=("exclusive", "independent"),
    )


def pooling(default: str, options: tuple[str, ...] = ("sample", "batch", "all")) -> Choice:
    """Return the parameter for the sums that one ratio is computed from."""
    whole = " or over the batch and all classes" if "all" in options else ""
    between = "," if whole else " or"
    return Choice(
        name="pooling",
        title="Pooling",
        meaning=f"Sums over each sample{between} over the batch{whole and ','}{whole}.",
        default=default,
        options=options,
    )


def smooth(meaning: str, default: float = 0.0) -> Number:
    """Return the parameter for a number that is added to numerator and denominator."""
    return Number(
        name="smooth",
        title="Smooth",
        meaning=meaning,
        default=default,
        low=0.0,
        high=1e9,
        slider=(0.0, 1e4),
        scale="log",
        smallest=1e-7,
    )


def eps(meaning: str, default: float) -> Number:
    """Return the parameter for a small number that keeps a denominator from being 0."""
    return Number(
        name="eps",
        title="ε",
        meaning=meaning,
        default=default,
        low=0.0,
        high=1e12,
        slider=(0.0, 1e4),
        scale="log",
        smallest=1e-10,
    )


def false_positive_weight(default: float) -> Number:
    """Return the parameter for Tversky's α."""
    return _weight("alpha", "α", "false positives", default)


def false_negative_weight(default: float) -> Number:
    """Return the parameter for Tversky's β."""
    return _weight("beta", "β", "false negatives", default)


def _weight(name: str, letter: str, what: str, default: float) -> Number:
    return Number(
        name=name,
        title=f"{what.capitalize()} {letter}",
        meaning=f"Weight of {what}.",
        default=default,
        low=0.0,
        high=100.0,
        slider=(0.0, 2.0),
    )


def class_weights(rules: tuple[str, ...], meaning: str) -> NumberArray:
    """Return the parameter for class weights."""
    return NumberArray(
        name="class_weights",
        title="Class weights",
        meaning=meaning,
        default="none",
        rules=rules,
        dimensions=(1,),
    )


CLASS_WEIGHTS = class_weights(
    ("none",),
    "Factor of each class's term, as MONAI's weight: the mean over classes is not divided by the "
    "sum of the factors. A class of weight 0 counts nowhere.",
)


LABEL_SMOOTHING = Number(
    name="label_smoothing",
    title="Label smoothing",
    meaning="ε: the truth counts as (1 − ε) g + ε/C, with the C classes of the loss; 0 smooths "
    "nothing.",
    default=0.0,
    low=0.0,
    high=1.0,
)


def per_class(numbers: tuple[float, ...], like: Tensor, name: str) -> Tensor:
    """Return numbers as a tensor of shape (1, class).

    Parameters
    ----------
    numbers : tuple of float
        The parameter's value.
    like : tensor, shape (sample, class)
        Class sums, which determine the number of classes and the type.
    name : str
        The parameter's name, for the message.

    Raises
    ------
    ParameterError
        If there are more or fewer numbers than classes.
    """
    from keras import ops

    classes = like.shape[1]
    if len(numbers) != classes:
        raise ParameterError(
            f"{name} has {len(numbers)} numbers, but the loss has {classes} classes"
            " (the background counts if it is included)."
        )
    return ops.convert_to_tensor([numbers], like.dtype)
