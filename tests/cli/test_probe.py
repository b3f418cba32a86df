"""Questions to child processes: answers, and every way to give none."""

import os
import sys
from pathlib import Path

import pytest

from lossexplorer.cli import probe
from tests.patience import PATIENCE

# A module for child processes, with one function per way to fail.
CHECKS = """
import ctypes, os, signal, sys, time

def well(): return {"colour": "blue"}
def talkative(): print("hello"); return {"colour": "blue"}
def crash(): os.kill(os.getpid(), signal.SIGSEGV)
def leave(): raise SystemExit("no such device")
def hang(): sys.stdin.read(); time.sleep(3600)
def load(): ctypes.CDLL("libxcb-cursor.so.4711")
"""


@pytest.fixture
def question(tmp_path, monkeypatch):
    (tmp_path / "questions.py").write_text(CHECKS)
    monkeypatch.syspath_prepend(tmp_path)
    import questions

    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = os.pathsep.join([str(tmp_path), *filter(None, inherited)])

    def asked(name: str, seconds: float = PATIENCE) -> probe.Probe:
        ask = getattr(questions, name)
        return probe.Probe(ask, "The machine", seconds, {"PYTHONPATH": path})

    yield asked
    del sys.modules["questions"]


@pytest.mark.parametrize("name", ["well", "talkative"])
def test_a_child_answers(question, name):
    assert probe.ask(question(name)) == {"colour": "blue"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_crash_is_named(question):
    with pytest.raises(probe.ProbeError, match=r"The machine crashed with SIGSEGV\."):
        probe.ask(question("crash"))


def test_an_exit_is_quoted(question):
    with pytest.raises(probe.ProbeError, match=r"exit status 1\. .*: no such device"):
        probe.ask(question("leave"))


def test_a_child_that_hangs_is_given_up(question):
    with pytest.raises(probe.ProbeError, match=r"did not answer in 0\.5 seconds"):
        probe.ask(question("hang", seconds=0.5))


@pytest.mark.skipif(sys.platform != "linux", reason="names of Linux's libraries")
def test_a_missing_library_is_named_with_its_package(question):
    with pytest.raises(probe.ProbeError, match=r"lacks libxcb-cursor; .* install libxcb-cursor0"):
        probe.ask(question("load"))


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ("ImportError: no module", None),
        ("libodd.so.2: cannot open shared object file: No such file", "the system lacks libodd."),
        (
            "libGL.so.1: cannot open shared object file\nlibEGL.so: cannot open shared object file",
            "the system lacks libGL, libEGL; on Debian or Ubuntu: apt-get install libegl1 libgl1",
        ),
    ],
)
def test_library_remedy(messages, sentence):
    assert probe.library_remedy(messages) == sentence


def test_every_package_named_is_one_that_the_set_up_installs():
    listed = Path(__file__).parents[2] / ".config" / "apt-packages.txt"
    assert set(probe._APT_PACKAGES.values()) <= set(listed.read_text().split())


def test_a_failure_leaves_out_what_qt_says_about_plugins():
    messages = (
        "could not connect to display\nqt.core.plugin: x\nAvailable platform plugins are: y\n"
    )
    sentence = probe.failure_sentence("Qt", -6, messages)
    assert sentence == "Qt crashed with SIGABRT. Its last words: could not connect to display"


def test_an_unknown_signal_has_its_number():
    assert "signal 4711" in probe.failure_sentence("Qt", -4711, "")
