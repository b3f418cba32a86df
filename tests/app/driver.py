"""The real window in a test's hands: keys, clicks and drops, and waiting for what they lead to."""

import functools
import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from qtpy.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import (
    QAction,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
)
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog, QDockWidget, QLabel, QLineEdit, QPushButton
from superqt import QElidingLabel

from lossexplorer.app.engine_bridge import engine_client
from lossexplorer.app.settings import SettingsStore
from lossexplorer.app.widgets.convention_row import ConventionRow
from lossexplorer.app.window import MainWindow
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import DEGRADATIONS
from lossexplorer.session import State, agenda
from tests.patience import PATIENCE

NO_MODIFIER = Qt.KeyboardModifier.NoModifier
TUMOUR = Path(__file__).parents[2] / "resources/samples/tumour_brain1_label.nii.gz"
EDGES = (6.5, 0.78125, 0.78125)
SHOWN = [name for name, loss in LOSSES.items() if loss.shown]


@functools.cache
def tumour():
    """The sample's labels (z, y, x), read without the program."""
    return np.asarray(nib.load(TUMOUR).dataobj).T.astype(int)


def shifted(labels, *, z=0, y=0, x=0):
    """Labels moved by whole voxels towards larger indices; what enters is 0."""
    moved = np.zeros_like(labels)
    to, of = [], []
    for step, length in zip((z, y, x), labels.shape, strict=True):
        to.append(slice(max(step, 0), length + min(step, 0)))
        of.append(slice(max(-step, 0), length - max(step, 0)))
    moved[tuple(to)] = labels[tuple(of)]
    return moved


def small_labels(seed=0):
    """Two boxes with ids 3 and 7, away from the faces."""
    labels = np.zeros((6, 8, 12), np.uint8)
    labels[1:4, 1:5, 2:8] = 3
    labels[2:5, 5:7, 3 + seed : 9] = 7
    return labels


def write_nifti(path, labels, spacing=(2.5, 0.75, 0.5)):
    """Write labels whose voxels have edges in mm (z, y, x)."""
    image = nib.Nifti1Image(labels.T, np.diag([*spacing[::-1], 1.0]))
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path


class Closed:
    """The losses and their gradients in closed form, in float64, of a prediction of two classes.

    Parameters
    ----------
    predicted : array
        The decided class of every voxel, which gets the probability `confidence`.
    """

    def __init__(self, predicted, confidence=1.0):
        truth = tumour()
        self.g = np.stack([truth == c for c in (0, 1)]).astype(float)
        self.p = np.where(np.stack([predicted == c for c in (0, 1)]), confidence, 1 - confidence)
        self.n = truth.size
        self.i, self.size, self.mass = (
            field.sum(axis=(1, 2, 3), keepdims=True) for field in (self.g * self.p, self.g, self.p)
        )

    def terms(self, loss, **parameters):
        """The loss's term of each class; the one that generalized Dice has."""
        return self._quotient(loss, **parameters)[0].ravel()

    def value(self, loss, **parameters):
        terms = self.terms(loss, **parameters)
        return float(terms.sum() if loss == "cross_entropy" else terms.mean())

    def _quotient(self, loss, *, alpha=0.3, beta=0.7):
        """The terms, and what one more unit of probability in a voxel adds to their sum."""
        g, i, both = self.g, self.i, self.mass + self.size
        if loss == "cross_entropy":
            with np.errstate(divide="ignore", invalid="ignore"):
                spent = np.where(g > 0, -np.log(self.p), 0).sum(axis=(1, 2, 3))
                return spent / self.n, np.where(g > 0, -g / self.p, 0) / self.n
        if loss == "generalized_dice":
            w = 1 / (self.size**2 + 1e-5)
            top, bottom, per_top, per_bottom = 2 * (w * i).sum(), (w * both).sum(), 2 * w * g, w
        elif loss == "dice":
            top, bottom, per_top, per_bottom = 2 * i, both, 2 * g, np.ones_like(g)
        elif loss == "iou":
            top, bottom, per_top, per_bottom = i + 1e-6, both - i + 1e-6, g, 1 - g
        else:
            top, bottom = i, i + alpha * (self.mass - i) + beta * (self.size - i)
            per_top, per_bottom = g, g + alpha * (1 - g) - beta * g
        slope = -(per_top * bottom - top * per_bottom) / bottom**2
        return 1 - top / bottom, slope

    def gradient(self, loss, wrt, class_index=1):
        """The gradient in every voxel."""
        terms, slope = self._quotient(loss)
        if loss != "cross_entropy":
            slope = slope / np.size(terms)
        if wrt == "logit":
            slope = self.p * (slope - (self.p * slope).sum(axis=0))
        return slope[class_index]


