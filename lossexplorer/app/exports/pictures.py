"""Saves and copies pictures of the window, the canvas and the plot that is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import get_args

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)
from qtpy.QtWidgets import QDialog as Dialog

from lossexplorer.app.context import Context
from lossexplorer.app.exports.asking import ask_path, write_or_say
from lossexplorer.app.exports.drawing import Picture, image_of, picture_of
from lossexplorer.app.exports.plots import shown_plot
from lossexplorer.app.pictures import file_stem
from lossexplorer.app.theme import UNIT
from lossexplorer.core.files import replace_file

LARGEST_SCALE = 4
_KINDS: dict[Picture, str] = {
    "png": "PNG, pixels",
    "svg": "SVG, text stays text",
    "pdf": "PDF, text stays text",
}


def subjects(context: Context) -> dict[str, Callable[[], QWidget | None]]:
    """Return what there can be pictures of, by what it is called."""
    stage = context.stage

    def canvas() -> QWidget | None:
        return None if stage.canvas is None else stage.canvas.native

    return {
        "Window": stage.window,
        "Canvas": canvas,
        "Plot": lambda: shown_plot(context).widget,
    }


def copy_picture(context: Context, subject: str) -> None:
    """Copy a picture of a subject, at the scale of the screen."""
    _copy(context, subject, 1)


def ask_for_picture(context: Context) -> None:
    """Ask of what a picture is to be saved or copied, how large and in which format."""
    PictureDialog(context).open()


def _copy(context: Context, subject: str, scale: int) -> None:
    widget = _prepared(context, subject)
    if widget is not None:
        QApplication.clipboard().setImage(image_of(widget, context.stage, scale))
        context.messages.inform(f"A picture of the {subject.lower()} is on the clipboard.")


def _save(context: Context, subject: str, kind: Picture, scale: int) -> None:
    widget = _prepared(context, subject)
    if widget is None:
        return
    proposed = f"{file_stem(_words(context, subject))}.{kind}"
    path = ask_path(context, "Save a picture", proposed, f"{kind.upper()} (*.{kind})")
    if path is None:
        return
    if path.suffix.lower() != f".{kind}":  # which is what is in it
        path = path.with_name(f"{path.name}.{kind}")
    content = picture_of(widget, context.stage, kind, scale)
    write_or_say(context, path, lambda: replace_file(path, lambda file: file.write_bytes(content)))


def _words(context: Context, subject: str) -> str:
    """Return what a picture shows: the volume, the loss or the run, and the part of the window."""
    view, volume = context.session.state.view, context.session.volume
    name = "" if volume is None else Path(volume.name).name.partition(".")[0]
    what = "training" if view.workspace == "learn" else view.loss
    where = "" if subject == "Window" else subject.lower()
    return f"{name} {what} {where}"


def _prepared(context: Context, subject: str) -> QWidget | None:
    """Return the widget of a subject, which shows all that it is to show."""
    context.stage.finish()
    widget = subjects(context)[subject]()
    if widget is None or not widget.isVisible():
        context.messages.say(f"There is no picture of the {subject.lower()}: it is not shown.")
        return None
    return widget


class PictureDialog(Dialog):
    """Asks for a picture: of what, in which format, at which scale.

    Attributes
    ----------
    subject, kind, scale : QComboBox
        Of what, the format, and the pixels for each of the screen.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.stage.window())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export a picture")
        self._context = context
        self.subject, self.kind, self.scale = QComboBox(), QComboBox(), QComboBox()
        self.subject.addItems(list(subjects(context)))
        for kind in get_args(Picture):
            self.kind.addItem(_KINDS[kind], kind)
        for scale in range(1, LARGEST_SCALE + 1):
            self.scale.addItem(f"{scale} ×", scale)
        self.scale.setCurrentIndex(self.scale.findData(2))
        note = QLabel("The scale is that of all pixels; in SVG and PDF, of the canvas alone.")
        note.setObjectName("quiet")
        note.setWordWrap(True)
        form = QFormLayout()
        form.setSpacing(UNIT)
        for text, field in (("Of", self.subject), ("As", self.kind), ("Scale", self.scale)):
            form.addRow(text, field)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        roles = QDialogButtonBox.ButtonRole
        save = box.addButton("Save…", roles.AcceptRole)
        copy = box.addButton("Copy", roles.ActionRole)
        save.setDefault(True)
        box.accepted.connect(partial(self._leave, self._on_save))
        copy.clicked.connect(lambda: self._leave(self._on_copy))
        box.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        column.setSpacing(2 * UNIT)
        column.addLayout(form)
        column.addWidget(note)
        column.addWidget(box)

    def _leave(self, act: Callable[[], None]) -> None:
        self.hide()  # so that it is in no picture
        act()
        self.accept()

    def _on_save(self) -> None:
        kind: Picture = self.kind.currentData()
        _save(self._context, self.subject.currentText(), kind, self.scale.currentData())

    def _on_copy(self) -> None:
        _copy(self._context, self.subject.currentText(), self.scale.currentData())
