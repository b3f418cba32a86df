"""What a change is called in the Edit menu."""

from __future__ import annotations

from typing import Any

from lossexplorer.core.numbers import tidy
from lossexplorer.core.parameters import Number
from lossexplorer.engine.messages import Reference
from lossexplorer.losses import LOSSES
from lossexplorer.session.words import control_in_words, symbol, value_in_words


def value_label(reference: Reference, old: Any, new: Any) -> str:
    """Return the label of a change of a control or of a loss's parameter.

    Examples
    --------
    >>> value_label(Reference("alpha", "tversky"), 0.3, 0.7)
    'Tversky α 0.3 → 0.7'
    >>> value_label(Reference("shift_x"), 0.0, 3.125), value_label(Reference("harden"), "no", "yes")
    ('Shift x 0 → +3.12 mm', 'Harden, rule no → yes')
    """
    parameter = reference.parameter
    if reference.loss is None:
        name = control_in_words(reference.name)
        name = name[0].upper() + name[1:]
    else:
        name = f"{LOSSES[reference.loss].title} {symbol(parameter.title)}"
    unit = f" {parameter.unit}" if isinstance(parameter, Number) and parameter.unit else ""
    old, new = (value_in_words(parameter, value) for value in (old, new))
    return f"{name} {old} → {new}{unit}"


def weight_label(loss: str, old: float, new: float) -> str:
    """Return the label of a change of a loss's weight.

    Examples
    --------
    >>> weight_label("dice", 1.0, 0.5)
    'Dice λ 1 → 0.5'
    """
    return f"{LOSSES[loss].title} λ {tidy(old)} → {tidy(new)}"
