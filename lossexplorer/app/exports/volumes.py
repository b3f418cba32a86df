"""Asks which volumes are to be exported, and has them made and written while the window goes on."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QDialog, QDialogButtonBox, QLabel, QVBoxLayout

from lossexplorer.app.context import Context
from lossexplorer.app.exports.asking import ask_path
from lossexplorer.app.exports.volume_job import VolumeJob
from lossexplorer.app.theme import UNIT
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.limits import TooLargeError, check_export
from lossexplorer.exports.volumes import WHATS, VolumesWanted, What
from lossexplorer.exports.writing import FORMATS, check_places, format_of, paths_of
from lossexplorer.session.words import loss_in_words

_TITLES: dict[What, str] = {
    "probabilities": "Probabilities, which open again as a prediction",
    "labels": "Labels: the class of the highest probability",
    "error": "Error: true positives 1, false positives 2, false negatives 3",
    "gradient": "Gradient",
}


def ask_for_volumes(context: Context) -> None:
    """Ask which volumes, and where they are to be written."""
    VolumesDialog(context).open()


class VolumesDialog(QDialog):
    """Asks which volumes of which classes are to be exported.

    Attributes
    ----------
    whats : dict of str to QCheckBox
        What can be exported.
    classes : QComboBox
        All of them, or the one that is shown.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.stage.window())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export volumes")
        self._context = context
        view, volume = context.session.state.view, context.session.volume
        assert volume is not None
        self.whats = {what: QCheckBox(_TITLES[what]) for what in WHATS}
        loss = loss_in_words(view.loss, context.session.state.experiment.losses)
        gradient = f"Gradient of {loss}, with respect to the {view.wrt}"
        self.whats["gradient"].setText(gradient)
        self.whats["probabilities"].setChecked(True)
        self.classes = QComboBox()
        self.classes.addItem("Every class, in a channel each", None)
        self.classes.addItem(f"{volume.classes[view.class_index].name} alone", view.class_index)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self._save = box.addButton("Save…", QDialogButtonBox.ButtonRole.AcceptRole)
        self._save.setDefault(True)
        box.accepted.connect(self._on_save)
        box.rejected.connect(self.reject)
        note = QLabel(
            "On the truth's grid, with its affine and the names of the classes beside. OME-Zarr "
            "keeps the spacing alone."
        )
        note.setObjectName("quiet")
        note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        column.setSpacing(UNIT)
        for check in self.whats.values():
            column.addWidget(check)
            check.toggled.connect(self._offer)
        for widget in (self.classes, note, box):
            column.addWidget(widget)

    def _offer(self) -> None:
        self._save.setEnabled(any(check.isChecked() for check in self.whats.values()))

    def _on_save(self) -> None:
        self.hide()
        view = self._context.session.state.view
        whats = tuple(what for what, check in self.whats.items() if check.isChecked())
        wanted = VolumesWanted(whats, view.loss, view.wrt, self.classes.currentData(), view.sample)
        _ask_where(self._context, wanted)
        self.accept()


def _ask_where(context: Context, wanted: VolumesWanted) -> None:
    """Ask where the volumes are to be written, and begin, or say why not."""
    case, volume = context.session.case, context.session.volume
    if case is None or volume is None:
        return
    kinds = ";;".join(
        f"{each.title} ({' '.join(f'*{suffix}' for suffix in each.suffixes)})" for each in FORMATS
    )
    stem = Path(volume.name).name.partition(".")[0]
    path = ask_path(context, "Export volumes", f"{stem}_exported.nii.gz", kinds)
    if path is None:
        return
    try:
        format_of(path)
        paths = paths_of(path, wanted.whats)
        check_places(paths.values(), case)
        check_export(wanted.bytes_needed(volume))
    except (ParameterError, TooLargeError) as error:
        context.messages.say(str(error))
        return
    VolumeJob(context, wanted, paths).begin()
