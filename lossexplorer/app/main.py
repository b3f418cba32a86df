"""Starts the window."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from types import TracebackType

from platformdirs import user_config_path, user_log_path

# What the window starts with: a prediction that errs, so that there is something to see.
_START = {
    "shift_y": 4.6875,
    "grow": 1.2,
    "softness": 1.6,
    "confidence": 0.9996,
    "shift_x": 3.125,
}

_log = logging.getLogger("lossexplorer")


def run_window(source: str, *, screenshot: Path | None, theme: str) -> int:
    """Open the window on a volume and return the exit code when it is closed.

    Parameters
    ----------
    source : str
        A file, or ``sample:NAME``.
    screenshot : Path, optional
        Where to save the window as PNG once the first answer is complete; the window then closes.
    theme : {"dark", "light"}
        Its palette.
    """
    _prepare_environment()

    import pyqtgraph
    from napari.qt import get_qapp

    from lossexplorer.app.theme import use_font

    pyqtgraph.setConfigOptions(antialias=True)
    app = get_qapp()  # napari's, which knows where napari's icons are
    app.setApplicationName("Loss Explorer")
    use_font(app)

    from lossexplorer.app.window import MainWindow

    window = MainWindow(theme)
    window.resize(window.sizeHint())
    _report_exceptions(window)
    if screenshot is not None:
        _save_and_quit(window, screenshot)
    for name, value in _START.items():
        window.explorer.session.set_control(name, value)
    window.show()
    window.explorer.start()
    window.explorer.open(source)
    return int(app.exec())


def _prepare_environment() -> None:
    """Choose the Qt binding that is shipped, and keep napari's settings apart from a user's own."""
    os.environ.setdefault("QT_API", "pyside6")
    os.environ.setdefault(
        "PYQTGRAPH_QT_LIB", {"pyqt6": "PyQt6"}.get(os.environ["QT_API"], "PySide6")
    )
    config = user_config_path("lossexplorer", ensure_exists=True)
    os.environ.setdefault("NAPARI_CONFIG", str(config / "napari.yaml"))


def _report_exceptions(window: object) -> None:
    """Send what nobody caught to the log file and to the window."""
    from lossexplorer.app.window import MainWindow

    assert isinstance(window, MainWindow)
    path = user_log_path("lossexplorer", ensure_exists=True) / "lossexplorer.log"
    logging.basicConfig(filename=path, level=logging.WARNING)

    def report(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        _log.error("uncaught", exc_info=(kind, error, traceback))
        sys.__excepthook__(kind, error, traceback)
        window.messages.say(f"Something went wrong: {error} ({kind.__name__}). Details: {path}")

    sys.excepthook = report


def _save_and_quit(window: object, path: Path) -> None:
    """Save the window once it is complete, or end with the reason why it cannot be."""
    from qtpy.QtWidgets import QApplication

    from lossexplorer.app.window import MainWindow
    from lossexplorer.engine.messages import EngineStatus

    assert isinstance(window, MainWindow)

    def save() -> None:
        window.explorer.settled.disconnect(save)
        saved = window.save_picture(path)
        if not saved:
            print(f"lossexplorer: {path} could not be written.", file=sys.stderr)
        window.close()
        QApplication.exit(0 if saved else 2)

    def give_up(reason: str) -> None:
        print(f"lossexplorer: {reason}", file=sys.stderr)
        window.close()
        QApplication.exit(2)

    def on_engine(status: EngineStatus) -> None:
        if status.state == "failed":
            give_up(status.message)

    window.explorer.settled.connect(save)
    window.explorer.rejected.connect(give_up)
    window.explorer.client.failed.connect(give_up)
    window.explorer.engine_changed.connect(on_engine)
