"""What a loss is: a function of class sums and a description of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lossexplorer.parameters import Choice, Flag, Number, Parameter, ParameterError, complete

Tensor = Any
"""An array of the Keras backend in use, or a NumPy array."""

Pooling = Literal["sample", "batch", "all"]


@dataclass(frozen=True)
class Sums:
    """The sums over voxels that a loss is made of, per sample and class.

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
    negative_log : tensor, shape (sample, class)
        −Σ g log p, with 0 log 0 = 0.
    voxels : tensor, shape (sample, class)
        The number of voxels.
    """

    intersection: Tensor
    prediction: Tensor
    truth: Tensor
    squared_prediction: Tensor
    negative_log: Tensor
    voxels: Tensor

    def map(self, function: Callable[[Tensor], Tensor]) -> Sums:
        """Return the sums with `function` applied to each."""
        return Sums(**{name: function(value) for name, value in vars(self).items()})

    def pooled(self, pooling: Pooling) -> Sums:
        """Return the sums over each sample, over the batch, or over the batch and the classes.

        Parameters
        ----------
        pooling : {"sample", "batch", "all"}
            What one ratio is made of. The pooled axes stay, with length 1.
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
            If there is only one class, so that none would be left.
        """
        require_classes(self.truth.shape[1], 1)
        return self.map(lambda value: value[:, 1:])


def require_classes(classes: int, left_out: int) -> None:
    """Raise `ParameterError` if no class would be left for a loss."""
    if classes <= left_out:
        raise ParameterError(
            "include_background = false leaves no class: there is only one channel."
        )


INCLUDE_BACKGROUND = Flag(
    name="include_background",
    title="Background",
    meaning="Whether class 0, the background, is one of the classes of the loss.",
    default=True,
)


def pooling(default: Pooling) -> Choice:
    """Return the parameter that says what one ratio is made of."""
    return Choice(
        name="pooling",
        title="Pooling",
        meaning="Sums over each sample, over the batch, or over the batch and all classes.",
        default=default,
        options=("sample", "batch", "all"),
    )


def smooth(meaning: str) -> Number:
    """Return the parameter that is added to numerator and denominator, 0 by default."""
    return Number(
        name="smooth",
        title="Smooth",
        meaning=meaning,
        default=0.0,
        low=0.0,
        high=1e9,
        slider=(0.0, 1e4),
        scale="log",
        smallest=1e-7,
    )


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A loss: its function and everything that the program says about it.

    Attributes
    ----------
    name, title : str
        The identifier and the words on the card.
    class_name : str
        The name of its Keras class.
    summary : str
        One line: what it measures.
    formula : str
        In plain Unicode, with I = Σpg, P = Σp, G = Σg per class.
    citation : str
        Authors, year, venue.
    false_positives, false_negatives : str
        What each costs, in words.
    edge_cases : str
        What happens with an absent class or a saturated prediction.
    terms : callable
        ``terms(sums, **parameters)``: the loss's terms, shape (sample, class), by arithmetic on
        the sums. Pooling and the background have been dealt with before it is called.
    reduction : {"mean", "sum"}
        How the classes' terms make the value; over samples it is always the mean.
    parameters : tuple of Parameter
        Without the background switch, which every loss has.
    undefined : str
        The operation that is not finite when a term is not.
    cure : str
        What makes it finite.
    example_value : float
        The value in the example of the docs: truth 0 0 1 1, probability of class 1 0 ½ ½ 1.
    voxel_terms : callable, optional
        ``voxel_terms(truth, prediction)``: the terms of each voxel and class, where the value is
        their mean over voxels; a loss of ratios has none.
    bounds : tuple of float
        Between which the value lies, whatever its parameters.
    order : int
        Place in lists.
    color : str
        Its colour on card, curve and share, as ``#rrggbb``.
    """

    name: str
    title: str
    class_name: str
    summary: str
    formula: str
    citation: str
    false_positives: str
    false_negatives: str
    edge_cases: str
    terms: Callable[..., Tensor] = field(repr=False)
    reduction: Literal["mean", "sum"]
    parameters: tuple[Parameter, ...]
    undefined: str
    cure: str
    bounds: tuple[float, float]
    order: int
    color: str
    example_value: float
    voxel_terms: Callable[[Tensor, Tensor], Tensor] | None = field(default=None, repr=False)

    @property
    def all_parameters(self) -> tuple[Parameter, ...]:
        """Every parameter, the background switch last."""
        return (*self.parameters, INCLUDE_BACKGROUND)

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return every parameter's value: the given one, checked, or its default."""
        return complete(self.all_parameters, given, self.name)

    def class_terms(self, sums: Sums, values: Mapping[str, Any]) -> Tensor:
        """Return the terms per sample and class, shape (sample or 1, classes kept or 1).

        Parameters
        ----------
        sums : Sums
            Background first.
        values : mapping
            Every parameter's value, as `complete` returns them.
        """
        own = dict(values)
        if not own.pop("include_background"):
            sums = sums.without_background()
        if "pooling" in own:
            sums = sums.pooled(own.pop("pooling"))
        return self.terms(sums, **own)

    def value(self, terms: Tensor) -> Tensor:
        """Return the loss, a scalar, from its terms: the mean over samples of the classes'."""
        from keras import ops

        over_classes = ops.mean if self.reduction == "mean" else ops.sum
        return ops.mean(over_classes(terms, axis=1))
