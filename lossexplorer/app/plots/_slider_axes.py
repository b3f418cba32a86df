"""An axis along which a slider moves: its ticks, and what it is called."""

from __future__ import annotations

import math
from collections.abc import Iterable

from lossexplorer.core.numbers import tidy
from lossexplorer.engine.messages import LossSetting, Reference
from lossexplorer.session import Response
from lossexplorer.session.words import control_in_words, loss_in_words, within_sentence


def ticks_of(response: Response) -> list[list[tuple[float, str]]] | None:
    """Return decades for a log scale, None for pyqtgraph's own ticks of a linear one."""
    number = response.number
    if number.scale == "linear":
        return None
    low, high = response.scale.ends
    decades = range(0, math.floor(high + 1e-9) + 1)
    each_nth = 1 + len(decades) // 12
    ticks = [(float(d), tidy(number.shown(number.smallest * 10**d))) for d in decades][::each_nth]
    return [[(low, "0"), *ticks[1:]]]


def reference_in_words(reference: Reference, losses: Iterable[LossSetting]) -> str:
    """Return what a control or a parameter of a loss that is shown is called in a sentence.

    Examples
    --------
    >>> reference_in_words(Reference("alpha", "tversky"), ())
    'Tversky false positives α'
    """
    if reference.loss is None:
        return control_in_words(reference.name)
    title = within_sentence(reference.parameter.title)
    return f"{loss_in_words(reference.loss, losses)} {title}"


def axis_in_words(response: Response, losses: Iterable[LossSetting]) -> str:
    """Return what moves along an axis, with its unit."""
    number = response.number
    unit = f", {number.shown_unit}" if number.unit else ""
    return f"{reference_in_words(response.reference, losses)}{unit}"
