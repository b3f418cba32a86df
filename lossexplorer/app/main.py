"""Starts the window."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from platformdirs import user_config_path

from lossexplorer.app.log import log_path

if TYPE_CHECKING:
    from qtpy.QtCore import QSize

    from lossexplorer.app.settings import SettingsStore
    from lossexplorer.app.window import MainWindow
    from lossexplorer.engine.client import EngineClient
    from lossexplorer.engine.messages import EngineStatus
    from lossexplorer.session.run import Run
    from lossexplorer.session.state import Workspace
    from lossexplorer.volumes import Ignored

# What the window starts with: a prediction that errs, so that there is something to see.
_START = {
    "shift_y": 4.6875,
    "grow": 1.2,
    "softness": 1.6,
    "confidence": 0.9996,
    "shift_x": 3.125,
}

_LAYING_OUT = 500  # milliseconds that a picture waits for the network's places

_log = logging.getLogger("lossexplorer")


def run_window(
    sources: Sequence[str],
    *,
    scenario: str | None = None,
    image: str | None,
    prediction: str | None,
    mask: str | None = None,
    ignore: Ignored = "declared",
    overlapping: bool | None = None,
    screenshot: Path | None,
    theme: str | None,
    workspace: Workspace = "explore",
    steps: int = 0,
    present: bool = False,
    restore: bool = True,
) -> int:
    """Open the window on a volume and return the exit code when it is closed.

    Parameters
    ----------
    sources : sequence of str
        Files, or ``sample:NAME``; several are a batch.
    scenario : str, optional
        The name of a scenario that is opened in place of them.
    image, prediction : str, optional
        Files with the anatomy of the first, and with the prediction of all.
    mask, ignore, overlapping
        As in `lossexplorer.volumes.open_case`.
    screenshot : Path, optional
        Where to save the window as PNG once it is complete; the window then closes. It has the
        default size, theme and panels, and leaves the settings as they are.
    theme : {"dark", "light"}, optional
        Its palette, if not the one that was used last.
    workspace : {"explore", "learn"}
        What it starts with.
    steps : int
        Training steps that are taken before a picture of Learn.
    present : bool
        Whether a talk begins once all is open; a picture is then one of the talk.
    restore : bool
        Whether sessions that were cut off are offered; with a picture or a talk they are not.
    """
    gc.disable()  # until all is imported: looking for garbage takes a fifth of that time
    _choose_libraries()

    from lossexplorer.app.engine_bridge import engine_client

    def open_scenario(window: MainWindow) -> None:
        from lossexplorer.documents.scenario_list import scenario_named

        listed = scenario_named(scenario or "")
        if listed.path is None:
            window.context.sessions.open_document(listed.document)
        else:
            window.context.sessions.open(str(listed.path))

    # First of all: its process imports its backend while this one prepares the window.
    client = engine_client()
    client.start()
    try:
        return _show_window(
            client,
            theme,
            workspace,
            open_scenario
            if scenario is not None
            else lambda window: window.context.files.open(
                sources, image, prediction, mask=mask, ignore=ignore, overlapping=overlapping
            ),
            screenshot,
            steps,
            present=present,
            restore=restore,
        )
    except BaseException:  # also if it is asked to end while it starts
        client.close()
        raise


def _show_window(
    client: EngineClient,
    theme: str | None,
    workspace: Workspace,
    open_files: Callable[[MainWindow], None],
    screenshot: Path | None,
    steps: int,
    *,
    present: bool,
    restore: bool,
) -> int:
    """Show the window, open files in it, and return the exit code when it is closed."""
    from qtpy.QtCore import Qt

    from lossexplorer.app.sessions.kept import sessions_path
    from lossexplorer.app.settings import SettingsStore, settings_path
    from lossexplorer.app.signals import EndingSignals

    settings = SettingsStore(settings_path() if screenshot is None else None)
    app = make_application()
    window = make_window(theme or settings.value.theme, client, settings)
    window.stage.imported.connect(_collect_from_now_on)
    once = Qt.ConnectionType.SingleShotConnection
    # Nor in what has been made since.
    window.context.controller.settled.connect(_collect_from_now_on, once)
    window.context.session.start_with(_START)
    window.context.session.show(workspace=workspace)
    if screenshot is not None:
        _save_and_quit(window, screenshot, steps, present=present)
    else:
        window.context.recovery.begin(sessions_path())
    if present:
        window.context.presenter.start_once_open(on_screen=screenshot is None)
    window.show()
    open_files(window)
    if restore and screenshot is None and not present:
        window.context.recovery.offer()
        if not settings.value.tour_seen and workspace == "explore":
            window.context.controller.settled.connect(window.begin_first_tour, once)

    def end(code: int) -> None:
        app.setQuitOnLastWindowClosed(False)  # that is with 0, and may come after the code below
        window.end()
        app.exit(code)

    signals = EndingSignals(end)  # which has to be kept
    code = int(app.exec())
    signals.deleteLater()
    # Else Python looks for garbage in all that was imported as it ends, which takes a second.
    gc.freeze()
    return code


def _collect_from_now_on() -> None:
    """Have garbage looked for, but never again in all that has been imported."""
    gc.freeze()
    gc.enable()


def _choose_libraries() -> None:
    """Set what Qt, pyqtgraph and napari read when they are first imported."""
    os.environ.setdefault("QT_API", "pyside6")
    binding = {"pyqt6": "PyQt6"}.get(os.environ["QT_API"], "PySide6")
    os.environ.setdefault("PYQTGRAPH_QT_LIB", binding)
    os.environ.setdefault("NAPARI_CONFIG", str(user_config_path("lossexplorer") / "napari.yaml"))


def make_application() -> Any:
    """Return the QApplication, with the program's font and settings of its own for napari.

    It is there at once: what takes long to import is not imported for it.
    """
    _choose_libraries()

    import napari  # noqa: F401 - first of all: it sees to OpenGL under Wayland
    from qtpy.QtWidgets import QApplication

    from lossexplorer.app.theme import use_font

    app: Any = QApplication.instance() or QApplication(sys.argv)
    app.setApplicationName("Loss Explorer")
    use_font(app)
    return app


def make_window(theme: str, client: EngineClient, settings: SettingsStore) -> MainWindow:
    """Return the window, not shown yet; what nobody catches is reported in it.

    Parameters
    ----------
    theme : {"dark", "light"}
        Its palette.
    client : EngineClient
        The engine, started or not.
    settings : SettingsStore
        Has the window's size and panels, if there was one before.
    """
    from lossexplorer.app.window import MainWindow

    window = MainWindow(theme, client, settings)
    window.resize(window.sizeHint().boundedTo(_room_on_screen(window)))
    window.restore()
    _report_exceptions(window)
    return window


def _room_on_screen(window: MainWindow) -> QSize:
    """Return the largest size whose title bar and frame are on the screen, too.

    The window system makes these later and by itself: GNOME's title bar, the largest, has 37
    pixels.
    """
    from qtpy.QtCore import QSize

    return window.screen().availableSize() - QSize(8, 40)


def _report_exceptions(window: MainWindow) -> None:
    """Send what nobody caught to the log file and to the window."""
    details = _begin_log()

    def report(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        _log.error("uncaught", exc_info=(kind, error, traceback))
        sys.__excepthook__(kind, error, traceback)
        window.messages.say(f"Something went wrong: {error} ({kind.__name__}). Details: {details}")

    sys.excepthook = report


def _begin_log() -> str:
    """Have warnings logged, and return where: the log file, or standard error without one."""
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(filename=path, level=logging.WARNING)
    except OSError as error:
        logging.basicConfig(level=logging.WARNING)
        _log.warning("%s could not be opened: %s", path, error)
        return "standard error"
    return str(path)


def _save_and_quit(window: MainWindow, path: Path, steps: int, *, present: bool) -> None:
    """Save the window once it is complete, or end with the reason why it cannot be."""
    from qtpy.QtCore import QTimer
    from qtpy.QtWidgets import QApplication

    window.resize(window.sizeHint())  # on a small screen, too
    window.context.sessions.asks = False  # nobody is there to answer

    def end(problem: str = "") -> None:
        if problem:
            print(f"lossexplorer: {problem}", file=sys.stderr)
        window.end()
        QApplication.exit(2 if problem else 0)

    def save() -> None:
        if present and not window.context.presenter.is_open:
            return  # it was the desk that is complete
        if window.context.session.state.view.workspace == "explore":
            window.context.controller.settled.disconnect(save)
        context = window.context
        saved = context.presenter.save(path) if present else context.pictures.save(path)
        end("" if saved else f"{path} could not be written.")

    def on_engine(status: EngineStatus) -> None:
        if status.state == "failed":
            end(status.message)

    def on_run(run: Run) -> None:
        if run.status in ("failed", "stopped"):
            end(run.message)
        elif run.status == "ready" and run.table is not None and run.maps is not None:
            if run.step < steps:
                window.context.trainer.step()
            elif run.painted_step == steps:
                window.context.trainer.changed.disconnect(on_run)
                QTimer.singleShot(_LAYING_OUT, save)

    if window.context.session.state.view.workspace == "learn":
        window.context.trainer.changed.connect(on_run)
    else:
        window.context.controller.settled.connect(save)
    window.context.files.rejected.connect(end)
    window.context.controller.client.failed.connect(end)
    window.context.controller.engine_changed.connect(on_engine)
