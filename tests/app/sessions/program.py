"""The program as a process of its own, which does what it is told, a line at a time.

Each line is an expression over what `_Hands` has; its value is printed as JSON. What goes on by
itself is printed, too, on lines that begin with #.
"""

import json
import sys
import threading
import time
import traceback
from functools import partial

from tests.patience import PATIENCE


class _Hands:
    """Keys and clicks for the window, and looks at it and at the disk."""

    def __init__(self, window):
        from qtpy.QtCore import QTimer

        self.window, self.context = window, window.context
        self.session = window.context.session
        self._timer = QTimer(window)
        self._number = 0

    # Acting

    def press(self, control, key, times=1):
        """Give the slider of a control keys."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        slider = self._slider(control)
        slider.setFocus()
        for _ in range(times):
            QTest.keyClick(slider, getattr(Qt.Key, f"Key_{key}"))
        return self.value(control)

    def click(self, text):
        """Click a button of the dialog."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        button = next(b for b in self._buttons() if b.text().replace("&", "") == text)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def escape(self):
        """Press Esc in the dialog."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        QTest.keyClick(self._dialog(), Qt.Key.Key_Escape)

    def down(self):
        """Press Down in the dialog's table."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        QTest.keyClick(self._dialog().table, Qt.Key.Key_Down)
        return self._dialog().table.currentIndex().row()

    def tick(self):
        """Click the box of the dialog, where its words begin."""
        from qtpy.QtCore import QPoint, Qt
        from qtpy.QtTest import QTest

        box = self._dialog().without_volume
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
        return box.isChecked()

    def trigger(self, text):
        """Choose an entry of a menu."""
        from qtpy.QtGui import QAction

        actions = self.window.findChildren(QAction)
        next(a for a in actions if a.text().replace("&", "") == text).trigger()

    def logout(self):
        """Have Qt say that the user logs out, as it does when the system tells it."""
        from qtpy.QtWidgets import QApplication

        QApplication.instance().commitDataRequest.emit(None)

    def fill_disk(self, is_full=True):
        """Have the system refuse whatever this process writes to a file, or no longer."""
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        unlimited = resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (100 if is_full else unlimited, unlimited))

    def kill_engine(self):
        """Kill the engine as nothing can be killed harder."""
        import os
        import signal

        os.kill(self.context.controller.client.status.info.pid, signal.SIGKILL)

    def traffic(self):
        """Set a control again and again, beside keys, and say what was set and when."""
        self._timer.timeout.connect(self._step)
        self._timer.start(10)

    def _step(self):
        self._number += 1
        self.session.set_control("shift_x", self._number / 1000)
        print("#", self._number, time.monotonic(), flush=True)
        if self._number % 7 == 0:
            self.press("grow", "Right" if self._number % 140 < 70 else "Left")

    # Looking

    def wait(self, condition):
        """Let the event loop run until something holds."""
        from qtpy.QtCore import QEventLoop, QTimer

        loop, looking, limit = QEventLoop(), QTimer(), QTimer()
        looking.timeout.connect(lambda: loop.quit() if condition() else None)
        limit.timeout.connect(loop.quit)
        looking.start(10)
        limit.start(round(1e3 * PATIENCE))
        loop.exec()
        return condition()

    def value(self, control):
        return self.session.state.experiment.controls[control]

    def is_open(self, source="sample:tumour"):
        volume = self.session.volume
        return volume is not None and volume.path == source

    def engine(self):
        """What the engine does."""
        return self.context.controller.client.status.state

    def number(self, loss):
        """What the card of a loss shows."""
        return self.context.panels.widget("losses").cards[loss].value.text()

    def is_kept(self, control):
        """Whether the disk has the present value of a control."""
        from lossexplorer.app.sessions.kept import sessions_path

        for path in sessions_path().glob("*/session.json"):
            document = json.loads(json.loads(path.read_text("ascii"))["document"])
            if document["controls"][control] == self.value(control):
                return True
        return False

    def offered(self):
        """What the dialog says, or None: sessions, buttons, whether without the volume."""
        dialog = self._dialog()
        if dialog is None:
            return None
        items = [dialog.table.topLevelItem(n) for n in range(dialog.table.topLevelItemCount())]
        return {
            "rows": [[item.text(column) for column in range(3)] for item in items],
            "buttons": [b.text().replace("&", "") for b in self._buttons() if b.isVisible()],
            "without volume": dialog.without_volume.isChecked(),
        }

    def message(self):
        """What the bar above the canvas says."""
        messages = self.window.messages
        return messages.text.text() if messages.isVisible() else ""

    def question(self):
        """What a question says, beside the dialog; empty if none is asked."""
        box = self._box()
        return "" if box is None else box.text()

    def cancel(self):
        """Press Esc in a question."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        QTest.keyClick(self._box(), Qt.Key.Key_Escape)

    def _box(self):
        from qtpy.QtWidgets import QMessageBox

        found = [box for box in self.window.findChildren(QMessageBox) if box.isVisible()]
        return found[0] if found else None

    def _dialog(self):
        from lossexplorer.app.sessions.recovery_dialog import RecoveryDialog

        found = [d for d in self.window.findChildren(RecoveryDialog) if d.isVisible()]
        return found[0] if found else None

    def _buttons(self):
        from qtpy.QtWidgets import QPushButton

        return self._dialog().findChildren(QPushButton)

    def _slider(self, control):
        from lossexplorer.predictions import DEGRADATIONS

        prediction = self.context.panels.widget("controls").prediction
        block = next(n for n, each in prediction.blocks.items() if control in each.rows)
        prediction.groups[DEGRADATIONS[block].group].open()
        return prediction.rows[control].slider


def run(*arguments):
    from lossexplorer.app import main, window
    from lossexplorer.app.engine_bridge import MainThread

    class Window(window.MainWindow):
        def __init__(self, theme, client, settings):
            from qtpy.QtCore import QTimer

            super().__init__(theme, client, settings)
            hands, main_thread = _Hands(self), MainThread()
            names = {name: getattr(hands, name) for name in dir(hands) if name[0] != "_"}

            def do(line):
                try:
                    answer = eval(line, names)
                except Exception:  # noqa: BLE001 - reported to the test
                    traceback.print_exc()
                    answer = "failed"
                print(json.dumps(answer), flush=True)

            def listen():
                for line in sys.stdin:
                    main_thread.run(partial(do, line))

            listening = threading.Thread(target=listen, daemon=True)
            QTimer.singleShot(0, listening.start)

    window.MainWindow = Window
    options = {"image": None, "prediction": None, "screenshot": None, "theme": "dark"}
    options["restore"] = "--no-restore" not in arguments
    sources = [each for each in arguments if each != "--no-restore"]
    return main.run_window(sources or ["sample:tumour"], **options)


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
