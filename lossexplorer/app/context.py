"""What actions and panels may touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lossexplorer.app.dialogs import Dialogs
    from lossexplorer.app.files import Files
    from lossexplorer.app.panels import Panels
    from lossexplorer.app.presenter.presenter import Presenter
    from lossexplorer.app.scheduler import Scheduler
    from lossexplorer.app.sessions.recovery import Recovery
    from lossexplorer.app.sessions.session_files import SessionFiles
    from lossexplorer.app.settings import SettingsStore
    from lossexplorer.app.snapshots.stored import StoredSnapshots
    from lossexplorer.app.stage.slice_search import SliceSearch
    from lossexplorer.app.stage.stage import Stage
    from lossexplorer.app.theme import Themes
    from lossexplorer.app.widgets.message_bar import MessageBar
    from lossexplorer.session import Session
    from lossexplorer.session.descent_controller import DescentController
    from lossexplorer.session.run_controller import RunController
    from lossexplorer.session.snapshots import Snapshots


@dataclass(frozen=True)
class Context:
    """The services of the program, without the window that shows them.

    Attributes
    ----------
    session : Session
        What is open and what is set.
    controller : Scheduler
        Asks the engine, and says what it answers.
    trainer : RunController
        Trains a network, and says what comes of it.
    descent : DescentController
        Has the prediction's logits follow a gradient, and says how far they have come.
    snapshots : Snapshots
        States that were kept, to go back to and to compare.
    stored_snapshots : StoredSnapshots
        Writes them into documents and takes them from there.
    stage : Stage
        The area that holds the canvas.
    slice_search : SliceSearch
        Goes to slices that have something.
    files : Files
        Opens volumes, images and predictions, with dialogs where something is to be chosen.
    sessions : SessionFiles
        Saves and opens sessions.
    messages : MessageBar
        Says what went wrong.
    settings : SettingsStore
        What is remembered between runs.
    themes : Themes
        The palette in use.
    panels : Panels
        The panels around the stage.
    recovery : Recovery
        Keeps the session on the disk, and brings others back.
    presenter : Presenter
        Shows one page after another full screen.
    dialogs : Dialogs
        The dialogs about the program itself.
    close : callable
        Closes the window.
    """

    session: Session
    controller: Scheduler
    trainer: RunController
    descent: DescentController
    snapshots: Snapshots
    stored_snapshots: StoredSnapshots
    stage: Stage
    slice_search: SliceSearch
    files: Files
    sessions: SessionFiles
    messages: MessageBar
    settings: SettingsStore
    themes: Themes
    panels: Panels
    recovery: Recovery
    presenter: Presenter
    dialogs: Dialogs
    close: Callable[[], object]
