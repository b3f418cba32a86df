import os
import shutil
import subprocess
import sys

import pytest

from lossexplorer.core import display
from tests.patience import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="X11 and Xvfb are Linux's")

VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


@pytest.fixture(autouse=True)
def time_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_START_SECONDS", PATIENCE)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes of the displays that are made from now on."""
    start, made = display._start_xvfb, []

    def start_and_remember(*how):
        process, name = start(*how)
        made.append(process)
        return process, name

    monkeypatch.setattr(display, "_start_xvfb", start_and_remember)
    return made


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def no_xvfb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)


@pytest.mark.usefixtures("no_display")
def test_without_variables_there_is_no_display():
    assert not display.has_display()


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize(
    ("name", "value"), [("DISPLAY", ":4711"), ("WAYLAND_DISPLAY", "wayland-4711")]
)
def test_a_display_that_does_not_answer_is_none(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    assert not display.has_display()
    assert f"{name}={value} does not answer" in display.missing_display_sentence()


@pytest.mark.usefixtures("no_display")
def test_other_systems_always_have_a_display(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert display.has_display()


@pytest.mark.usefixtures("no_display")
def test_the_sentence_says_how_to_get_a_picture():
    sentence = display.missing_display_sentence()
    assert "there is no display" in sentence
    assert "lossexplorer --screenshot PATH" in sentence


@pytest.mark.usefixtures("no_display", "no_xvfb")
def test_the_sentence_names_the_package_that_the_picture_needs():
    assert "apt-get install xvfb" in display.missing_display_sentence()


@pytest.mark.usefixtures("no_display")
def test_virtual_display_has_the_size_asked_for_and_is_gone_afterwards(monkeypatch, started):
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    with display.virtual_display(640, 480) as name:
        assert display.has_display()
        assert os.environ["DISPLAY"] == name
        assert os.environ["QT_QPA_PLATFORM"] == "xcb"
        assert "WAYLAND_DISPLAY" not in os.environ
        ask = "from qtpy.QtGui import QGuiApplication as A; s = A([]).primaryScreen().size()"
        code = f"{ask}; print(s.width(), s.height())"
        answer = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert answer.stdout.split() == ["640", "480"]
    assert os.environ["WAYLAND_DISPLAY"] == "wayland-7"
    assert "DISPLAY" not in os.environ
    assert "QT_QPA_PLATFORM" not in os.environ
    (process,) = started
    assert process.poll() is not None  # its number may be that of another display by now


def test_virtual_display_ends_with_an_exception_and_restores(monkeypatch, started):
    monkeypatch.setenv("DISPLAY", ":4711")

    def fail() -> None:
        with display.virtual_display() as name:
            raise LookupError(name)

    with pytest.raises(LookupError):
        fail()
    assert os.environ["DISPLAY"] == ":4711"
    (process,) = started
    assert process.poll() is not None


def test_virtual_displays_can_be_had_at_the_same_time():
    with display.virtual_display() as outer, display.virtual_display() as inner:
        assert outer != inner


@pytest.mark.usefixtures("no_xvfb")
def test_without_xvfb_the_error_names_the_package():
    with (
        pytest.raises(display.DisplayError, match="apt-get install xvfb"),
        display.virtual_display(),
    ):
        pytest.fail("a display was made without Xvfb")


def test_an_xvfb_that_ends_at_once_is_quoted(tmp_path, monkeypatch):
    stand_in = tmp_path / "Xvfb"
    stand_in.write_text("#!/bin/sh\necho 'no memory for a screen' >&2\nexit 1\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(display.DisplayError, match="no memory for a screen"):
        display.virtual_display().__enter__()


def test_an_xvfb_that_never_gets_ready_is_given_up(tmp_path, monkeypatch):
    stand_in = tmp_path / "Xvfb"
    stand_in.write_text("#!/bin/sh\nexec cat /dev/zero >/dev/null\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(display, "_START_SECONDS", 0.1)
    with pytest.raises(display.DisplayError, match="did not become ready"):
        display.virtual_display().__enter__()
