"""The real window in Learn, in a test's hands; its training is that of a stub."""

from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog

from lossexplorer.app.settings import SettingsStore
from lossexplorer.learning.setup import Setup
from lossexplorer.session.course import maps_of
from tests.app.driver import Driver
from tests.app.stub_training import StubTraining


class Learner(Driver):
    """A window on the tumour, in Learn."""

    size = (1280, 800)

    def __init__(self, bot, source="sample:tumour", **how):
        self.stub = StubTraining()
        super().__init__(bot, lane=self.stub, settings=SettingsStore(), **how)
        if source is not None:
            with bot.waitSignal(self.files.opened):
                self.files.open([source])
        self.session.show(workspace="learn")
        self.training, self.outputs, self.network, self.curves = map(
            self.panels.widget, ("training", "outputs", "network", "run_plots")
        )
        self.trainer = self.window.context.trainer

    def begin(self):
        """Put everything back: the setup of the start, step 0, the panels and the theme."""
        for dialog in self.window.findChildren(QDialog):
            if dialog.isVisible():
                dialog.reject()
        self.stub.refusal, self.stub.holds_maps = "", False
        self.window.context.descent.rewind()
        self.trainer.pause()
        self.trainer.limit = None
        self.session.set_up(Setup(), "Begin")
        self.session.show(workspace="learn", output="y1", scale="automatic")
        self.trainer.rewind()
        self.resize(*self.size)
        if self.panels_were_moved():
            self.panels.show_titles(False)
            self.panels.reset()
        self.curves.setCurrentIndex(0)
        if not self.action("Dark").isChecked():
            self.action("Dark").trigger()
        self.window.messages.hide()
        for panel in (self.training, self.outputs):
            panel.verticalScrollBar().setValue(0)
        self.bot.waitUntil(self.is_at_rest)
        self.stub.orders.clear()
        self.stub.turns.clear()

    def is_at_rest(self):
        """Whether table and maps of the present setup and step are there, and nothing trains."""
        run = self.trainer.run
        is_known = run.table is not None and run.maps is not None
        is_painted = self.trainer._course.painted == maps_of(self.session.state)
        return run.status == "ready" and is_known and is_painted and self.stub.idle

    def rest(self):
        """Wait until nothing is trained or asked for any more, and show it."""
        self.bot.waitUntil(self.is_at_rest)
        self.window.stage.finish()
        QApplication.processEvents()

    @property
    def setup(self):
        return self.session.state.experiment.setup

    @property
    def run(self):
        return self.trainer.run

    def train_steps(self, count):
        """Take steps one by one, by the button, until so many are done."""
        for _ in range(count - self.run.step):
            self.click(self.training.training.step)
        self.bot.waitUntil(lambda: self.run.step == count)
        self.rest()

    def table(self, plot):
        """Open the tab of a plot, and return its widget."""
        self.curves.setCurrentIndex(list(self.curves.widgets).index(plot))
        self.rest()
        return self.curves.widgets[plot]

    def choose(self, box, text):
        """Choose an entry of a list by the keyboard."""
        index = box.findText(text)
        assert index >= 0, (text, [box.itemText(n) for n in range(box.count())])
        self.window.activateWindow()
        box.setFocus()
        step = 1 if index > box.currentIndex() else -1
        key = Qt.Key.Key_Down if step > 0 else Qt.Key.Key_Up
        while box.currentIndex() != index:
            QTest.keyClick(box, key)

    def drag_slider(self, slider, share):
        """Drag a slider's handle to a share of its length, in steps."""
        button, middle = Qt.MouseButton.LeftButton, slider.height() // 2
        low, high = slider.minimum(), slider.maximum()
        span = slider.width() - 14  # of the handle
        start = 7 + span * (slider.value() - low) / (high - low)
        end = 7 + span * share
        QTest.mousePress(slider, button, pos=QPoint(round(start), middle))
        for part in range(1, 6):
            QTest.mouseMove(slider, QPoint(round(start + (end - start) * part / 5), middle))
        QTest.mouseRelease(slider, button, pos=QPoint(round(end), middle))
