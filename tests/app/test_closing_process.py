"""The program as a process of its own: closed in the middle of anything, it ends at once."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lossexplorer
from tests.app.driver import is_running
from tests.patience import PATIENCE

SECONDS = 2.0

# A window that closes itself in the middle of something; it says when, and which processes it has.
PROGRAM = """
import multiprocessing, sys, threading, time


def run(moment):
    from qtpy.QtCore import QTimer, Signal

    from lossexplorer.app import main, opener, window
    from lossexplorer.engine.transport.shared_array import SharedArray

    class Window(window.MainWindow):
        reached = Signal(str)

        def __init__(self, theme, client, settings):
            super().__init__(theme, client, settings)
            self.reached.connect(self.close_at)
            controller = self.context.controller
            controller.engine_changed.connect(lambda status: self.close_at(status.state))
            controller.answered.connect(self.ask)
            if moment == "training":
                self.context.trainer.changed.connect(self.train)
            window.opened = self
            QTimer.singleShot(0, lambda: self.close_at(client.status.state))  # it starts before

        def ask(self, _):
            if moment == "a step":
                self.context.session.set_control("softness", 2.0)
                QTimer.singleShot(40, lambda: self.close_at("a step"))
            elif moment == "a field":
                self.context.controller.answered.disconnect(self.ask)
                self.context.session.add_loss("hausdorff")
                self.context.session.show(loss="hausdorff", plane=None)
                QTimer.singleShot(40, lambda: self.close_at("a field"))

        def train(self, run):
            if run.status == "ready":
                self.context.trainer.train()
            elif run.step >= 3:
                self.close_at("training")

        def close_at(self, reached):
            if reached == moment:
                QTimer.singleShot(0, self.say_and_close)

        def say_and_close(self):
            pids = [process.pid for process in multiprocessing.active_children()]
            print(time.monotonic(), *pids, flush=True)
            self.close()

    def read_for_ever(*_, **__):  # a file on a drive that never answers
        window.opened.reached.emit("reading")
        threading.Event().wait()

    window.MainWindow = Window
    if moment == "reading":
        opener.open_case = read_for_ever
    options = {"image": None, "prediction": None, "screenshot": None, "theme": "dark"}
    if moment == "training":
        options["workspace"] = "learn"
    return main.run_window(["sample:tumour"], **options)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1]))
"""


def seconds_until_closed(moment, tmp_path):
    """Run the program, which closes itself in the middle of something; nothing may be left of it.

    Returns how long it took to end.
    """
    script = tmp_path / "program.py"
    script.write_text(PROGRAM, "utf-8")
    with subprocess.Popen(
        [sys.executable, script, moment],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(lossexplorer.__file__).parents[1])},
    ) as program:
        try:
            said = program.stdout.readline().split()
            _, errors = program.communicate(timeout=PATIENCE)
            elapsed = time.monotonic() - float(said[0])
        finally:
            program.kill()
    assert program.returncode == 0, errors
    assert errors == ""
    engines = [int(pid) for pid in said[1:]]
    assert len(engines) == 1
    assert not any(map(is_running, engines))
    return elapsed


def test_closing_while_the_engine_starts_leaves_no_process(tmp_path):
    seconds_until_closed("starting", tmp_path)


@pytest.mark.alone
@pytest.mark.parametrize(
    "moment", ["reading", "starting", "loading", "a step", "a field", "training"]
)
def test_closing_in_the_middle_of(moment, tmp_path):
    assert seconds_until_closed(moment, tmp_path) < SECONDS
