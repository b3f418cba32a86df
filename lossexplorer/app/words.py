"""How parameters and their values are said."""

from __future__ import annotations

from typing import Any

from lossexplorer.app.numbers import tidy
from lossexplorer.parameters import Flag, Number, Numbers, Parameter


def value_in_words(parameter: Parameter, value: Any) -> str:
    """Return a parameter's value as its row shows it, without the unit.

    Examples
    --------
    >>> from lossexplorer.predictions import CONTROLS
    >>> value_in_words(CONTROLS["grow"], 1.5), value_in_words(CONTROLS["confidence"], 0.75)
    ('+1.5', '0.25')
    """
    if isinstance(parameter, Number):
        if parameter.scale == "log-complement":
            return tidy(1 - value)
        return tidy(value, signed=parameter.low < 0 and bool(parameter.unit))
    if isinstance(parameter, Numbers):
        return parameter.text(value)
    if isinstance(parameter, Flag):
        return "on" if value else "off"
    return str(value)


def within_sentence(title: str) -> str:
    """Return a title as it is written within a sentence.

    Examples
    --------
    >>> within_sentence("Shift x"), within_sentence("ε")
    ('shift x', 'ε')
    """
    return title[0].lower() + title[1:]


def symbol(title: str) -> str:
    """Return the symbol that a title ends with, or the title if it has none.

    Examples
    --------
    >>> symbol("False positives α"), symbol("Smooth")
    ('α', 'Smooth')
    """
    last = title.rpartition(" ")[2]
    return last if len(last) == 1 else title
