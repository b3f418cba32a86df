"""Parameters of losses with a number for each class, which fit one number of classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lossexplorer.core.parameters import NumberArray, ParameterError
from lossexplorer.engine.messages import LossSetting
from lossexplorer.session.overlapping import overlaps, parameters_in_use
from lossexplorer.volumes import Case


def check_class_numbers(setting: LossSetting, case: Case | None) -> None:
    """Refuse parameters with more or fewer numbers than the loss has classes.

    Parameters
    ----------
    setting : LossSetting
        A loss with its parameters.
    case : Case or None
        What is open; without it nothing is known of classes.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a parameter does not fit.
    """
    for name, why in _misfits(setting, case).items():
        raise ParameterError(f"{name} {why}")


def fitting_class_numbers(setting: LossSetting, case: Case | None) -> LossSetting:
    """Return a loss with the defaults of the parameters that do not fit its number of classes."""
    described = {each.name: each for each in setting.described.parameters}
    defaults = {name: described[name].default for name in _misfits(setting, case)}
    if not defaults:
        return setting
    return replace(setting, parameters={**setting.parameters, **defaults})


def gone_class_numbers(losses: Iterable[LossSetting], case: Case | None) -> str:
    """Return which parameters are at their defaults because they do not fit; empty if none is.

    Parameters
    ----------
    losses : iterable of LossSetting
        Those that were set before it was opened or seen otherwise.
    case : Case or None
        What is open now.
    """
    gone = [
        f"{setting.heading}: {name} {why} It is at its default again."
        for setting in losses
        for name, why in _misfits(setting, case).items()
    ]
    return " ".join(gone)


def _misfits(setting: LossSetting, case: Case | None) -> dict[str, str]:
    """Return what is wrong with parameters, by their names."""
    if case is None:
        return {}
    overlap = overlaps(case)
    values = parameters_in_use(setting, overlap=overlap)
    is_counted = not overlap and values.get("include_background", True)
    count = len(case.batch.names) - (0 if is_counted else 1)
    what = "the background included" if is_counted else "without the background"
    found = {}
    for parameter in setting.described.parameters:
        value = values[parameter.name]
        if not isinstance(parameter, NumberArray) or parameter.each != "class":
            continue
        if isinstance(value, tuple) and len(value) != count:
            rows = "rows" if isinstance(value[0], tuple) else "numbers"
            found[parameter.name] = (
                f"has {len(value)} {rows} and the loss {count} classes, {what}; give one for each."
            )
    return found
