import os
import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest

from lossexplorer import __version__, doctor

# A module for child processes, with one function per way to fail.
QUESTIONS = """
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
    (tmp_path / "questions.py").write_text(QUESTIONS)
    monkeypatch.syspath_prepend(tmp_path)
    import questions

    def probe(name: str, seconds: float = 60) -> doctor.Probe:
        ask = getattr(questions, name)
        return doctor.Probe(ask, "The machine", seconds, {"PYTHONPATH": str(tmp_path)})

    yield probe
    del sys.modules["questions"]


@pytest.fixture
def broken_tensorflow(tmp_path, monkeypatch):
    """A TensorFlow whose import does what the test writes into it."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "tensorflow.py"


@pytest.mark.parametrize("name", ["well", "talkative"])
def test_a_child_answers(question, name):
    assert doctor.ask(question(name)) == {"colour": "blue"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_crash_is_named(question):
    with pytest.raises(doctor.ProbeError, match=r"The machine crashed with SIGSEGV\."):
        doctor.ask(question("crash"))


def test_an_exit_is_quoted(question):
    with pytest.raises(doctor.ProbeError, match=r"exit status 1\. .*: no such device"):
        doctor.ask(question("leave"))


def test_a_child_that_hangs_is_given_up(question):
    with pytest.raises(doctor.ProbeError, match=r"did not answer in 0\.5 seconds"):
        doctor.ask(question("hang", seconds=0.5))


@pytest.mark.skipif(sys.platform != "linux", reason="names of Linux's libraries")
def test_a_missing_library_is_named_with_its_package(question):
    with pytest.raises(doctor.ProbeError, match=r"lacks libxcb-cursor; .* install libxcb-cursor0"):
        doctor.ask(question("load"))


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
    assert doctor.library_remedy(messages) == sentence


def test_every_package_named_is_one_that_the_set_up_installs():
    listed = Path(__file__).parent.parent / ".config" / "apt-packages.txt"
    assert set(doctor._APT_PACKAGES.values()) <= set(listed.read_text().split())


def test_a_failure_leaves_out_what_qt_says_about_plugins():
    messages = (
        "could not connect to display\nqt.core.plugin: x\nAvailable platform plugins are: y\n"
    )
    sentence = doctor.failure_sentence("Qt", -6, messages)
    assert sentence == "Qt crashed with SIGABRT. Its last words: could not connect to display"


def test_an_unknown_signal_has_its_number():
    assert "signal 4711" in doctor.failure_sentence("Qt", -4711, "")


def test_table_aligns_the_values():
    assert doctor.table({"a": "1", "long": "2"}) == "  a     1\n  long  2"
    assert doctor.table({}) == ""


def test_versions_are_those_of_the_declared_dependencies():
    versions = {name.lower(): version for name, version in doctor.runtime_versions().items()}
    assert versions["napari"] == metadata.version("napari")
    assert versions["tensorflow"] == metadata.version("tensorflow")
    assert "pyside6-essentials" in versions
    assert "pytest" not in versions


def test_a_missing_dependency_is_said(monkeypatch):
    monkeypatch.setattr(metadata, "requires", lambda _name: ["nothing-of-this-name>=1"])
    assert doctor.runtime_versions() == {"nothing-of-this-name": "not installed"}


def test_the_report_without_a_display(monkeypatch, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert doctor.run() == 0
    text = capsys.readouterr().out
    for expected in (
        f"Loss Explorer  {__version__}",
        "through PySide6",
        "OpenGL renderer",
        f"TensorFlow     {metadata.version('tensorflow')}",
        "Keras backend  tensorflow",
        os.environ.get("XDG_CONFIG_HOME", ""),
        "resources",
    ):
        assert expected in text
    assert not any(line != line.rstrip() for line in text.splitlines())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_without_display_and_xvfb_opengl_is_a_sentence(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    failures: list[str] = []
    rows = doctor._opengl(failures)
    assert "apt-get install xvfb" in rows["OpenGL"]
    assert failures == [rows["OpenGL"]]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed with SIGSEGV"),
        ("raise ImportError('no AVX here')", "exit status 1. Its last words: ImportError: no AVX"),
    ],
)
def test_a_tensorflow_that_fails_is_a_sentence(broken_tensorflow, code, sentence):
    broken_tensorflow.write_text(code)
    failures: list[str] = []
    rows = doctor._engine(failures)
    assert sentence in rows["TensorFlow"]
    assert len(failures) == 1


def test_an_nvidia_driver_that_tensorflow_does_not_use_is_mentioned(monkeypatch):
    monkeypatch.setattr(doctor, "ask", lambda _probe: {"TensorFlow": "2", "devices": "CPU"})
    monkeypatch.setattr(shutil, "which", "/usr/bin/{}".format)
    assert "tensorflow[and-cuda]" in doctor._engine([])["hint"]
