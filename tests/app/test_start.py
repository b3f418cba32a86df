"""What a window starts with: its theme, its size, its panels, and what a picture ignores."""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from psygnal import EmitLoopError
from qtpy.QtCore import QCoreApplication, QEvent, QSize
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QWidget

from lossexplorer.app import engine_bridge, main, recent
from lossexplorer.app.log import log_path
from lossexplorer.app.opening_notice import OpeningNotice
from lossexplorer.app.settings import Settings, SettingsStore, settings_path
from lossexplorer.app.theme import DARK
from lossexplorer.app.widgets.message_bar import MessageBar
from lossexplorer.app.window import MainWindow
from lossexplorer.session import Session
from tests.app.conftest import windows_and_engines
from tests.patience import PATIENCE


class StartedError(Exception):
    """A window would have been made."""


def notices():
    """What the notices say that are on the screen."""
    shown = [each for each in QApplication.topLevelWidgets() if isinstance(each, OpeningNotice)]
    return [(each.title.text(), each.words.text()) for each in shown if each.isVisible()]


@pytest.fixture
def started_with(monkeypatch, tmp_path, qapp, same_collection):
    """What `run_window` makes the window with: the theme and the settings."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    class Client:
        def start(self):
            """Start nothing."""

        def close(self):
            """Close nothing."""

    def make_window(theme, client, settings):
        raise StartedError(theme, settings, notices())

    monkeypatch.setattr(engine_bridge, "engine_client", Client)
    monkeypatch.setattr(main, "make_window", make_window)

    def run(theme=None, screenshot=None):
        with pytest.raises(StartedError) as started:
            main.run_window(
                ["sample:tumour"],
                image=None, prediction=None, screenshot=screenshot, theme=theme,
            )  # fmt: skip
        return started.value.args

    return run


def test_at_first_it_is_dark(started_with):
    assert started_with()[0] == "dark"


def test_before_the_window_is_made_a_notice_says_what_is_opened(started_with):
    assert started_with()[2] == [("Loss Explorer", "Opening tumour…")]
    assert notices() == []


def test_there_is_no_notice_before_a_picture(started_with, tmp_path):
    assert started_with(screenshot=tmp_path / "a.png")[2] == []


def test_a_notice_is_painted_and_goes_when_the_window_is(qapp, qtbot):
    name = "a name of a file that is as long as names of patients and studies are.nii.gz"
    notice, window = OpeningNotice(name, DARK), QWidget()
    qtbot.addWidget(window)
    notice.show_now()
    painted = notice.grab().toImage()
    assert painted.pixelColor(20, 4).name() == DARK.surface
    words = notice.words
    assert words.text().startswith("Opening a name")
    assert words.text().endswith(".nii.gz…")
    assert words.fontMetrics().horizontalAdvance(words.text()) <= words.width()
    notice.give_way_to(window)
    assert notice.isVisible()
    window.show()
    qtbot.waitUntil(lambda: notices() == [])


def test_the_theme_that_was_chosen_last_is_back_and_an_option_wins(started_with):
    SettingsStore(settings_path()).update(theme="light")
    assert started_with()[0] == "light"
    assert started_with(theme="dark")[0] == "dark"
    assert SettingsStore(settings_path()).value.theme == "light"  # the option changes no setting


def test_a_picture_takes_the_defaults_and_keeps_the_settings(started_with, tmp_path):
    SettingsStore(settings_path()).update(theme="light", panel_titles=True)
    before = settings_path().read_bytes()
    theme, settings, _ = started_with(screenshot=tmp_path / "picture.png")
    assert (theme, settings.value.panel_titles) == ("dark", False)
    settings.update(theme="light", recent=[("/data/a.nii",)])
    assert settings_path().read_bytes() == before


@pytest.fixture
def no_folders(monkeypatch, tmp_path):
    """Files where the folders of the settings and of the log should be."""
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        path = tmp_path / variable
        path.write_text("no folder")
        monkeypatch.setenv(variable, str(path))


def test_without_a_folder_for_settings_it_starts_with_the_defaults(started_with, no_folders):
    theme, settings, _ = started_with()
    assert (theme, settings.value) == ("dark", Settings())
    settings.update(theme="light")
    assert settings.value.theme == "light"


def test_without_a_log_file_what_nobody_caught_is_said(qapp, no_folders, monkeypatch, capsys):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    window = SimpleNamespace(messages=MessageBar())
    main._report_exceptions(window)
    sys.excepthook(ValueError, ValueError("a fault"), None)
    said = "Something went wrong: a fault (ValueError). Details: standard error"
    assert window.messages.text.text() == said
    assert "ValueError: a fault" in capsys.readouterr().err
    window.messages.deleteLater()


def test_of_an_error_in_a_signal_the_cause_is_said(qapp, no_folders, monkeypatch, capsys):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    window = SimpleNamespace(messages=MessageBar())
    main._report_exceptions(window)
    wrapped = EmitLoopError(EmitLoopError(ValueError("a fault")))
    sys.excepthook(EmitLoopError, wrapped, None)
    said = "Something went wrong: a fault (ValueError). Details: standard error"
    assert window.messages.text.text() == said
    assert "EmitLoopError" in capsys.readouterr().err
    window.messages.deleteLater()


_WARNING_TO_THE_LOG = """
import logging
from lossexplorer.app.log import begin_log
print(begin_log())
logging.getLogger("lossexplorer").warning("something")
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_log_on_a_full_disk_prints_no_traceback(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    log = log_path()
    log.parent.mkdir(parents=True)
    log.symlink_to("/dev/full")
    ran = subprocess.run(
        [sys.executable, "-c", _WARNING_TO_THE_LOG],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert (ran.stdout, ran.stderr) == (f"{log}\n", "")


@pytest.mark.slow
def test_without_folders_a_picture_is_made(no_folders, tmp_path):
    picture = tmp_path / "picture.png"
    command = [sys.executable, "-m", "lossexplorer", "--sample", "plate", "--screenshot", picture]
    subprocess.run(command, check=True, timeout=PATIENCE)
    assert QImage(str(picture)).size() == QSize(1600, 1000)


def test_what_it_starts_with_cannot_be_undone(monkeypatch, same_collection):
    class Shown(Exception):  # noqa: N818
        """The window would be shown."""

    def show():
        raise Shown

    session, ignore = Session(), SimpleNamespace(connect=lambda *_: None)
    context = SimpleNamespace(
        session=session,
        controller=SimpleNamespace(settled=ignore),
        recovery=SimpleNamespace(begin=lambda _: None),
    )
    window = SimpleNamespace(
        stage=SimpleNamespace(imported=ignore),
        context=context,
        show=show,
        installEventFilter=lambda _: None,
    )
    client = SimpleNamespace(start=lambda: None, close=lambda: None)
    monkeypatch.setattr(engine_bridge, "engine_client", lambda: client)
    monkeypatch.setattr(main, "make_application", lambda: None)
    monkeypatch.setattr(main, "make_window", lambda *_: window)
    with pytest.raises(Shown):
        main.run_window(["sample:tumour"], image=None, prediction=None, screenshot=None, theme=None)
    assert session.state.experiment.controls["grow"] == 1.2
    assert session.store.undo_label == ""


@pytest.mark.slow
def test_the_picture_is_the_same_whatever_is_remembered(tmp_path):
    folder = tmp_path / "lossexplorer"
    folder.mkdir()
    path, picture = folder / "settings.json", tmp_path / "picture.png"
    path.write_text(json.dumps({"theme": "light", "panel_titles": True, "folder": "/data"}))
    before = path.read_bytes()
    command = [sys.executable, "-m", "lossexplorer", "--sample", "plate", "--screenshot", picture]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    subprocess.run(command, check=True, timeout=PATIENCE, env=environment)
    image = QImage(str(picture))
    assert image.size() == QSize(1600, 1000)
    # The surface between menus and workspaces is that of the dark theme.
    assert image.pixelColor(500, 8).name() == "#22262d"
    assert path.read_bytes() == before


@pytest.mark.parametrize("screen", [(1280, 720), (1024, 768)])
def test_the_window_fits_a_small_screen(make_window, monkeypatch, screen):
    class Screen:
        def availableSize(self):
            return QSize(*screen)

    monkeypatch.setattr(MainWindow, "screen", lambda _: Screen())
    window = make_window()
    window.show()
    room = QSize(*screen) - window.size()
    assert 0 <= room.width() <= 16  # for the frame that a desktop adds
    assert 37 <= room.height() <= 48  # and for GNOME's title bar


def test_on_a_large_screen_it_is_as_large_as_the_sketch(make_window, monkeypatch):
    class Screen:
        def availableSize(self):
            return QSize(3840, 2160)

    monkeypatch.setattr(MainWindow, "screen", lambda _: Screen())
    assert make_window().size() == QSize(1600, 1000)


def test_its_size_is_remembered(make_window):
    settings = SettingsStore()
    window = make_window(settings)
    window.show()
    window.resize(1100, 760)
    window.close()
    assert make_window(settings).size() == QSize(1100, 760)


@pytest.fixture
def make_window(qapp, monkeypatch):
    """Make windows as the program does, without an engine that runs; nothing is left of them."""
    monkeypatch.setattr(main, "_report_exceptions", lambda _: None)
    before, made = windows_and_engines(qapp), []

    def make(settings=None):
        client = engine_bridge.engine_client()
        made.append(main.make_window("dark", client, settings or SettingsStore()))
        return made[-1]

    yield make
    for window in made:
        window.close()
        window.deleteLater()
    made.clear()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert windows_and_engines(qapp) == before


def test_the_corner_says_what_the_engine_does(make_window):
    window = make_window()
    window.show()
    gc.collect()  # nobody but the window holds on to it
    assert "the engine is not started yet" in window.menuBar().cornerWidget().text()


def test_files_of_the_former_run_are_not_looked_for(make_window, monkeypatch):
    """They may lie on a drive that does not answer."""
    looked_for = []
    monkeypatch.setattr(recent, "missing", looked_for.append)
    settings = SettingsStore()
    settings.update(recent=[("/nowhere/a.nii",), ("/nowhere/b.nii", "/nowhere/c.nii")])
    window = make_window(settings)
    window.show()
    settings.update(folder="/data")  # all actions are shown anew
    window.context.session.set_control("grow", 1.0)
    assert looked_for == []


def test_no_recent_file_costs_the_start(make_window):
    settings = SettingsStore()
    settings.update(recent=[("/" + 5000 * "a",), ("/a\0b",), ("/\ud800",), ("",), ()])
    window = make_window(settings)
    window.show()
    assert window.isVisible()
