"""An experiment with other values, which are checked against all that it has besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import Descent, LossSetting, Reference, title_of
from lossexplorer.losses import OF_OVERLAPPING, Loss
from lossexplorer.predictions import DEGRADATIONS, check_classes, check_room, complete_controls
from lossexplorer.session.class_numbers import check_class_numbers, fitting_class_numbers
from lossexplorer.session.overlapping import (
    WHY_FIXED,
    degradation_of,
    why_no_degradation,
    why_no_loss,
)
from lossexplorer.session.shown_losses import in_order
from lossexplorer.session.state import Experiment


def check_loss(experiment: Experiment, loss: Loss) -> None:
    """Refuse a loss that is not defined for the classes of what is open.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If it is not.
    """
    if experiment.overlaps and loss.exclusive:
        raise ParameterError(why_no_loss(loss))


def shown_setting(experiment: Experiment, name: str) -> LossSetting:
    """Return the setting of the loss that is shown under a name.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If no loss of that name is shown.
    """
    title = title_of(name)
    if name not in experiment.shown:
        raise ParameterError(f"{title} is not shown; add it first.")
    return experiment.setting(name)


def with_value(experiment: Experiment, reference: Reference, value: Any) -> Experiment:
    """Return an experiment with another value of a control or of a loss's parameter.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such control, loss or parameter, the loss is not shown, or the value is not
        allowed.
    """
    if reference.loss is None:
        return _with_control(experiment, reference.name, value)
    return _with_parameter(experiment, reference.loss, reference.name, value)


def with_scene(
    experiment: Experiment,
    controls: Mapping[str, Any],
    losses: Iterable[LossSetting],
    descent: Mapping[str, Any] | None,
) -> Experiment:
    """Return an experiment with another prediction, other losses and another descent.

    For what the arguments mean and what is refused see `lossexplorer.session.Session.set_scene`.
    """
    values = complete_controls(controls, experiment.size)
    _check_room(experiment, values)
    listed = list(losses)
    names = [setting.name for setting in listed]
    for setting in listed:
        check_loss(experiment, setting.described)
        check_class_numbers(setting, experiment.case)
        if names.count(setting.name) > 1:
            raise ParameterError(f"Two losses have the name {setting.name}; give each its own.")
    for each in DEGRADATIONS.values():
        if experiment.overlaps and each.exclusive and not each.idle(values):
            raise ParameterError(why_no_degradation(each))
    shown = in_order(listed) or experiment.losses
    if descent is None:
        followed = experiment.descent.fitted([setting.name for setting in shown])
    else:
        followed = Descent(**descent)
        followed.check(shown)
    return replace(experiment, controls=values, losses=shown, descent=followed)


def _with_control(experiment: Experiment, name: str, value: Any) -> Experiment:
    controls = complete_controls({**experiment.controls, name: value}, experiment.size)
    if experiment.overlaps and degradation_of(name).exclusive:
        raise ParameterError(why_no_degradation(degradation_of(name)))
    _check_room(experiment, {name: controls[name]})
    return replace(experiment, controls=controls)


def _check_room(experiment: Experiment, controls: Mapping[str, Any]) -> None:
    """Refuse controls that the open volume has no classes or no room for."""
    if experiment.case is not None:
        check_classes(controls, experiment.case.batch.names)
        check_room(controls, experiment.case.batch[0].shape)


def _with_parameter(experiment: Experiment, loss: str, name: str, value: Any) -> Experiment:
    setting = shown_setting(experiment, loss)
    if experiment.overlaps and name in OF_OVERLAPPING:
        raise ParameterError(WHY_FIXED)
    parameters = setting.described.complete({**setting.parameters, name: value})
    changed = replace(setting, parameters=parameters)
    if isinstance(parameters[name], tuple):
        check_class_numbers(changed, experiment.case)
    else:  # such as leaving out the background, which leaves weights one class less
        changed = fitting_class_numbers(changed, experiment.case)
    return experiment.with_setting(changed)
