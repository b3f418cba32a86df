"""What is set as a command of a terminal, which prints the values that are on screen."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lossexplorer.core.parameters import ClassIndex, ParameterError
from lossexplorer.engine.messages import TOTAL, Descent, LossSetting, free_name
from lossexplorer.exports.settings import changed, typed
from lossexplorer.predictions import acting_on_given, controls_of
from lossexplorer.session.state import State
from lossexplorer.volumes import SAMPLE_VOLUME_PREFIX, Case, classes_text, parse_source


def evaluate_command(state: State) -> str:
    """Return what is set as ``lossexplorer evaluate``, or ``descend`` behind the first step.

    Parameters
    ----------
    state : State
        Something is open.

    Returns
    -------
    str
        A line for a shell.

    Raises
    ------
    ParameterError
        If it was not opened from files, so that no command can.

    Examples
    --------
    >>> from lossexplorer.session import Session
    >>> from lossexplorer.volumes import open_case
    >>> session = Session()
    >>> session.open(open_case(["sample:shells"]))
    >>> session.set_control("grow", 1.5)
    >>> for name in ("iou", "tversky", "cross_entropy", "generalized_dice"):
    ...     session.remove_loss(name)
    >>> evaluate_command(session.state)
    'lossexplorer evaluate sample:shells --set grow=1.5 --loss dice'
    """
    experiment, view = state.experiment, state.view
    assert experiment.case is not None
    command = ["descend"] if view.descended else ["evaluate"]
    if view.descended:
        command += _descent(experiment.descent, view.descended)
    words = [
        "lossexplorer",
        command[0],
        *_volumes(experiment.case),
        *_controls(state),
        *_losses(experiment.losses),
        *command[1:],
    ]
    return shlex.join(words)


def _volumes(case: Case) -> Iterator[str]:
    sources = case.sources
    if not sources.volumes:
        raise ParameterError(
            "What is open was not read from a file, so that no command names it: save it as one, "
            "and open that."
        )
    if case.given is not None and not sources.prediction:
        raise ParameterError("The prediction was not read from a file that a command could name.")
    first, *others = sources.volumes
    yield _named(first)
    if case.given is not None:
        yield _named(sources.prediction)
    for other in others:
        yield from ("--also", _named(other))
    if sources.overlapping is not None:
        yield "--overlapping" if sources.overlapping else "--exclusive"
    if case.classes != case.usual_classes:
        yield from ("--classes", classes_text(case.classes))
    if case.ignore != case.dataset.ignore:
        yield from ("--ignore", "none" if case.ignore is None else str(case.ignore))
    if case.left_out is not None:
        yield from ("--mask", _named(sources.mask))
    if case.patch is not None:
        yield from ("--patch", "x".join(map(str, case.patch)))


def _named(source: str) -> str:
    """Return a source as it is found from any folder."""
    if source.startswith(SAMPLE_VOLUME_PREFIX):
        return source
    found = parse_source(source)
    return str(replace(found, path=os.path.abspath(found.path)))  # noqa: PTH100 - links stay


def _controls(state: State) -> Iterator[str]:
    case, values = state.experiment.case, state.experiment.controls
    assert case is not None
    ids = [each.id for each in case.batch[0].classes]
    for name, control in controls_of(case.batch.size).items():
        value: Any = values[name]
        acts = case.given is None or name in acting_on_given()
        if acts and value != control.default:
            shown = ids[value] if isinstance(control, ClassIndex) else value
            yield from ("--set", f"{name}={typed(shown)}")


def _losses(shown: Sequence[LossSetting]) -> Iterator[str]:
    weights, taken = list[str](), list[str]()
    for setting in shown:
        listed = ",".join(f"{name}={typed(value)}" for name, value in changed(setting).items())
        yield from ("--loss", f"{setting.loss}:{listed}" if listed else setting.loss)
        taken.append(free_name(setting.loss, taken))  # as the command line names it
        if setting.weight != 1:
            weights += ["--weight", f"{taken[-1]}={typed(setting.weight)}"]
    yield from weights


def _descent(descent: Descent, number: int) -> Iterator[str]:
    yield from ("--steps", str(number))
    if descent.follows != TOTAL:
        yield from ("--follow", descent.follows)
    yield from ("--optimizer", descent.optimizer, "--rate", typed(descent.rate))
    if descent.optimizer == "momentum":
        yield from ("--momentum", typed(descent.momentum))
