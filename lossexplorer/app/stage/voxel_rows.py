"""What is listed of a voxel: every class's probability, and every loss's gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from lossexplorer.core.numbers import tidy
from lossexplorer.engine.messages import TOTAL, VoxelValues
from lossexplorer.session import State
from lossexplorer.session.loss_colours import color_of

MOST_CLASSES = 6
"""More classes than these are cut to the most probable, with the class shown among them."""


class ValueRow(NamedTuple):
    """A line of the list.

    Attributes
    ----------
    name : str
        Of the class or the loss.
    text : str
        The value; an ellipsis while it is not known.
    class_index : int or None
        The class; None for a loss.
    loss : str
        The name of the loss among those shown, or ``"total"``; empty for a class.
    """

    name: str
    text: str
    class_index: int | None = None
    loss: str = ""


def probability_rows(state: State, values: VoxelValues | None) -> tuple[list[ValueRow], str]:
    """Return the probabilities of classes in their order, and what is left out, in words.

    Parameters
    ----------
    state : State
        In which something is open.
    values : VoxelValues or None
        None while they are not known.
    """
    volume, shown = state.volume, state.view.class_index
    assert volume is not None
    classes = range(state.experiment.first_class, len(volume.classes))
    known = {} if values is None else {index: values.probabilities[index] for index in classes}
    # Without values, the first ones; NaN counts as 0.
    by_size = sorted(classes, key=lambda index: (index != shown, -(known.get(index) or 0.0)))
    chosen = sorted(by_size[:MOST_CLASSES] if len(classes) > MOST_CLASSES else classes)
    rows = [
        ValueRow(volume.classes[index].name, _text(known.get(index)), index) for index in chosen
    ]
    others = [known[index] for index in classes if index not in chosen and index in known]
    count = len(classes) - len(chosen)
    if not count:
        return rows, ""
    words = f"and {count} more" + ("" if count > 1 else " class")
    finite = [each for each in others if math.isfinite(each)]
    return rows, f"{words}, at most {_text(max(finite))}" if finite else words


def gradient_rows(state: State, values: VoxelValues | None) -> Iterator[ValueRow]:
    """Yield the gradient of each loss that is shown, and of the total where there are several.

    Parameters
    ----------
    state : State
        What is set.
    values : VoxelValues or None
        None while they are not known.
    """
    losses = state.experiment.shown
    for loss in (*losses, *((TOTAL,) if len(losses) > 1 else ())):
        known = None if values is None or loss in values.pending else values.gradients.get(loss)
        yield ValueRow(state.experiment.title(loss), _text(known), loss=loss)


def color_of_loss(loss: str) -> str:
    """Return the colour of a loss as ``#rrggbb``; of the total that of text on the canvas."""
    return "#d0d5dd" if loss == TOTAL else color_of(loss)


def _text(value: float | None) -> str:
    return "…" if value is None else tidy(value)
