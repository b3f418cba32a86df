"""What is asked before a session is opened with something else, or lost."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QMessageBox, QWidget

Answers = tuple[tuple[str, QMessageBox.ButtonRole, Callable[[], None]], ...]


def ask(parent: QWidget, title: str, text: str, more: str, answers: Answers) -> QMessageBox:
    """Show a question whose buttons do something; Esc and Cancel do nothing.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    title, text, more : str
        What it is about, the question, and a sentence below it.
    answers : tuple of (str, QMessageBox.ButtonRole, callable)
        The words of each button, its role, and what it does. Return presses the first.
    """
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(more)
    does: dict[QAbstractButton | None, Callable[[], None]] = {}
    for words, role, act in answers:
        button = box.addButton(words, role)
        does[button] = act
        if len(does) == 1:
            box.setDefaultButton(button)
    box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))

    def answer() -> None:
        if (act := does.get(box.clickedButton())) is not None:
            act()

    box.finished.connect(answer)
    box.open()
    return box


def ask_to_save(
    parent: QWidget, name: str, save: Callable[[], None], discard: Callable[[], None]
) -> QMessageBox:
    """Ask whether changes of a session are saved, discarded, or gone on with."""
    roles = QMessageBox.ButtonRole
    return ask(
        parent,
        "Save the session?",
        f"{name} has changes that are not saved.",
        "Without saving, the file stays as it was saved last.",
        (
            ("&Save", roles.AcceptRole, save),
            ("&Discard", roles.DestructiveRole, discard),
        ),
    )


def ask_for_file(
    parent: QWidget, text: str, go_on: str, choose: Callable[[], None], take: Callable[[], None]
) -> QMessageBox:
    """Ask what to do about a file that is gone or not as it was.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    text : str
        What is wrong, in sentences.
    go_on : str
        The words of the button that opens the session nevertheless.
    choose, take : callable
        Asks for another file, and goes on.
    """
    roles = QMessageBox.ButtonRole
    return ask(
        parent,
        "Open the session",
        text,
        "",
        (
            ("&Choose File…", roles.AcceptRole, choose),
            (go_on, roles.ActionRole, take),
        ),
    )
