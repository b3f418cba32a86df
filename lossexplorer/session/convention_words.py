"""Which convention a loss's parameters equal, and how conventions are said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lossexplorer.conventions import Convention, conventions_of
from lossexplorer.losses import loss_named
from lossexplorer.session.words import symbol, value_in_words


def convention_in_words(convention: Convention) -> str:
    """Return a convention's library and the library's name of the loss.

    Examples
    --------
    >>> convention_in_words(conventions_of("sensitivity_specificity")[0])
    'NiftyNet · sensitivity_specificity_loss'
    """
    return f"{convention.library.name} · {convention.name}"


def equalled(loss: str, parameters: Mapping[str, Any]) -> tuple[Convention, ...]:
    """Return the conventions of a loss that have exactly these parameters.

    Parameters
    ----------
    loss : str
        Its name in the catalogue.
    parameters : mapping
        Every parameter's value.

    Examples
    --------
    >>> values = conventions_of("dice")[0].values
    >>> conventions_of("dice")[0] in equalled("dice", values)
    True
    """
    return tuple(each for each in conventions_of(loss) if each.values == dict(parameters))


def parameters_in_words(convention: Convention) -> str:
    """Return the loss of this program and the parameters that are not at their defaults."""
    loss = loss_named(convention.loss)
    described = {each.name: each for each in loss.parameters}
    changed = [
        f"{symbol(described[name].title)} {value_in_words(described[name], value)}"
        for name, value in convention.parameters.items()
    ]
    factor = {1.0: "", "classes": "C × "}.get(convention.factor, f"{convention.factor} × ")
    return f"{factor}{loss.title}" + (f": {', '.join(changed)}" if changed else "")
