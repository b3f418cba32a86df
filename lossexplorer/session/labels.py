"""What a change is called in the Edit menu."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lossexplorer.core.lengths import ANY_SIZE, VolumeSize
from lossexplorer.core.numbers import tidy
from lossexplorer.core.parameters import Number
from lossexplorer.engine.messages import DESCENT_PARAMETERS, LossSetting, Reference
from lossexplorer.session.words import (
    control_in_words,
    loss_in_words,
    symbol,
    value_in_words,
    within_sentence,
)
from lossexplorer.volumes import Case

_LONGEST = 28  # characters of a value


def value_label(
    reference: Reference,
    old: Any,
    new: Any,
    size: VolumeSize = ANY_SIZE,
    losses: Iterable[LossSetting] = (),
) -> str:
    """Return the label of a change of a control or of a loss's parameter.

    Parameters
    ----------
    reference : Reference
        Names it.
    old, new : object
        Its values.
    size : VolumeSize
        The size of the volume, in whose unit lengths are.
    losses : iterable of LossSetting
        Those that are shown.

    Examples
    --------
    >>> value_label(Reference("alpha", "tversky"), 0.3, 0.7)
    'Tversky α 0.3 → 0.7'
    >>> value_label(Reference("shift_x"), 0.0, 3.125), value_label(Reference("harden"), "no", "yes")
    ('Shift x 0 → +3.12 mm', 'Harden, rule no → yes')

    Of many classes only the first are in it:

    >>> value_label(Reference("grow"), 0.0, (0.0,) * 20 + (1.5,))
    'Grow 0 → 0 : 0 : 0 : 0 : 0 : 0 : 0 … mm'
    """
    parameter = reference.parameter_of(size)
    if reference.loss is None:
        name = control_in_words(reference.name)
        name = name[0].upper() + name[1:]
    else:
        name = f"{loss_in_words(reference.loss, losses)} {symbol(parameter.title)}"
    unit = f" {parameter.shown_unit}" if isinstance(parameter, Number) and parameter.unit else ""
    old, new = (_shortened(value_in_words(parameter, value)) for value in (old, new))
    return f"{name} {old} → {new}{unit}"


def _shortened(text: str) -> str:
    """Return a text that is no wider than a menu should be."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip(' :,.')} …"


def weight_label(title: str, old: float, new: float) -> str:
    """Return the label of a change of the weight of a loss of this title.

    Examples
    --------
    >>> weight_label("Dice", 1.0, 0.5)
    'Dice λ 1 → 0.5'
    """
    return f"{title} λ {tidy(old)} → {tidy(new)}"


def descent_label(name: str, old: Any, new: Any, losses: Iterable[LossSetting] = ()) -> str:
    """Return the label of a change of how the prediction's logits descend.

    `losses` are those that are shown.

    Examples
    --------
    >>> descent_label("rate", 0.01, 0.1), descent_label("beside", "", "cross_entropy")
    ('Descent, rate 0.01 → 0.1', 'Descent, beside: nothing → Cross-entropy')
    """
    described = {parameter.name: parameter for parameter in DESCENT_PARAMETERS}
    if name in described:
        parameter = described[name]
        words = [value_in_words(parameter, value) for value in (old, new)]
        title = f"{within_sentence(parameter.title)} "
    else:
        words = [loss_in_words(value, losses) for value in (old, new)]
        title = f"{name}: "
    return f"Descent, {title}{words[0]} → {words[1]}"


def case_label(old: Case, new: Case) -> str:
    """Return the label of seeing the open volumes otherwise.

    Examples
    --------
    >>> from lossexplorer.volumes import open_case
    >>> case = open_case(["sample:tumour"])
    >>> case_label(case, case.with_patch((25, 128, 128)))
    'Cut into patches of 25 × 128 × 128'
    >>> case_label(case, case.with_classes("foreground"))
    'Choose classes'
    """
    if new.ignore != old.ignore:
        return f"Ignore {_id_in_words(new)}"
    if new.classes != old.classes:
        return "Choose classes"
    if new.patch != old.patch:
        cut = "" if new.patch is None else " × ".join(map(str, new.patch))
        return f"Cut into patches of {cut}" if cut else "Leave the volume whole"
    if new.given is not old.given:
        is_given = new.given is not None
        return f"Open prediction {new.given_name}" if is_given else "Simulate the prediction"
    if new.left_out is not old.left_out:
        return f"Open mask {new.mask_name}" if new.left_out is not None else "Remove the mask"
    return "Open an image"


def _id_in_words(case: Case) -> str:
    names = {c.id: c.name for c in case.originals[0].classes}
    return names.get(case.ignore, f"id {case.ignore}") if case.ignore is not None else "nothing"
