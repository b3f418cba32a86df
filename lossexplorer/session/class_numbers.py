"""Parameters of losses with a number for each class, which fit one number of classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from lossexplorer.core.parameters import NumberArray, ParameterError
from lossexplorer.engine.messages import LossSetting
from lossexplorer.learning.setup import Output, Setup
from lossexplorer.learning.targets import TARGETS
from lossexplorer.losses import LOSSES, Loss
from lossexplorer.session.overlapping import overlaps, parameters_in_use
from lossexplorer.session.words import titled
from lossexplorer.volumes import Case, LabelVolume

_GONE = "It is at its default again."


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
        f"{setting.heading}: {titled(f'{name} {why}', setting.described.parameters)} {_GONE}"
        for setting in losses
        for name, why in _misfits(setting, case).items()
    ]
    return " ".join(gone)


def check_output(output: Output, volume: LabelVolume | None) -> None:
    """Refuse parameters of an output's loss with more or fewer numbers than it has classes.

    Parameters
    ----------
    output : Output
        Its target says which classes it has.
    volume : LabelVolume or None
        What a network is trained on; without it nothing is known of classes.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a parameter does not fit.
    """
    for name, why in _misfits_of_output(output, volume).items():
        raise ParameterError(f"{name} {why}")


def fitting_output(output: Output, volume: LabelVolume | None) -> Output:
    """Return an output whose loss has the defaults of the parameters that do not fit."""
    misfits = _misfits_of_output(output, volume)
    if not misfits:
        return output
    described = {each.name: each for each in LOSSES[output.loss.name].parameters}
    defaults = {name: described[name].default for name in misfits}
    loss = replace(output.loss, parameters={**output.loss.parameters, **defaults})
    return replace(output, loss=loss)


def gone_of_outputs(setup: Setup, volume: LabelVolume | None) -> str:
    """Return which parameters of a setup's losses are at their defaults because they do not fit."""
    return " ".join(
        f"{output.name}: {titled(f'{name} {why}', LOSSES[output.loss.name].parameters)} {_GONE}"
        for output in setup.outputs
        for name, why in _misfits_of_output(output, volume).items()
    )


def _misfits(setting: LossSetting, case: Case | None) -> dict[str, str]:
    """Return what is wrong with parameters, by their names."""
    if case is None:
        return {}
    overlap = overlaps(case)
    values = parameters_in_use(setting, overlap=overlap)
    first = 1 if overlap else 0
    return _misfits_of(setting.described, values, len(case.batch.names), first)


def _misfits_of_output(output: Output, volume: LabelVolume | None) -> dict[str, str]:
    target = TARGETS.get(output.target)
    if volume is None or target is None or target.kind != "classes":
        return {}
    loss = LOSSES.get(output.loss.name)
    if loss is None:  # Keras's, which has no such parameter here
        return {}
    values = loss.complete(output.loss.parameters)
    return _misfits_of(loss, values, target.head(volume).channels)


def _misfits_of(
    loss: Loss, values: Mapping[str, Any], classes: int, first: int = 0
) -> dict[str, str]:
    """Return what is wrong with parameters of a loss of so many classes, from the first one on."""
    is_counted = not first and values.get("include_background", True)
    count = classes - (0 if is_counted else 1)
    what = "the background included" if is_counted else "without the background"
    found = {}
    for parameter in loss.parameters:
        value = values[parameter.name]
        if not isinstance(parameter, NumberArray) or parameter.each != "class":
            continue
        if isinstance(value, tuple) and len(value) != count:
            rows = "rows" if isinstance(value[0], tuple) else "numbers"
            found[parameter.name] = (
                f"has {len(value)} {rows} and the loss {count} classes, {what}; give one for each."
            )
    return found
