"""Ctrl+C and the system's request to end: the program ends by itself, and leaves no process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import lossexplorer
from lossexplorer.app.settings import SettingsStore, settings_path
from tests.patience import PATIENCE

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

# The real program; it says how far its start is, and when the engine's state is another one. If it
# pauses, it goes on at these places when it is written to or has got a signal.
PROGRAM = """
import sys


def say(word):
    print(word, flush=True)
    if "pauses" in sys.argv:
        sys.stdin.readline()


def run():
    from lossexplorer.app import main, window
    from lossexplorer.engine.client import EngineClient

    def said(word, function):
        def call(*arguments):
            say(word)
            return function(*arguments)
        return call

    EngineClient.start = said("before the engine", EngineClient.start)
    main.make_application = said("before Qt", main.make_application)
    main.make_window = said("before the window", main.make_window)

    class Window(window.MainWindow):
        def __init__(self, theme, client, settings):
            super().__init__(theme, client, settings)
            say = lambda status: print(status.state, flush=True)
            self.context.controller.engine_changed.connect(say)
            from qtpy.QtCore import QTimer
            QTimer.singleShot(0, lambda: print("event loop", flush=True))

    window.MainWindow = Window
    options = {"image": None, "prediction": None, "screenshot": None, "theme": "dark"}
    return main.run_window(["sample:tumour"], **options)


if __name__ == "__main__":
    sys.exit(run())
"""


@pytest.fixture
def started(tmp_path):
    made = []

    def start(*command):
        root = str(Path(lossexplorer.__file__).parents[1])
        environment = {**os.environ, "PYTHONPATH": root, "XDG_CONFIG_HOME": str(tmp_path)}
        process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,  # a group of its own, as a terminal gives it
        )
        made.append(process)
        return process

    yield start
    for process in made:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def ended(process, number):
    """Signal the group as a terminal does, or the program alone; return what it said then."""
    family = psutil.Process(process.pid).children(recursive=True)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)
    _, left = psutil.wait_procs(family, timeout=PATIENCE)
    assert not left
    assert process.returncode == 128 + number
    return errors


@pytest.mark.parametrize("moment", ["event loop", "ready"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "SIGTERM"])
def test_the_window_ends_as_if_it_were_closed(started, tmp_path, monkeypatch, number, moment):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    process = started(str(program))
    for line in process.stdout:
        if line.strip() == moment:
            break
    assert not ended(process, number)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert SettingsStore(settings_path()).value.geometry  # as a window that is closed keeps it


@pytest.mark.parametrize("moment", ["before the engine", "before Qt", "before the window"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "SIGTERM"])
def test_it_ends_while_it_starts(started, tmp_path, number, moment):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    process = started(str(program), "pauses")
    for line in process.stdout:
        if line.strip() == moment:
            break
        process.stdin.write("\n")
        process.stdin.flush()
    assert not ended(process, number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "SIGTERM"])
def test_a_command_ends_without_a_traceback(started, tmp_path, number):
    manifest = tmp_path / "pairs.csv"
    pairs = "".join(f"case{k},sample:brain,\n" for k in range(3))
    manifest.write_text(f"case,truth,prediction\n{pairs}")
    command = ("evaluate", "--manifest", str(manifest), "--out", str(tmp_path / "out.csv"))
    process = started("-m", "lossexplorer", *command, "--loss", "cl_dice")
    while not psutil.Process(process.pid).children():  # the one that evaluates
        assert process.poll() is None, process.stderr.read()
    assert "Traceback" not in ended(process, number)
