"""Makes the services of a window, in the order in which they need each other."""

from __future__ import annotations

from qtpy.QtWidgets import QMainWindow

from lossexplorer.app.context import Context
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
from lossexplorer.engine.client import EngineClient
from lossexplorer.session import Session
from lossexplorer.session.panes import chosen


def make_services(
    window: QMainWindow, theme: str, client: EngineClient, settings: SettingsStore
) -> Context:
    """Return the services of a window, which shows none of them yet.

    Parameters
    ----------
    window : QMainWindow
        The parent of what they show.
    theme : {"dark", "light"}
        Which palette it starts with.
    client : EngineClient
        The engine.
    settings : SettingsStore
        What is remembered between runs.
    """
    session, messages = Session(), MessageBar()
    session.show(panes=chosen(settings.value.panes, session.state.experiment.shown, None))
    scheduler = Scheduler(session, client, messages)
    stage = Stage(session, scheduler)
    files = Files(window, session, stage, messages, settings)
    kept = StoredSnapshots(session, scheduler.snapshots, files.opener, messages)
    sessions = SessionFiles(window, session, files, messages, settings, kept)
    return Context(
        session=session,
        controller=scheduler,
        trainer=scheduler.trainer,
        descent=scheduler.descent,
        snapshots=scheduler.snapshots,
        stored_snapshots=kept,
        stage=stage,
        slice_search=SliceSearch(session, scheduler, messages.say),
        files=files,
        sessions=sessions,
        messages=messages,
        settings=settings,
        themes=Themes(theme, settings),
        panels=Panels(window, settings),
        recovery=Recovery(window, session, messages, sessions, kept),
        presenter=Presenter(window),
        dialogs=Dialogs(window),
        close=window.close,
    )
