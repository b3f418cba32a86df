"""What the network is trained on: the open volume, its patches and its input."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget
from superqt import QElidingLabel

from lossexplorer.app.learn.field_rows import FieldRows
from lossexplorer.app.learn.labels import line, quiet, set_text
from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.row import NoWheel, TextLine, explain, mark, open_on_click
from lossexplorer.app.widgets.sections import Collapsible, heading
from lossexplorer.app.widgets.truth_section import patch_text, size_text
from lossexplorer.core.parameters import ParameterError
from lossexplorer.session.setup_editor import SetupEditor
from lossexplorer.volumes import LabelVolume, VolumeError, parse_patch

_PATCHES = "Voxels of a patch, z × y × x, such as 16 × 32 × 32 (or x), or one number for all three."
_OFFERED = ((16, 32, 32), (16, 64, 64), (32, 32, 32), (8, 128, 128))


class DataSection(QWidget):
    """Shows the volume and sets the patches, and what of the volume the network sees.

    Parameters
    ----------
    editor : SetupEditor
        Changes the setup.

    Attributes
    ----------
    patch : QComboBox
        The size of the patches.
    classes : QComboBox
        Which class is painted; hidden where there is one.
    class_chosen : Signal(int)
        Its index.
    input : Collapsible
        The rows of the input and the number of patches.
    """

    class_chosen = Signal(int)

    def __init__(self, editor: SetupEditor) -> None:
        super().__init__()
        self._editor = editor
        self._volume: LabelVolume | None = None
        self._no_wheel = NoWheel(self)
        self._name, self._size, self._note = QElidingLabel(), quiet(), quiet()
        self._note.setWordWrap(True)
        self.patch = QComboBox()
        self.patch.setMinimumContentsLength(len("100 × 100 × 100"))
        self.patch.setEditable(True)
        self.patch.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.patch.addItems([patch_text(patch) for patch in _OFFERED])
        self._field = TextLine()
        self.patch.setLineEdit(self._field)
        # After the field, for which Qt makes one.
        self.patch.setCompleter(None)  # type: ignore[arg-type]  # None is what ends it
        self.classes = QComboBox()
        self.classes.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for box, title in ((self.patch, "patches"), (self.classes, "class shown")):
            box.setAccessibleName(title)
            box.installEventFilter(self._no_wheel)
            open_on_click(box)
        self._class_line = line("class shown", self.classes)
        self.input = Collapsible("Input and batch", opened=False)
        self._count = FieldRows(editor, "training", ("batch",))
        self._image = FieldRows(editor, "image", ("is_simulated", "noise", "intensities"))
        self.rows = {**self._count.rows, **self._image.rows}
        self._build()
        self.patch.textActivated.connect(self._on_patch)
        self._field.editingFinished.connect(lambda: self._on_patch(self._field.text()))
        self._field.given_up.connect(self._show_patch)
        self._field.left.connect(self._show_patch)
        self.classes.activated.connect(self.class_chosen.emit)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(heading("Data"))
        head = QHBoxLayout()
        head.addWidget(self._name, 1)
        head.addWidget(self._size)
        column.addLayout(head)
        column.addWidget(self._note)
        column.addWidget(line("patches", self.patch))
        column.addWidget(self._class_line)
        for row in self.rows.values():
            self.input.body.addWidget(row)
        column.addWidget(self.input)

    def show_run(self, shown: Shown) -> None:
        """Show the volume and what is set."""
        volume = shown.state.volume
        if volume is not self._volume:
            self._volume = volume
            self._show_volume(volume)
        set_text(self._note, _note(volume, shown))
        self._note.setVisible(bool(self._note.text()))
        self.classes.setCurrentIndex(shown.state.view.class_index)
        if not self._field.hasFocus() or not self._field.isModified():
            self._show_patch()
        self._count.show(shown.setup)
        self._image.show(shown.setup)
        self.input.set_changed(self._count.is_changed or self._image.is_changed)

    def _show_volume(self, volume: LabelVolume | None) -> None:
        self._name.setText("no volume is open" if volume is None else volume.name)
        self._name.setToolTip("" if volume is None else volume.path)
        self._size.setText("" if volume is None else size_text(volume.shape))
        self._size.setToolTip("Voxels along x, y, z")
        self.classes.clear()
        names = [] if volume is None else [each.name for each in volume.classes]
        self.classes.addItems(names)
        self._class_line.setVisible(len(names) > 2)

    def _show_patch(self) -> None:
        self._field.setText(patch_text(self._editor.setup.training.patch))
        self._field.setCursorPosition(0)  # else a long text shows its end
        mark(self.patch, _PATCHES)

    def _on_patch(self, text: str) -> None:
        if text == patch_text(self._editor.setup.training.patch):
            mark(self.patch, _PATCHES)
            return
        try:
            self._editor.set_patch(parse_patch(text) or (0, 0, 0))
        except (VolumeError, ParameterError) as error:
            mark(self.patch, str(error), problem=True)
            explain(self.patch, str(error))
            return
        self._show_patch()


def _note(volume: LabelVolume | None, shown: Shown) -> str:
    """Return what is to be known of the input, if anything."""
    if volume is None:
        return "Open a volume to train on it: File › Open, or drop a file here."
    if volume.image is None:
        return "It has no image: the network sees one that is simulated from the labels."
    return "The network sees a simulated image." if shown.setup.image.is_simulated else ""