def evaluated(*arguments):
    """What ``lossexplorer evaluate … --json`` prints, run as its own process."""
    command = [sys.executable, "-m", "lossexplorer", "evaluate", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    return json.loads(done.stdout)


def is_running(pid):
    """Whether a process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def children():
    """Processes that this one started and that still run, other than the display."""
    own = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if (
            int(fields[1]) == os.getpid()
            and fields[0] not in ("Z", "X")
            and "spawn_main" in command
        ):
            own.append(int(stat.parent.name))
    return set(own)


def clipped(panel):
    """Visible labels in a panel whose text needs more room than they have."""
    found = []
    for text in panel.findChildren(QLabel):
        if not text.isVisible() or isinstance(text.parent(), ConventionRow):
            continue  # a convention has the name that a library gave it; its tooltip has all of it
        needed = 0
        if text.wordWrap():
            fits = text.heightForWidth(text.width()) <= text.height()
        else:
            # A label that elides hints at its whole text.
            needed = (
                text.fontMetrics().horizontalAdvance(text.text())
                if isinstance(text, QElidingLabel)
                else text.sizeHint().width()
            )
            fits = needed <= text.width() and text.sizeHint().height() <= text.height() + 1
        if not fits:
            found.append((text.text(), text.width(), needed))
    return found


class Driver:
    """A main window and its engine.

    Attributes
    ----------
    statuses : list of EngineStatus
        Everything that the engine said of itself.
    answers : list of Answer
        Everything that it answered.
    """

    # Smaller than the program's own, to be painted faster.
    size = (1000, 700)

    def __init__(self, bot, theme="dark", prepare=True, settings=None, lane=None):
        self.bot = bot
        self.statuses, self.answers = [], []
        self._others = children()
        self.settings = settings or SettingsStore()  # in memory alone
        client = engine_client()
        if lane is not None:  # what trains in place of the engine
            client.lane = lane
        self.window = MainWindow(theme, client, self.settings)
        self.panels = self.window.context.panels
        self.controls, self.losses, self.plots = map(
            self.panels.widget, ("controls", "losses", "plots")
        )
        context = self.window.context
        self.controller, self.files = context.controller, context.files
        self.session = context.session
        self.controller.engine_changed.connect(self.statuses.append)
        self.controller.answered.connect(self.answers.append)
        self.window.resize(*self.size)
        self._open_at_start = self._open_groups()
        with bot.waitExposed(self.window):
            self.window.show()
        if prepare:
            self.prepare()

    # Starting and ending

    def prepare(self):
        """Have the canvas made."""
        self.window.stage.finish()
        self.canvas = self.window.stage.canvas
        self.viewer = self.canvas.widget.viewer

    def start(self, source="sample:tumour"):
        """Start the engine and open a volume; return when it is painted."""
        self.controller.client.start()
        return self.open(source)

    def open(self, source):
        """Open a volume and return the first answer about it."""
        return self.opening(lambda: self.files.open([str(source)]))

    def opening(self, act):
        """Do something that opens a volume and return the first answer about that."""
        opened = []
        connection = self.files.opened.connect(opened.append)
        try:
            return self.wait(
                self.controller.answered,
                act,
                check=lambda answer: bool(opened) and self.is_current(answer),
            )
        finally:
            self.files.opened.disconnect(connection)

    def close(self):
        """Close the window, let Qt delete it, and wait until its engine has ended.

        A window whose named session is not saved would ask, and stay.
        """
        self.window.end()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        for process in multiprocessing.active_children():
            if process.pid not in self._others:
                process.join(PATIENCE)

    # Waiting

    def is_current(self, answer):
        """Whether an answer is about what is open and set now."""
        return answer.question == self.session.state.maps()

    def wait(self, signal, act, *, check=None):
        """Do something and return what the signal that follows carries.

        More may have come when this returns: what is asserted of an order of signals is to be
        heard by slots.
        """
        with self.bot.waitSignal(signal, check_params_cb=check) as waited:
            act()
        self.window.stage.paint()  # else that has a turn of its own
        return waited.args[0] if waited.args else None

    def answer(self, act):
        """Do something and return the answer to the state that it leads to."""
        return self.wait(self.controller.answered, act, check=self.is_current)

    def settle(self, act):
        """Do something and wait until all about it is answered, curves and norms included."""
        settled = []

        def note():
            settled.append(agenda.subject(self.session.state))

        self.controller.settled.connect(note)
        try:
            act()
            # While it acted, what had been set before may have been settled.
            self.bot.waitUntil(lambda: agenda.subject(self.session.state) in settled)
        finally:
            self.controller.settled.disconnect(note)
        self.window.stage.paint()

    def reset(self, source="sample:tumour"):
        """Return to a volume, if one is named, a prediction that is true, and every default."""
        self._tidy_up()
        if source is not None and not self.has_open(source):
            self.open(source)
        self.controller.records.open(self.session.case.batch)  # a history without steps
        fresh = State()

        def reset():
            now = {setting.name for setting in self.session.state.experiment.losses}
            for name in set(SHOWN) - now:
                self.session.add_loss(name)
            for name in now - set(SHOWN):
                self.session.remove_loss(name)
            self.session.reset_controls()
            for setting in fresh.experiment.losses:
                now = self.session.state.experiment.setting(setting.name)
                self.session.rename_loss(setting.name, "")
                if now.weight != setting.weight:
                    self.session.set_weight(setting.name, setting.weight)
                for name, value in setting.parameters.items():
                    if now.parameters[name] != value:
                        self.session.set_parameter(setting.name, name, value)
            for name, value in vars(fresh.experiment.descent).items():
                self.session.set_descent(name, value)
            self.window.context.descent.rewind()
            self.session.set_control("shift_x", 0.0)
            self.session.show(sample=0)
            self.viewer.dims.ndisplay = 2
            self.viewer.dims.order = (0, 1, 2)
            for axis, length in enumerate(self.session.volume.shape):
                self.viewer.dims.set_current_step(axis, length // 2)
            plane = {"plane": self.session.state.view.plane}
            self.session.show(**vars(fresh.view) | plane)

        before = self.session.state.maps()
        reset()
        if self.session.state.maps() != before:
            self.answer(lambda: None)
        del self.answers[:-1]
        for name, card in self.losses.cards.items():
            if card.remover.isHidden() is (name == "dice"):
                card.expand(name == "dice")

    def _tidy_up(self):
        """Put back what a test may have done to the window itself, and not to what is set."""
        self.session.show(workspace="explore")
        for dialog in self.window.findChildren(QDialog):
            if dialog.isVisible():
                dialog.reject()
        while (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
        self.window.context.snapshots.restore(())
        if self.panels_were_moved():
            self.panels.show_titles(False)
            self.panels.reset()
        self.window.messages.hide()
        self.window.statusBar().clearMessage()
        self.resize(*self.size)
        if not self.action("Dark").isChecked():
            self.action("Dark").trigger()
        self.plots.setCurrentIndex(0)
        for panel in (self.controls, self.losses):
            panel.verticalScrollBar().setValue(0)
        for name in self._open_groups() ^ self._open_at_start:
            group = self.controls.prediction.groups[name]
            group.button.setChecked(name in self._open_at_start)
        self._forget_what_was_typed()
        if self.session.volume is not None:
            self.canvas._brought.clear()
            for layer in self.canvas.panes.others():
                self.viewer.layers.remove(layer)

    def panels_were_moved(self):
        """Whether a panel is not docked and shown as at first."""
        context, panels = self.window.context, self.panels
        away = [
            panel.id
            for panel in panels.here
            if panels.floats(panel.id) or panels.is_shown(panel.id) is not panel.is_needed(context)
        ]
        return bool(away) or self.panels.titles

    def _open_groups(self):
        """The groups of controls that are open."""
        groups = self.controls.prediction.groups
        return {name for name, group in groups.items() if group.is_open}

    def _forget_what_was_typed(self):
        """Show what is set in the fields whose text is wrong and was left there."""
        controls, losses = self.controls, self.losses
        state, case = self.session.state, self.session.case
        if any(field.property("problem") for field in controls.findChildren(QLineEdit)):
            controls.prediction.show_values(state.experiment.controls, {})
        if controls.truth.patch.property("problem"):
            controls.truth.show_volume(case, self.session.volume, state.view.sample)
        for setting in state.experiment.losses:
            card = losses.cards[setting.name]
            rows = [row for row in card.rows.values() if hasattr(row, "line")]
            fields = [row.line for row in (*rows, card.weight)]
            boxes = [row.options for row in rows if hasattr(row, "options")]
            if any(widget.property("problem") for widget in (*fields, *boxes)):
                card.show_setting(setting)

    def resize(self, width, height):
        """Give the window a size, and wait until the window system has told it so."""
        if self.window.size().toTuple() != (width, height):
            self.window.resize(width, height)
            QGuiApplication.sync()

    def has_open(self, source):
        """Whether a source is open as it is: each id a class, all voxels, uncut, no prediction."""
        case = self.session.case
        if case is None or case.given is not None:
            return False
        if case.ignore is not None or case.left_out is not None:
            return False
        as_it_is = (case.classes, case.patch, len(case.batch)) == ("each", None, 1)
        return as_it_is and self.session.volume.path == source

    # Acting

    def press(self, widget, key, times=1, modifier=NO_MODIFIER):
        """Give a widget the focus, and keys."""
        self.window.activateWindow()
        self.bot.waitUntil(self.window.isActiveWindow)  # before, no key is a shortcut
        widget.setFocus()
        for _ in range(times):
            QTest.keyClick(widget, key, modifier)

    def click(self, widget):
        """Press and release the left button in the middle of a widget."""
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def type(self, field, text):
        """Replace a field's text by what is typed, and leave it by Enter."""
        self.press(field, Qt.Key.Key_A, modifier=Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(field, Qt.Key.Key_Delete)
        for character in text:
            if character.isascii():
                QTest.keyClick(field, character)
            else:  # QTest would abort
                typed = QKeyEvent(QEvent.Type.KeyPress, 0, NO_MODIFIER, character)
                QApplication.sendEvent(field, typed)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def shortcut(self, keys):
        """Press keys, in Qt's notation, while the window is active."""
        self.window.activateWindow()
        self.bot.waitUntil(self.window.isActiveWindow)
        self.window.setFocus()
        QTest.keySequence(self.window, QKeySequence(keys))

    def expand(self, loss):
        """Show the parameters of a loss, if they are hidden, by its button."""
        card = self.losses.cards[loss]
        if not card.weight.isVisible():
            self.click(card.expander)
        return card

    def action(self, text):
        """Return the menu entry with this text, without its & marks."""
        return next(
            action
            for action in self.window.findChildren(QAction)
            if action.text().replace("&", "") == text
            and not isinstance(action.parent(), QDockWidget)  # Qt's own, which no menu has
        )

    def drop(self, widget, *paths):
        """Drag files onto the middle of a widget and let go; return whether they were taken.

        The window system gives such events to the window, and Qt looks for the widget.
        """
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        arguments = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, NO_MODIFIER)
        place = widget.mapTo(self.window, widget.rect().center())
        entering = QDragEnterEvent(place, *arguments)
        QApplication.sendEvent(self.window.windowHandle(), entering)
        if not entering.isAccepted():
            return False
        dropped = QDropEvent(QPointF(place), *arguments)
        QApplication.sendEvent(self.window.windowHandle(), dropped)
        return dropped.isAccepted()

    # Looking

    def card_text(self, loss):
        return self.losses.cards[loss].value.text()

    def row(self, loss, name):
        """The row of a loss's parameter, or, without a loss, of a control, its group opened."""
        if loss:
            return self.losses.cards[loss].rows[name]
        prediction = self.controls.prediction
        block = next(n for n, each in prediction.blocks.items() if name in each.rows)
        prediction.groups[DEGRADATIONS[block].group].open()
        return prediction.rows[name]

    def value(self, loss, name):
        """What the session has for a control or a loss's parameter."""
        state = self.session.state
        return (
            state.experiment.setting(loss).parameters[name]
            if loss
            else state.experiment.controls[name]
        )

    def painted(self, name, plane=None):
        """What a map shows in the slice on screen."""
        plane = plane or self.session.state.view.plane
        return np.take(self.canvas.array(name), plane.index, axis=plane.axis)

    def texts(self, widget):
        """The texts of all labels in a widget that can be seen."""
        return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]

    def button(self, widget, text):
        """Return the visible button with this text, or None."""
        buttons = [b for b in widget.findChildren(QPushButton) if b.isVisible()]
        return next((b for b in buttons if b.text() == text), None)
