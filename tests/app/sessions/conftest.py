"""Windows in processes of their own, which can be killed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import lossexplorer
from lossexplorer.app.sessions.kept import KeptSessions
from tests.patience import PATIENCE

ROOT = Path(lossexplorer.__file__).parents[1]


class Program:
    """A window in a process of its own; what it is told is in `tests/app/sessions/program.py`."""

    def __init__(self, environment, *arguments):
        self.said = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.app.sessions.program", *map(os.fspath, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=ROOT,
            start_new_session=True,
        )

    def do(self, expression):
        """Have something done, and return what comes of it."""
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        while (line := self.process.stdout.readline()).startswith("#"):
            self.said.append(line)
        assert line, self.process.communicate()[1]
        answer = json.loads(line)
        if answer == "failed":
            self.process.kill()
            raise AssertionError(f"{expression}: {self.process.stderr.read()}")
        return answer

    def hear(self):
        """Wait for the next line of what goes on by itself."""
        self.said.append(self.process.stdout.readline())

    def hear_all(self):
        """Take what a window said before it was killed; its last line may not be whole."""
        lines = self.process.stdout.read().splitlines(keepends=True)
        self.said += [line for line in lines if line.startswith("#") and line.endswith("\n")]

    def until(self, expression):
        """Let the window work until something holds."""
        assert self.do(f"wait(lambda: {expression})"), expression

    def begin(self):
        """Wait until the volume is open."""
        self.until("is_open()")

    def kill(self):
        """Kill the window as nothing can be killed harder, and wait until its engine has ended."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)
        _, left = psutil.wait_procs(family, timeout=PATIENCE)
        assert not left

    def end(self, number):
        """Send a signal, and return the exit code; nothing may go wrong at the end."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=PATIENCE)
        assert "Traceback" not in errors, errors
        return self.process.returncode

    def clean_up(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


class Home:
    """A user's folders, and the windows that keep their sessions there."""

    def __init__(self, folder):
        self._made = []
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
        }
        self.sessions = folder / "state" / "lossexplorer" / "sessions"

    def start(self, *arguments):
        self._made.append(Program(self._environment, *arguments))
        return self._made[-1]

    def left(self):
        """The sessions of windows that are gone, as they are on the disk."""
        found = KeptSessions(self.sessions).left()
        for folder, _ in found:
            folder.release()
        return [session for _, session in found]

    def clean_up(self):
        for program in self._made:
            program.clean_up()


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path / "Benutzer Größe")
    yield made
    made.clean_up()
