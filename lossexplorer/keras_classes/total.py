"""Several losses of one output as one: the total Σ λ L as a loss of Keras."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import keras
from keras import ops

from lossexplorer.core.parameters import ParameterError


class Summand:
    """What can be added to losses of Keras and multiplied with numbers, which gives a `Total`.

    Examples
    --------
    >>> from lossexplorer.keras import CrossEntropy, Dice
    >>> (Dice() - 0.5 * CrossEntropy()).weights
    (1.0, -0.5)
    """

    def __add__(self, other: Any) -> Any:
        """Return the total of this loss and another; of this one alone if the other is 0."""
        return _added(self, other)

    def __radd__(self, other: Any) -> Any:
        """Return the total of another loss and this one, as `sum` of a list asks for it."""
        return _added(other, self)

    def __sub__(self, other: Any) -> Any:
        """Return this loss minus another."""
        return _added(self, _times(other, -1.0) if _is_loss(other) else other)

    def __rsub__(self, other: Any) -> Any:
        """Return another loss minus this one."""
        return _added(other, _times(self, -1.0))

    def __mul__(self, factor: Any) -> Any:
        """Return this loss with a weight λ."""
        return _times(self, factor) if _is_number(factor) else NotImplemented

    def __rmul__(self, factor: Any) -> Any:
        """Return this loss with a weight λ."""
        return self * factor

    def __truediv__(self, divisor: Any) -> Any:
        """Return this loss with the weight 1 / divisor."""
        return _times(self, 1 / divisor) if _is_number(divisor) else NotImplemented

    def __neg__(self) -> Any:
        """Return this loss with the weight −1."""
        return _times(self, -1.0)


@keras.saving.register_keras_serializable("lossexplorer")
class Total(Summand, keras.losses.Loss):  # type: ignore[misc]  # Keras has no types
    """The total Σ λ L of several losses of one output, as a loss of Keras.

    ``Dice() + 0.5 * CrossEntropy()`` makes one. A total of totals has their losses, and a loss of
    weight 0 is not computed, so that it adds nothing even where it is infinite.

    Parameters
    ----------
    losses : sequence of keras.losses.Loss
        Losses of this package or of Keras, each of which gives one number: its reduction, mask and
        weights of samples are its own.
    weights : sequence of float, optional
        The weight λ of each loss, of any sign; 1 by default.
    name : str, optional
        The losses' names by default, joined by ``_plus_``.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no loss, something is no loss of Keras or has no reduction, or the weights are
        not as many finite numbers.

    Examples
    --------
    >>> from lossexplorer.keras import CrossEntropy, Dice
    >>> total = Dice() + 0.5 * CrossEntropy()
    >>> total.weights, total.name
    ((1.0, 0.5), 'dice_plus_cross_entropy')
    """

    def __init__(
        self,
        losses: Sequence[Any],
        weights: Sequence[float] | None = None,
        *,
        name: str | None = None,
    ) -> None:
        factors = (1.0,) * len(losses) if weights is None else tuple(weights)
        if not losses or len(factors) != len(losses):
            raise ParameterError(
                f"Total needs losses and as many weights, not {len(losses)} and {len(factors)}."
            )
        terms: list[tuple[Any, float]] = []
        for loss, weight in zip(losses, factors, strict=True):
            if not _is_number(weight) or not math.isfinite(weight):
                raise ParameterError(f"Total needs weights that are numbers, not {weight!r}.")
            if isinstance(loss, Total):
                terms += [(each, weight * own) for each, own in loss.terms]
            else:
                terms.append((_checked(loss), float(weight)))
        super().__init__(name=name or "_plus_".join(loss.name for loss, _ in terms))
        self.terms: tuple[tuple[Any, float], ...] = tuple(terms)

    @property
    def losses(self) -> tuple[Any, ...]:
        """The losses."""
        return tuple(loss for loss, _ in self.terms)

    @property
    def weights(self) -> tuple[float, ...]:
        """The weight λ of each loss."""
        return tuple(weight for _, weight in self.terms)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return Σ λ L, a scalar.

        Parameters
        ----------
        y_true, y_pred : tensor, shape (batch, …, class)
            As each of the losses takes them.
        sample_weight : tensor, optional
            Given to each loss.
        """
        found = [
            weight * loss(y_true, y_pred, sample_weight) for loss, weight in self.terms if weight
        ]
        if not found:
            # Of the prediction, so that its gradient is 0 and not missing.
            return ops.sum(0 * ops.convert_to_tensor(y_pred))
        return sum(found[1:], found[0])

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return Σ λ L, as calling the total without weights of samples does."""
        return self(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this total again."""
        losses = [keras.saving.serialize_keras_object(loss) for loss in self.losses]
        return {"name": self.name, "losses": losses, "weights": list(self.weights)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Total:
        """Return the total that `get_config` describes."""
        losses = [keras.saving.deserialize_keras_object(loss) for loss in config["losses"]]
        return cls(losses, config["weights"], name=config["name"])


def _is_loss(value: Any) -> bool:
    return isinstance(value, keras.losses.Loss)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _added(one: Any, other: Any) -> Any:
    if _is_number(one) and one == 0:
        return other
    if _is_number(other) and other == 0:
        return one
    return Total([one, other]) if _is_loss(one) and _is_loss(other) else NotImplemented


def _times(loss: Any, factor: float) -> Total:
    return Total([loss], [factor])


def _checked(loss: Any) -> Any:
    if not _is_loss(loss):
        raise ParameterError(f"Total needs losses of Keras, not {loss!r}.")
    if loss.reduction in (None, "none"):
        raise ParameterError(
            f"Total needs losses that give one number: {loss.name} has no reduction; choose "
            "sum_over_batch_size."
        )
    return loss
