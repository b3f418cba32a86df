"""Copies what is set and what it comes to: cards, values, a command, and the losses as code."""

from __future__ import annotations

from qtpy.QtWidgets import QApplication

from lossexplorer.app.context import Context
from lossexplorer.app.exports.asking import ask_path, write_text
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import TOTAL, Answer
from lossexplorer.exports.code import OWN, fitting_libraries, losses_code
from lossexplorer.exports.command import evaluate_command
from lossexplorer.exports.tables import card_text, lines_of


def is_open(context: Context) -> bool:
    """Return whether there is something to copy or export."""
    return context.session.volume is not None


def newest(context: Context) -> Answer | None:
    """Return the newest answer about what is open, without its maps."""
    answer: Answer | None = context.controller.records["curves"].hand
    return answer


def has_values(context: Context) -> bool:
    """Return whether the losses shown have values."""
    return is_open(context) and newest(context) is not None


def copy_card(context: Context, name: str) -> None:
    """Copy a loss's card as text: its value, its classes, its parameters, its weight."""
    answer, volume = newest(context), context.session.volume
    if answer is None or volume is None:
        return
    found = [each for each in answer.losses if each.name == name]
    if not found:
        return
    setting = context.session.state.experiment.setting(name)
    _copy(context, card_text(setting.heading, found[0], setting, volume.classes), setting.heading)


def copy_chosen_card(context: Context) -> None:
    """Copy the card whose gradient is painted; of the total, all values."""
    loss = context.session.state.view.loss
    if loss == TOTAL:
        copy_values(context)
    else:
        copy_card(context, loss)


def copy_values(context: Context) -> None:
    """Copy every loss's value and weight, and the total, as rows with tabs between."""
    answer = newest(context)
    if answer is None:
        return
    experiment = context.session.state.experiment
    shown = {setting.name: setting for setting in experiment.losses}
    rows: list[tuple[object, ...]] = [("loss", "value", "λ")]
    rows += [
        (shown[each.name].heading, "pending" if each.pending else each.value, each.weight)
        for each in answer.losses
        if each.name in shown
    ]
    rows.append(("Total Σ λ L", answer.total, ""))
    _copy(context, lines_of(rows), "Every value")


def copy_command(context: Context) -> None:
    """Copy what is set as a command of a terminal."""
    try:
        text = evaluate_command(context.session.state)
    except ParameterError as error:
        context.messages.say(str(error))
    else:
        _copy(context, text, "The command")


def command_or_nothing(context: Context) -> str:
    """Return the command for the head of a table; empty where there is none."""
    try:
        return evaluate_command(context.session.state)
    except ParameterError:
        return ""


def code(context: Context, library: str = OWN) -> str:
    """Return the losses shown as code of a library."""
    experiment, volume = context.session.state.experiment, context.session.volume
    assert volume is not None
    names = [each.name for each in volume.classes]
    return losses_code(
        experiment.losses, names, volume.spacing, library, overlap=experiment.overlaps
    )


def libraries(context: Context) -> tuple[str, ...]:
    """Return the libraries that have the same of a loss shown; none while nothing is open."""
    volume, losses = context.session.volume, context.session.state.experiment.losses
    return () if volume is None else fitting_libraries(losses, len(volume.classes))


def copy_code(context: Context, library: str) -> None:
    """Copy the losses as code of a library."""
    _copy(context, code(context, library), "The code")


def save_code(context: Context) -> None:
    """Ask where to write the losses as code, and write them."""
    path = ask_path(context, "Export the losses as code", "losses.py", "Python files (*.py)")
    if path is not None:
        write_text(context, path, code(context))


def _copy(context: Context, text: str, what: str) -> None:
    QApplication.clipboard().setText(text)
    context.messages.inform(f"{what} is on the clipboard.")
