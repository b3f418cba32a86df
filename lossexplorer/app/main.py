"""Starts the window."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from platformdirs import user_config_path
from psygnal import EmitLoopError

from lossexplorer.app.log import begin_log
from lossexplorer.app.signals import EndingSignals

if TYPE_CHECKING:
    from qtpy.QtCore import QSize

    from lossexplorer.app.opening_notice import OpeningNotice
    from lossexplorer.app.settings import SettingsStore
    from lossexplorer.app.window import MainWindow
    from lossexplorer.engine.client import EngineClient
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

_log = logging.getLogger("lossexplorer")

_SWITCH = 2e-4
"""Seconds after which a thread that waits for Python's lock gets it.

A question goes to the engine through two threads, while the main one paints the numbers before it.
"""


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

    def open_files(window: MainWindow) -> None:
        if scenario is not None:
            _open_scenario(window, scenario)
        else:
            window.context.files.open(
                sources, image, prediction, mask=mask, ignore=ignore, overlapping=overlapping
            )

    act: Callable[[MainWindow], None] | None = None
    if screenshot is not None:
        act = partial(_save_and_quit, path=screenshot, steps=steps, present=present)
    opens = scenario or ", ".join(name_of(source) for source in sources)
    return _with_engine(
        theme, workspace, open_files, opens, unattended=act, present=present, restore=restore
    )


def name_of(source: str) -> str:
    """Return what a person calls a source: a sample, or the name of a file.

    Examples
    --------
    >>> name_of("sample:tumour"), name_of("scans/case_1.nii.gz")
    ('tumour', 'case_1.nii.gz')
    """
    return Path(source.removeprefix("sample:")).name


def run_rendering(
    source: str | Path,
    out: Path,
    *,
    what: str,
    size: tuple[int, int] | None,
    sweep: str,
    seconds: float,
    theme: str,
) -> int:
    """Render a session or a scenario, and return the exit code.

    Parameters
    ----------
    source : str or Path
        The name of a scenario, or a file.
    out, what, size, sweep, seconds
        As of `lossexplorer.app.rendering.Rendering`.
    theme : {"dark", "light"}
        The palette.
    """

    def open_source(window: MainWindow) -> None:
        if isinstance(source, Path):
            window.context.sessions.open(str(source))
        else:
            _open_scenario(window, source)

    def act(window: MainWindow) -> None:
        from lossexplorer.app.rendering import Rendering, render_and_quit

        render_and_quit(window, Rendering(out, what, size, sweep, seconds))

    return _with_engine(theme, "explore", open_source, unattended=act, present=what == "talk")


def run_unattended(act: Callable[[MainWindow], None], theme: str) -> int:
    """Show a window that nobody sits at, and return the exit code.

    Parameters
    ----------
    act : callable
        Is called with the window before it is shown, and sees to it that the program ends.
    theme : {"dark", "light"}
        The palette that it starts with.
    """
    return _with_engine(theme, "explore", lambda _window: None, unattended=act)


def _open_scenario(window: MainWindow, name: str) -> None:
    from lossexplorer.documents.scenario_list import scenario_named

    listed = scenario_named(name)
    if listed.path is None:
        window.context.sessions.open_document(listed.document)
    else:
        window.context.sessions.open(str(listed.path))


def _with_engine(
    theme: str | None,
    workspace: Workspace,
    open_files: Callable[[MainWindow], None],
    opens: str = "",
    *,
    unattended: Callable[[MainWindow], None] | None = None,
    present: bool = False,
    restore: bool = False,
) -> int:
    """Say what is opened, start the engine, and show the window; return the exit code."""
    from lossexplorer.app.settings import SettingsStore, settings_path

    signals = EndingSignals()
    gc.disable()  # until all is imported: looking for garbage takes a fifth of that time
    settings = SettingsStore(settings_path() if unattended is None else None)
    theme = theme or settings.value.theme
    app = make_application()
    notice = None if unattended is not None else _notice(opens, theme)
    signals.leave_if_asked()

    from lossexplorer.app.engine_bridge import engine_client

    # Its process imports its backend while this one prepares the window.
    client = engine_client()
    client.start()
    try:
        return _show_window(
            app,
            notice,
            settings,
            client,
            signals,
            theme,
            workspace,
            open_files,
            unattended,
            present=present,
            restore=restore,
        )
    except BaseException:  # also if it is asked to end while it starts
        client.close()
        if notice is not None:
            notice.close()
        raise


def _notice(opens: str, theme: str) -> OpeningNotice:
    """Return a notice that is on the screen, before the window is imported."""
    from lossexplorer.app.opening_notice import OpeningNotice
    from lossexplorer.app.theme import PALETTES

    notice = OpeningNotice(opens, PALETTES[theme])
    notice.show_now()
    return notice


def _show_window(
    app: Any,
    notice: OpeningNotice | None,
    settings: SettingsStore,
    client: EngineClient,
    signals: EndingSignals,
    theme: str,
    workspace: Workspace,
    open_files: Callable[[MainWindow], None],
    unattended: Callable[[MainWindow], None] | None,
    *,
    present: bool,
    restore: bool,
) -> int:
    """Show the window, open files in it, and return the exit code when it is closed.

    One that is unattended ends by itself, and neither knows settings nor keeps a session.
    """
    from qtpy.QtCore import Qt

    from lossexplorer.app.garbage import GarbageCollector
    from lossexplorer.app.sessions.kept import sessions_path

    signals.leave_if_asked()
    window = make_window(theme, client, settings)
    collector = GarbageCollector(app)
    window.stage.imported.connect(collector.begin)
    once = Qt.ConnectionType.SingleShotConnection
    # Nor is it looked for in what has been made since.
    window.context.controller.settled.connect(collector.begin, once)
    window.context.session.start_with(_START)
    window.context.session.show(workspace=workspace)
    if unattended is not None:
        unattended(window)
    else:
        window.context.recovery.begin(sessions_path())
    if present:
        window.context.presenter.start_once_open(on_screen=unattended is None)
    if notice is not None:
        notice.give_way_to(window)
    window.show()
    open_files(window)
    if restore and unattended is None and not present:
        window.context.recovery.offer()
        if not settings.value.tour_seen and workspace == "explore":
            window.context.controller.settled.connect(
                partial(window.context.dialogs.begin_first_tour, window.context), once
            )

    def end(code: int) -> None:
        app.setQuitOnLastWindowClosed(False)  # that is with 0, and may come after the code below
        window.end()
        app.exit(code)

    signals.call(end)
    sys.setswitchinterval(_SWITCH)
    code = int(app.exec())
    # Else Python looks for garbage in all that was imported as it ends, which takes a second.
    gc.freeze()
    return code


def _choose_libraries() -> None:
    """Set what Qt, pyqtgraph, napari and Mesa read when they are first used."""
    os.environ.setdefault("QT_API", "pyside6")
    binding = {"pyqt6": "PyQt6"}.get(os.environ["QT_API"], "PySide6")
    os.environ.setdefault("PYQTGRAPH_QT_LIB", binding)
    os.environ.setdefault("NAPARI_CONFIG", str(user_config_path("lossexplorer") / "napari.yaml"))
    # Without a graphics card Mesa draws with a thread for each core, which the engine waits for.
    os.environ.setdefault("LP_NUM_THREADS", str(drawing_threads(os.cpu_count() or 1)))


def drawing_threads(cores: int) -> int:
    """Return with how many threads of its own OpenGL may draw where it is computed on the CPU.

    The window's thread and the engine have a core each. With 0 the window's thread draws by itself:
    on two cores a frame of 57 ms then takes 49, and the engine's step 32 ms in place of 38.

    Parameters
    ----------
    cores : int
        How many there are.

    Examples
    --------
    >>> [drawing_threads(cores) for cores in (1, 2, 8)]
    [0, 0, 6]
    """
    return max(cores - 2, 0)


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
    details = begin_log()

    def report(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        _log.error("uncaught", exc_info=(kind, error, traceback))
        sys.__excepthook__(kind, error, traceback)
        # What a signal wraps around it has twenty lines.
        while isinstance(error, EmitLoopError) and error.__cause__ is not None:
            error = error.__cause__
        said = f"{error} ({type(error).__name__})"
        window.messages.say(f"Something went wrong: {said}. Details: {details}")

    sys.excepthook = report


def _save_and_quit(window: MainWindow, path: Path, steps: int, *, present: bool) -> None:
    """Save the window once it is complete, or end with the reason why it cannot be."""
    from lossexplorer.app.pictures import save_window
    from lossexplorer.app.unattended import Unattended

    window.resize(window.sizeHint())  # on a small screen, too
    context, unattended = window.context, Unattended(window)

    def save() -> None:
        if present:
            saved = context.presenter.save(path)
        else:
            saved = save_window(window, context.stage, path)
        unattended.end("" if saved else f"{path} could not be written.")

    unattended.once_complete(save, steps=steps, present=present)
