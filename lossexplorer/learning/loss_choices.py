"""Which losses an output can have: those of the library and those of Keras, as data.

Nothing here imports Keras, so that the window's process can list, read and check losses.
`lossexplorer.learning.losses_of_outputs` makes Keras's objects of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lossexplorer.core.parameters import ParameterError, closest, parse_values
from lossexplorer.learning.setup import LossChoice
from lossexplorer.learning.targets import Target
from lossexplorer.losses import LOSSES


@dataclass(frozen=True)
class KerasLoss:
    """A loss of Keras.

    Attributes
    ----------
    name : str
        Its identifier, with which Keras itself is asked for it; ``keras.`` stands before one that
        is also the name of a loss of the library.
    title : str
        The words in the window.
    class_name : str
        Its class in `keras.losses`.
    is_of_classes : bool
        Whether it compares the probabilities of classes with a one-hot truth, and is no loss of
        numbers that can have either sign.
    """

    name: str
    title: str
    class_name: str
    is_of_classes: bool


def _keras(*rows: tuple[str, str, str, bool]) -> Mapping[str, KerasLoss]:
    return MappingProxyType({row[0]: KerasLoss(*row) for row in rows})


KERAS_LOSSES = _keras(
    ("mean_squared_error", "Mean squared error", "MeanSquaredError", False),
    ("mean_absolute_error", "Mean absolute error", "MeanAbsoluteError", False),
    ("huber", "Huber", "Huber", False),
    ("log_cosh", "Log-cosh", "LogCosh", False),
    ("cosine_similarity", "Cosine similarity", "CosineSimilarity", False),
    (
        "mean_absolute_percentage_error",
        "Mean absolute percentage error",
        "MeanAbsolutePercentageError",
        False,
    ),
    (
        "mean_squared_logarithmic_error",
        "Mean squared logarithmic error",
        "MeanSquaredLogarithmicError",
        False,
    ),
    ("categorical_crossentropy", "Categorical cross-entropy", "CategoricalCrossentropy", True),
    (
        "categorical_focal_crossentropy",
        "Categorical focal cross-entropy",
        "CategoricalFocalCrossentropy",
        True,
    ),
    ("binary_crossentropy", "Binary cross-entropy", "BinaryCrossentropy", True),
    ("binary_focal_crossentropy", "Binary focal cross-entropy", "BinaryFocalCrossentropy", True),
    ("kl_divergence", "Kullback-Leibler divergence", "KLDivergence", True),
    ("poisson", "Poisson", "Poisson", True),
    ("hinge", "Hinge", "Hinge", True),
    ("squared_hinge", "Squared hinge", "SquaredHinge", True),
    ("categorical_hinge", "Categorical hinge", "CategoricalHinge", True),
    ("keras.dice", "Dice (Keras)", "Dice", True),
    ("keras.tversky", "Tversky (Keras)", "Tversky", True),
)
"""The losses of Keras that an output can have, by name."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "mse": "mean_squared_error",
        "mae": "mean_absolute_error",
        "mape": "mean_absolute_percentage_error",
        "msle": "mean_squared_logarithmic_error",
        "bce": "binary_crossentropy",
        "kld": "kl_divergence",
    }
)
"""The short names that Keras has for some of its losses."""

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "sparse_categorical_crossentropy": "takes class indices, and the truth here is one-hot: "
        "choose categorical_crossentropy, which has the same value",
        "categorical_generalized_cross_entropy": "takes class indices, and the truth here is "
        "one-hot: choose generalized_cross_entropy of the library",
        "ctc": "compares sequences of characters, and there are none here",
        "circle": "compares embeddings of samples, and there are none here",
    }
)
"""Losses of Keras that no output can have, with the reason."""


def loss_titles() -> dict[str, str]:
    """Return the title of every loss that an output can have, by name, the library's first.

    Examples
    --------
    >>> titles = loss_titles()
    >>> titles["dice"], titles["keras.dice"], titles["huber"]
    ('Dice', 'Dice (Keras)', 'Huber')
    """
    of_library = {name: loss.title for name, loss in LOSSES.items()}
    return of_library | {name: loss.title for name, loss in KERAS_LOSSES.items()}


def parse_choice(text: str) -> LossChoice:
    """Read a loss as typed.

    Parameters
    ----------
    text : str
        ``NAME`` or, for a loss of the library, ``NAME:PARAM=VALUE,…``.

    Raises
    ------
    ParameterError
        If the name is unknown, or a parameter or its value is not allowed.

    Examples
    --------
    >>> parse_choice("tversky:alpha=0.3"), parse_choice("mse").name
    (LossChoice(name='tversky', parameters={'alpha': 0.3}), 'mean_squared_error')
    """
    name, _, listed = text.strip().partition(":")
    if name in LOSSES:
        return LossChoice(name, parse_values(LOSSES[name].parameters, listed, name))
    loss = checked(LossChoice(ALIASES.get(name, name)))
    if listed:
        raise ParameterError(f"{name} is a loss of Keras and takes no parameters here: {listed}.")
    return loss


def checked(loss: LossChoice) -> LossChoice:
    """Return a loss whose name and parameters are known.

    Raises
    ------
    ParameterError
        If the name is unknown, or a parameter or its value is not allowed.
    """
    if loss.name in LOSSES:
        LOSSES[loss.name].complete(loss.parameters)
    elif loss.name in LEFT_OUT:
        raise ParameterError(f"{loss.name} {LEFT_OUT[loss.name]}.")
    elif loss.name not in KERAS_LOSSES:
        raise closest(loss.name, loss_titles(), "loss")
    elif loss.parameters:
        names = ", ".join(loss.parameters)
        raise ParameterError(
            f"{loss.name} is a loss of Keras and takes no parameters here: {names}."
        )
    return loss


def default_target(loss: LossChoice) -> str:
    """Return the name of the target that an output with this loss has if none is named.

    Examples
    --------
    >>> default_target(LossChoice("dice")), default_target(LossChoice("huber"))
    ('segmentation', 'image')
    """
    return "segmentation" if is_of_classes(loss) else "image"


def is_of_classes(loss: LossChoice) -> bool:
    """Return whether a known loss compares probabilities of classes."""
    return loss.name in LOSSES or KERAS_LOSSES[loss.name].is_of_classes


def misfit(loss: LossChoice, target: Target) -> str:
    """Return in a sentence why a known loss cannot be computed of a target; empty if it can.

    Examples
    --------
    >>> from lossexplorer.learning.targets import TARGETS
    >>> misfit(LossChoice("huber"), TARGETS["segmentation"])
    ''
    >>> misfit(LossChoice("dice"), TARGETS["image"])
    'dice compares probabilities of classes, and image is a number: choose mean_squared_error, mean_absolute_error, huber or another target.'
    """  # noqa: E501 - the example's sentence
    if target.kind == "classes" or not is_of_classes(loss) or loss.name in target.losses:
        return ""
    others = ", ".join(target.losses)
    return (
        f"{loss.name} compares probabilities of classes, and {target.name} is a number: choose "
        f"{others} or another target."
    )
