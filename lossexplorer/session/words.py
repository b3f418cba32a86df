"""How parameters and their values are said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lossexplorer.core.numbers import tidy
from lossexplorer.core.parameters import Choice, Flag, Number, NumberArray, Parameter
from lossexplorer.engine.messages import TOTAL, Cure, LossSetting, Problem, heading_of
from lossexplorer.predictions import CONTROLS, DEGRADATIONS


def value_in_words(parameter: Parameter, value: Any) -> str:
    """Return a parameter's value as its row shows it, in the unit shown but without it.

    Examples
    --------
    >>> from lossexplorer.predictions import CONTROLS
    >>> value_in_words(CONTROLS["grow"], 1.5), value_in_words(CONTROLS["confidence"], 0.75)
    ('+1.5', '0.25')
    >>> value_in_words(CONTROLS["grow"], (0.0, 1.5)), value_in_words(CONTROLS["blob_seed"], 7.0)
    ('0 : +1.5', '7')
    """
    if isinstance(parameter, Number):
        numbers = value if isinstance(value, tuple) else (value,)
        return " : ".join(_number_in_words(parameter, number) for number in numbers)
    if isinstance(parameter, NumberArray):
        return parameter.text(value)
    if isinstance(parameter, Flag):
        return "on" if value else "off"
    if isinstance(parameter, Choice):
        return parameter.title_of(value)
    return str(value)


def _number_in_words(number: Number, value: float) -> str:
    if number.whole:
        return f"{value:.0f}"
    if number.scale == "log-complement":
        return tidy(1 - value)
    return tidy(number.shown(value), signed=number.low < 0 and bool(number.unit))


def cure_in_words(cure: Cure) -> tuple[str, str]:
    """Return what a cure sets, and to what, as the row of the control or parameter shows them.

    Examples
    --------
    >>> from lossexplorer.engine.messages import Reference
    >>> cure_in_words(Cure(Reference("confidence"), 0.999999))
    ('1 − confidence', '1e-6')
    """
    parameter = cure.reference.parameter
    unit = f" {parameter.shown_unit}" if isinstance(parameter, Number) and parameter.unit else ""
    return within_sentence(parameter.title), f"{value_in_words(parameter, cure.value)}{unit}"


def problem_in_words(problem: Problem) -> str:
    """Return a problem with its cure as the row of what it sets would show it.

    Examples
    --------
    >>> from lossexplorer.engine.messages import Reference
    >>> problem_in_words(Problem("tumour: log 0.", Cure(Reference("confidence"), 0.999999)))
    'tumour: log 0; 1 − confidence = 1e-6 makes it finite.'
    """
    cure = problem.cure
    return problem.why if cure is None else problem.cured_by(" = ".join(cure_in_words(cure)))


def titled(sentence: str, parameters: Iterable[Parameter]) -> str:
    """Return a sentence about a parameter with its title in front, where it has its name.

    Examples
    --------
    >>> titled("shift_y must be a number, not 'x'.", [CONTROLS["shift_y"]])
    "Shift y must be a number, not 'x'."
    """
    for parameter in parameters:
        if sentence.startswith(f"{parameter.name} "):
            return f"{parameter.title}{sentence.removeprefix(parameter.name)}"
    return sentence


def control_in_words(name: str) -> str:
    """Return what a control of the prediction is called where its heading is not beside it.

    Examples
    --------
    >>> [control_in_words(name) for name in ("shift_x", "grow", "holes")]
    ['shift x', 'grow', 'holes, count']
    """
    degradation = next(
        each for each in DEGRADATIONS.values() if name in [c.name for c in each.controls]
    )
    control = within_sentence(CONTROLS[name].title)
    group = within_sentence(degradation.title)
    alone = len(degradation.controls) == 1 or control.startswith(group)
    return control if alone else f"{group}, {control}"


def compiled_for(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return what is said while functions are compiled for other values of the controls.

    Parameters
    ----------
    before, now : mapping
        The controls of the newest answer, or none, and those that are compiled for.

    Examples
    --------
    >>> compiled_for({"grow": 0.0, "shift_x": 0.0}, {"grow": 0.5, "shift_x": 0.0})
    'Compiling for grow: answers take longer for 1 to 4 s.'
    >>> compiled_for({}, {"grow": 0.5})
    'Compiling for what is set: answers take longer for 1 to 4 s.'
    """
    changed = [name for name, value in now.items() if name in before and before[name] != value]
    if len(changed) == 1:
        return f"Compiling for {control_in_words(changed[0])}: answers take longer for 1 to 4 s."
    return "Compiling for what is set: answers take longer for 1 to 4 s."


def loss_in_words(name: str, losses: Iterable[LossSetting] = ()) -> str:
    """Return what a loss that is shown is called, or what stands in its place.

    Parameters
    ----------
    name : str
        The name that it is shown under, `TOTAL`, or empty.
    losses : iterable of LossSetting
        Those that are shown; of another one it is the title that the program makes.

    Examples
    --------
    >>> loss_in_words("dice"), loss_in_words("total"), loss_in_words("")
    ('Dice', 'Total', 'nothing')
    >>> twice = [LossSetting("dice", {}, name="dice_2", title="Dice, squared")]
    >>> loss_in_words("dice_2"), loss_in_words("dice_2", twice)
    ('Dice 2', 'Dice, squared')
    """
    if not name:
        return "nothing"
    return "Total" if name == TOTAL else heading_of(name, losses)


def within_sentence(title: str) -> str:
    """Return a title as it is written within a sentence.

    Examples
    --------
    >>> within_sentence("Shift x"), within_sentence("ε")
    ('shift x', 'ε')
    """
    return title[0].lower() + title[1:]


def initials(words: str) -> str:
    """Return the initials of some words.

    Examples
    --------
    >>> initials("false positive")
    'FP'
    """
    return "".join(word[0].upper() for word in words.split())


def symbol(title: str) -> str:
    """Return the symbol that a title ends with, or the title if it has none.

    Examples
    --------
    >>> symbol("False positives α"), symbol("Smooth")
    ('α', 'Smooth')
    """
    last = title.rpartition(" ")[2]
    return last if len(last) == 1 else title


def in_series(words: Sequence[str]) -> str:
    """Return words as a sentence lists them.

    Examples
    --------
    >>> in_series(["Dice"]), in_series(["Dice", "IoU", "Focal"])
    ('Dice', 'Dice, IoU and Focal')
    """
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
