"""What is open, and how it is seen: classes, what is ignored, level, patches, sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.row import NoWheel, TextLine, explain, mark, open_on_click
from lossexplorer.app.widgets.sections import heading
from lossexplorer.app.widgets.voxel_text import coarser
from lossexplorer.core.numbers import percent
from lossexplorer.core.parameters import ParameterError
from lossexplorer.volumes import Case, LabelVolume, VolumeError, parse_patch

if TYPE_CHECKING:
    from lossexplorer.volumes import ClassSelection

Patch = tuple[int, int, int] | None

_WHOLE = "whole volume"
_PATCHES = "Voxels of a patch, z × y × x, such as 16 × 64 × 32 (or x), or one number for all three."


def patch_of(text: str) -> Patch:
    """Return the patch (z, y, x) that was typed or chosen; None for the whole volume.

    Raises
    ------
    VolumeError
        If it is neither one nor three whole numbers from 1.

    Examples
    --------
    >>> patch_of("64"), patch_of("16 x 64 × 32"), patch_of("whole volume")
    ((64, 64, 64), (16, 64, 32), None)
    """
    return None if text.strip().lower() == _WHOLE else parse_patch(text)


def patch_text(patch: Patch) -> str:
    """Return a patch (z, y, x) as it is typed.

    Examples
    --------
    >>> patch_text((16, 64, 32)), patch_text(None)
    ('16 × 64 × 32', 'whole volume')
    """
    return _WHOLE if patch is None else " × ".join(map(str, patch))


def size_text(shape: Sequence[int]) -> str:
    """Return the size of an array (z, y, x) along x, y, z.

    Examples
    --------
    >>> size_text((25, 256, 512))
    '512 × 256 × 25'
    """
    return " × ".join(map(str, reversed(shape)))


def level_texts(levels: Sequence[tuple[int, int, int]]) -> list[str]:
    """Return each level's size along x, y, z and how much coarser it is than the finest.

    Examples
    --------
    >>> level_texts([(50, 512, 512), (50, 256, 256), (25, 128, 128)])
    ['512 × 512 × 50', '256 × 256 × 50 · 2×', '128 × 128 × 25 · 4×']
    """
    factors = [coarser(tuple(levels), level) for level in range(len(levels))]
    return [
        size_text(level) + (f" · {factor}×" if factor > 1 else "")
        for level, factor in zip(levels, factors, strict=True)
    ]


class TruthSection(QWidget):
    """Shows what is open, with the choosers that make sense for it.

    Attributes
    ----------
    classes, ignored, level, patch, sample : QComboBox
        The choosers; each is hidden where there is nothing to choose.
    mask_name : QElidingLabel
        The name of the mask's file; hidden without one.
    unmask : QToolButton
        Takes the mask away.
    classes_chosen : Signal(object)
        ``"each"`` or ``"foreground"``.
    subset_wanted : Signal()
        The user wants to choose among the classes.
    ignored_chosen : Signal(object)
        The id whose voxels are to count nowhere, or None.
    unmask_wanted : Signal()
        The user wants the mask taken away.
    level_chosen : Signal(int)
        The level to open.
    patch_chosen : Signal(object)
        Voxels along (z, y, x), or None.
    sample_chosen : Signal(int)
        The sample to show.
    """

    classes_chosen = Signal(object)
    subset_wanted = Signal()
    ignored_chosen = Signal(object)
    unmask_wanted = Signal()
    level_chosen = Signal(int)
    patch_chosen = Signal(object)
    sample_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._case: Case | None = None
        self._ids: tuple[int, ...] = ()  # that can be ignored
        self._no_wheel = NoWheel(self)
        self._name = QElidingLabel()
        self._size = QLabel()
        self._contents = QElidingLabel()
        self._ignored_words = QElidingLabel()
        self._ignored_words.setToolTip("They count in no value and no norm; their gradient is 0.")
        for label in (self._size, self._contents, self._ignored_words):
            label.setObjectName("quiet")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(UNIT)
        self._column.addWidget(heading("Truth"))
        header = QHBoxLayout()
        header.addWidget(self._name, 1)
        header.addWidget(self._size)
        self._column.addLayout(header)
        self._column.addWidget(self._contents)
        self._column.addWidget(self._ignored_words)
        self.classes, self._classes_line = self._chooser("classes")
        self.ignored, self._ignored_line = self._chooser("ignore")
        self.mask_name, self.unmask, self._mask_line = self._mask_row()
        self.level, self._level_line = self._chooser("level")
        self.patch, self._patch_line = self._chooser("patches")
        self.sample, self._sample_line = self._chooser("sample")
        self.patch.setEditable(True)
        self.patch.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.patch.addItems([_WHOLE, "64", "96", "128"])
        self._sizes = TextLine()
        self._sizes.setTextMargins(-2, 0, 0, 0)  # aligned with the other lists' texts
        self._sizes.setPlaceholderText("z × y × x")
        self.patch.setLineEdit(self._sizes)
        # After the line, for which Qt makes one.
        self.patch.setCompleter(None)  # type: ignore[arg-type]  # None is what ends it
        open_on_click(self.patch)
        mark(self.patch, _PATCHES)
        self.ignored.setToolTip("An id whose voxels count nowhere. A mask leaves out others.")
        self.level.setToolTip("Of a multiscale image; the engine computes with the one chosen.")
        self.sample.setToolTip("Which of the batch's samples is on the canvas.")

        self.classes.activated.connect(self._on_classes)
        self.ignored.activated.connect(self._on_ignored)
        self.unmask.clicked.connect(self.unmask_wanted.emit)
        self.level.activated.connect(self.level_chosen.emit)
        self.sample.activated.connect(self.sample_chosen.emit)
        self.patch.textActivated.connect(self._on_patch)
        self._sizes.editingFinished.connect(lambda: self._on_patch(self._sizes.text()))
        self._sizes.given_up.connect(self._show_patch)
        self._sizes.left.connect(self._show_patch)  # what was right is what is open

    def _chooser(self, title: str) -> tuple[QComboBox, QWidget]:
        """Return a list and the line that it is in, with its title."""
        box = QComboBox()
        box.setAccessibleName(title)
        box.installEventFilter(self._no_wheel)
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel(title), 1)
        row.addWidget(box, 2)
        line.hide()
        self._column.addWidget(line)
        return box, line

    def _mask_row(self) -> tuple[QElidingLabel, QToolButton, QWidget]:
        """Return the name of a mask, the button that takes it away, and their line."""
        name, button, line = QElidingLabel(), QToolButton(), QWidget()
        button.setObjectName("flat")
        button.setText("✕")
        button.setToolTip("Remove the mask: the voxels that it leaves out count again.")
        button.setAccessibleName("Remove the mask")
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("mask"), 1)
        within = QHBoxLayout()
        within.setSpacing(0)
        within.addWidget(name, 1)
        within.addWidget(button)
        row.addLayout(within, 2)
        line.hide()
        self._column.addWidget(line)
        return name, button, line

    def show_volume(self, case: Case, volume: LabelVolume, sample: int) -> None:
        """Show what is open.

        Parameters
        ----------
        case : Case
            All of it.
        volume : LabelVolume
            The sample shown.
        sample : int
            Which one that is.
        """
        self._case = case
        self._name.setText(volume.name)
        self._name.setToolTip(volume.path)
        self._size.setText(size_text(volume.shape))
        self._size.setToolTip("Voxels along x, y, z")
        self._contents.setText(contents(volume))
        self._contents.setToolTip(contents(volume))
        self._ignored_words.setText(ignored_words(volume))
        self._ignored_words.setVisible(volume.ignored is not None)
        self._show_classes(case)
        self._show_ignored(case)
        self._fill(self.level, level_texts(volume.levels) if volume.levels else [], volume.level)
        self._level_line.setVisible(len(volume.levels) > 1)
        self._patch_line.setVisible(math.prod(case.originals[0].shape) > 1)
        self._show_patch()
        count = len(case.batch)
        self._fill(self.sample, [f"{n + 1} of {count}" for n in range(count)], sample)
        self._sample_line.setVisible(count > 1)

    def _show_classes(self, case: Case) -> None:
        count = len(case.counted.names) - 1
        selected = case.classes
        chosen = f"{len(selected)} of {count} chosen…" if isinstance(selected, tuple) else "chosen…"
        things = "classes" if case.counted[0].overlap is not None else "ids"
        texts = [f"each of the {count:,} {things}", "all foreground as one", chosen]
        index = 2 if isinstance(selected, tuple) else ("each", "foreground").index(selected)
        self._fill(self.classes, texts, index)
        self._classes_line.setVisible(count > 1)

    def _show_ignored(self, case: Case) -> None:
        original = case.originals[0]
        self._ids = () if original.overlap else tuple(c.id for c in original.classes[1:])
        texts = [f"{c.name} ({c.id})" for c in original.classes[1:]]
        index = 0 if case.ignore not in self._ids else 1 + self._ids.index(case.ignore)
        self._fill(self.ignored, ["nothing", *texts], index)
        self._ignored_line.setVisible(len(self._ids) > 1)
        self.mask_name.setText(case.mask_name)
        self.mask_name.setToolTip(f"Voxels where {case.mask_name} is 0 count nowhere.")
        self._mask_line.setVisible(case.left_out is not None)

    def _show_patch(self) -> None:
        if self._case is not None:
            self._sizes.setText(patch_text(self._case.patch))
            mark(self.patch, _PATCHES)

    @staticmethod
    def _fill(box: QComboBox, texts: Sequence[str], index: int) -> None:
        box.clear()
        box.addItems(list(texts))
        box.setCurrentIndex(index)

    def _on_classes(self, index: int) -> None:
        if self._case is None:
            return
        self._show_classes(self._case)  # until it is done, the list shows what is
        if index == 2:
            self.subset_wanted.emit()
            return
        selected: ClassSelection = "each" if index == 0 else "foreground"
        if selected != self._case.classes:
            self.classes_chosen.emit(selected)

    def _on_ignored(self, index: int) -> None:
        if self._case is None:
            return
        chosen = self._ids[index - 1] if index else None
        self._show_ignored(self._case)  # until it is done, the list shows what is
        if chosen != self._case.ignore:
            self.ignored_chosen.emit(chosen)

    def _on_patch(self, text: str) -> None:
        if self._case is None:
            return
        try:
            patch = patch_of(text)
        except (VolumeError, ParameterError) as error:
            mark(self.patch, str(error), problem=True)
            explain(self.patch, str(error))
            return
        self._show_patch()
        if patch != self._case.patch:
            self.patch_chosen.emit(patch)


def contents(volume: LabelVolume) -> str:
    """Return what is labelled in a volume: class or number of classes, voxels, share."""
    count = len(volume.classes) - 1
    if volume.overlap is None:
        labelled, what = sum(c.voxels for c in volume.classes[1:]), f"{count} classes"
    else:
        labelled, what = int(volume.labelled.sum()), f"{count} classes overlap"
    if count == 1:
        what = volume.classes[1].name
    if not labelled:
        return f"{what} · no labelled voxel"
    return f"{what} · {labelled:,} voxels · {percent(labelled / volume.voxel_count)}"


def ignored_words(volume: LabelVolume) -> str:
    """Return how many voxels of a volume count nowhere; empty if all count."""
    if volume.ignored is None:
        return ""
    count = int(volume.ignored.sum())
    return f"ignored · {count:,} voxels · {percent(count / volume.voxel_count)}"
