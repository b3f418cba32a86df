"""Presenter mode: starts and ends it, turns its pages, and leaves the desk as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt, QTimer, Signal
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QApplication, QWidget

from lossexplorer.app.learn.shown import Shown, follow
from lossexplorer.app.learn.train_or_pause import train_or_pause
from lossexplorer.app.presenter.big_numbers import losses_of, stated_now, titles_of, value_of
from lossexplorer.app.presenter.guess import Direction
from lossexplorer.app.presenter.guess_round import GuessRound, asked_of
from lossexplorer.app.presenter.notes import NotesWindow
from lossexplorer.app.presenter.numbers_panel import ShownNumber
from lossexplorer.app.presenter.page import MOST_NUMBERS, Page, page_of
from lossexplorer.app.presenter.playlist import Playlist, PlaylistEntry
from lossexplorer.app.presenter.run_page import run_numbers, run_page, run_titles
from lossexplorer.app.presenter.scenario_pages import page_of_scenario, scenario_playlist
from lossexplorer.app.presenter.screens import fill, places
from lossexplorer.app.presenter.talk import TalkWindow
from lossexplorer.app.stage.panes import gradient_title
from lossexplorer.documents import ScenarioDocument, SessionDocument
from lossexplorer.engine.messages import Answer, EngineStatus
from lossexplorer.learning.setup import Setup
from lossexplorer.session import Change, State
from lossexplorer.session.records import KeptRecords
from lossexplorer.volumes import Case

if TYPE_CHECKING:
    from lossexplorer.app.context import Context
    from lossexplorer.app.theme import Palette
    from lossexplorer.viewer.navigation import Camera


@dataclass(frozen=True)
class Desk:
    """The desk as it was when the talk began.

    Attributes
    ----------
    past : KeptRecords
        What plots show.
    camera : Camera or None
        What the canvas looked at.
    case : Case or None
        The open volumes.
    setup : Setup
        What the training run depends on, beside them.
    trained : int
        How many steps it had taken.
    """

    past: KeptRecords
    camera: Camera | None
    case: Case | None
    setup: Setup
    trained: int


class Presenter(QObject):
    """Gives a talk: one page after another in a window of its own, and ends it.

    Nothing of the desk is moved. Its windows are not painted meanwhile, and at the end session,
    edit history and what the plots show are put back.

    Parameters
    ----------
    window : QWidget
        The desk.

    Attributes
    ----------
    talk : TalkWindow or None
        The window of the talk; None while there is none.
    notes : NotesWindow or None
        That of the notes, where there are two screens.
    playlist : Playlist or None
        What is gone through.
    changed : Signal()
        A talk has begun or ended.
    """

    changed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.talk: TalkWindow | None = None
        self.notes: NotesWindow | None = None
        self.playlist: Playlist | None = None
        self._desk: Desk | None = None
        self._left: Desk | None = None  # where the run that was left for Explore is to come to
        self._start: State | None = None  # how the page began, once it is open
        self._answer: Answer | None = None  # the newest, without its maps
        self._unpainted: Answer | None = None
        self._round: GuessRound | None = None
        self._scenario: ScenarioDocument | None = None  # the one that the desk shows

    def fill(self, context: Context) -> None:
        """Follow what a talk shows."""
        self._context = context
        context.session.changed.connect(self._on_change)
        context.controller.answered.connect(self._on_answer)
        context.controller.records.changed.connect(self._on_record)
        context.controller.engine_changed.connect(self._on_engine)
        context.files.rejected.connect(self._on_refused)
        context.files.opened.connect(lambda _case: self._note_scenario(None))
        context.sessions.opened.connect(self._note_scenario)
        context.stage.painted.connect(self._paint)
        follow(context, self._show_run)
        context.themes.changed.connect(self._use)

    def _note_scenario(self, document: SessionDocument | None) -> None:
        """Note which scenario was opened, or that something else was."""
        self._scenario = document if isinstance(document, ScenarioDocument) else None

    @property
    def is_open(self) -> bool:
        """Whether a page is on screen, and what it is about is open."""
        return self._start is not None

    # Beginning and ending

    def start(self, playlist: Playlist | None = None, *, on_screen: bool = True) -> None:
        """Begin a talk, or bring it to the front.

        Parameters
        ----------
        playlist : Playlist, optional
            What it goes through; the scenarios, beginning with the one that is open, if there is
            none; the session alone if no scenario is open.
        on_screen : bool
            Whether its windows fill screens; else it is shown in the size that it hints at.
        """
        if self.talk is not None:
            self.talk.activateWindow()
            return
        self._context.session.store.set_aside()
        try:
            self._enter(playlist, on_screen=on_screen)
        except BaseException:
            self._leave()  # else what is set from now on were not kept
            raise

    def _enter(self, playlist: Playlist | None, *, on_screen: bool) -> None:
        context = self._context
        stage, experiment = context.stage, context.session.state.experiment
        self._desk = Desk(
            context.controller.records.kept(),
            None if stage.canvas is None else stage.canvas.navigation.camera,
            experiment.case,
            experiment.setup,
            context.trainer.run.step if self._left is None else self._left.trained,
        )
        self.playlist = playlist or self._usual_playlist()
        self._open_windows(on_screen=on_screen)
        stage.prepare()
        self._window.setUpdatesEnabled(False)
        self.changed.emit()
        self._begin()

    def _usual_playlist(self) -> Playlist:
        if self._scenario is None:
            return session_alone(self._context.session.state)
        page, playlist = page_of_scenario(self._scenario), scenario_playlist()
        places = [place for place, each in enumerate(playlist.entries) if each.page == page]
        # A scenario that was sent is a file elsewhere, and none of the list.
        return replace(playlist, place=places[0]) if places else self.page_now()

    def page_now(self) -> Playlist:
        """Return the page of what is set now, as the scenario that is open has it."""
        alone = session_alone(self._context.session.state)
        if self._scenario is None:
            return alone
        return Playlist((PlaylistEntry(page_of_scenario(self._scenario), alone.entry.begin),))

    def start_once_open(self, *, on_screen: bool) -> None:
        """Begin a talk as soon as something is open, see `start`."""
        start = partial(self.start, on_screen=on_screen)
        # A turn later it is also known whether it was a scenario.
        self._context.files.opened.connect(
            lambda _case: QTimer.singleShot(0, start), Qt.ConnectionType.SingleShotConnection
        )

    def save(self, path: Path) -> bool:
        """Save the page as PNG; return whether it was written."""
        if self.talk is None:
            return False
        self._context.stage.finish()
        QApplication.processEvents()
        return bool(self.talk.grab().save(str(path), "PNG"))

    def _open_windows(self, *, on_screen: bool) -> None:
        actions: dict[str, Callable[[], object]] = {
            "previous": lambda: self.turn(-1),
            "next": lambda: self.turn(1),
            "restart": self.restart,
            "guess": self.switch_guess,
            "train": self.train,
            "up": lambda: self.guess("up"),
            "down": lambda: self.guess("down"),
            "end": self.end,
        }
        palette = self._context.themes.palette
        self.talk = TalkWindow(self._context.session, palette, actions)
        self.talk.guess.guessed.connect(self.guess)
        self.talk.closed.connect(self.end)
        if not on_screen:
            self.talk.resize(self.talk.sizeHint())
            self.talk.show()
            return
        here = self._window.screen()
        of_talk, of_notes = places(QGuiApplication.screens(), here)
        if of_notes is not None:
            self.notes = NotesWindow(palette, self.talk.key_actions)
            self.notes.closed.connect(self.end)
            fill(self.notes, of_notes)
        fill(self.talk, of_talk)

    def end(self) -> None:
        """Come back to the desk, as it was."""
        if self.talk is not None:
            self._leave()

    def _leave(self) -> None:
        """Come back from a talk, or from one that could not begin."""
        talk, notes, desk = self.talk, self.notes, self._desk
        self.talk = self.notes = self.playlist = self._desk = self._start = None
        self._answer = self._unpainted = self._round = None
        # While the talk is still there: X11 refuses who asks after a window that had it has gone.
        self._window.activateWindow()
        for window in (talk, notes):
            if window is not None:
                window.close()
                window.deleteLater()
        self._context.session.store.put_back("Back to the desk")
        if desk is not None:
            self._put_back(desk)
        self._window.setUpdatesEnabled(True)
        self.changed.emit()

    def _put_back(self, desk: Desk) -> None:
        """Have what plots and canvas showed."""
        context = self._context
        context.controller.records.put_back(desk.past)
        self._left = desk
        self._put_run_back(context.session.state)
        canvas = context.stage.canvas
        if canvas is not None and desk.camera is not None:
            canvas.navigation.camera = desk.camera

    def _put_run_back(self, state: State) -> None:
        """Have the run where it was before the talk, at the first look at it."""
        desk = self._left
        if desk is None or self.talk is not None or state.view.workspace != "learn":
            return
        self._left = None
        if state.experiment.case is desk.case and state.experiment.setup == desk.setup:
            self._context.trainer.come_to(desk.trained)

    # Pages

    def turn(self, by: int) -> None:
        """Show the page that is so many further on, if there is one."""
        if self.playlist is not None and self.talk is not None:
            turned = self.playlist.moved(by)
            if turned.place != self.playlist.place:
                self.playlist = turned
                self._begin()

    def _begin(self) -> None:
        """Show the words of a page, and open what it is about."""
        playlist, talk = self.playlist, self.talk
        if playlist is None or talk is None:
            return
        self._start = self._answer = self._unpainted = None
        self._end_round()
        talk.show_page(playlist.entry.page, playlist.counter)
        talk.numbers.show_titles({}, self._context.themes.palette)
        talk.rows.show_references(())
        if self.notes is not None:
            self.notes.show_place(playlist)
        playlist.entry.begin(self._context, lambda: self._on_open(playlist))

    def _on_open(self, playlist: Playlist) -> None:
        """Show the rest of a page, unless it was turned meanwhile."""
        talk, session = self.talk, self._context.session
        if talk is None or playlist is not self.playlist:
            return
        page = playlist.entry.page
        if page.workspace == "learn":
            self._open_run(page, talk)
            return
        if page.plot == "response" and page.controls:
            against = session.state.view.against
            if against not in page.controls:
                session.show(against=session.state.experiment.against(page.controls[0]))
        self._start = session.state
        titles = titles_of(page.numbers, session.state)
        talk.numbers.show_titles(titles, self._context.themes.palette)
        talk.rows.show_references(page.controls)
        losses = losses_of(page.numbers)
        talk.plot.show_plot(page.plot, losses, session.state, self._context.controller.records)
        talk.fit()
        self._context.controller.ask()

    def _open_run(self, page: Page, talk: TalkWindow) -> None:
        """Show the rest of a page of Learn; its network follows once there is one."""
        context = self._context
        shown = Shown(context.trainer.run, context.session.state, context.themes.palette)
        self._start = shown.state
        titles = run_titles(page.numbers, shown)
        # A network of many outputs needs the height.
        talk.numbers.show_titles(titles, shown.palette, most_large=MOST_NUMBERS - 1)
        talk.plot.show_plot(page.plot, (), shown.state, context.controller.records)
        talk.fit()
        self._show_run(shown)

    def train(self) -> None:
        """Train the network of a page of Learn, or pause."""
        if self._is_learning:
            train_or_pause(self._context.trainer)

    @property
    def _is_learning(self) -> bool:
        """Whether a page of Learn is on screen, and open."""
        return (
            self._start is not None
            and self.playlist is not None
            and self.playlist.entry.page.workspace == "learn"
        )

    def restart(self) -> None:
        """Set everything as the page began with."""
        start = self._start
        if start is None or self.talk is None:
            return
        self._end_round()
        self._context.session.restore(start, "Back to the page's start")
        if self._is_learning:
            self._context.trainer.rewind()

    # Guess first

    def switch_guess(self) -> None:
        """Hide curve and numbers and ask the audience, or show them without a guess."""
        if self._round is not None:
            self._end_round()
            return
        playlist, curves = self.playlist, self._context.controller.records["curves"]
        if playlist is None or self.talk is None or self._is_learning:
            return
        loss = asked_of(playlist.entry.page.numbers, curves)
        if loss is not None:
            self._round = GuessRound(loss, self._context.session.state.experiment.title(loss))
            self.talk.show_verdict("")
            self.talk.ask(self._round.words(curves))

    def guess(self, way: Direction) -> None:
        """Take the audience's guess, and say whether it is right once the curve says so."""
        if self._round is not None and self._round.guessed is None and self.talk is not None:
            self._round = self._round.with_guess(way)
            self.talk.guess.wait(self._round.waiting())
            self._judge()

    def _judge(self) -> None:
        if self._round is None or self.talk is None:
            return
        verdict = self._round.verdict(self._context.controller.records["curves"])
        if verdict is not None:
            self._end_round()
            self.talk.show_verdict(verdict.text, right=verdict.is_right)

    def _end_round(self) -> None:
        self._round = None
        if self.talk is not None:
            self.talk.reveal()
            self.talk.show_verdict("")

    # What it shows

    def _on_change(self, change: Change) -> None:
        self._put_run_back(change.new)
        talk = self.talk
        if talk is None:
            return
        talk.rows.show_change(change)
        if change.shows_another_volume:
            talk.maps.clear()
        if change.new.experiment != change.old.experiment and self._round is None:
            talk.show_verdict("")  # it was about something else

    def _on_answer(self, answer: Answer) -> None:
        if self.talk is None or self._start is None:
            return
        if answer.question == self._context.session.state.maps():
            self._answer = self._unpainted = answer
            self._show_numbers()
            if self._context.stage.canvas is None:  # else once it has found the ends of the colours
                self._paint()

    def _paint(self) -> None:
        """Draw the maps of the newest answer."""
        answer, state = self._unpainted, self._context.session.state
        if self.talk is None or answer is None:
            return
        self._unpainted = None
        stage = self._context.stage
        self.talk.maps.show_answer(answer, state, stage.gradient_limit, gradient_title(state))

    def _show_numbers(self) -> None:
        playlist, talk, start = self.playlist, self.talk, self._start
        if playlist is None or talk is None or start is None:
            return
        page, now = playlist.entry.page, self._context.session.state
        if page.workspace == "learn":
            return
        norms = self._context.controller.records["norms"].measured
        if norms is not None and norms.question != now.norms():
            norms = None
        talk.numbers.show_numbers({
            what: ShownNumber(
                value_of(what, self._answer, norms),
                stated_now(page, what, start, now),
            )
            for what in page.numbers
        })  # fmt: skip

    def _show_run(self, shown: Shown) -> None:
        """Show how far the network of a page of Learn is trained."""
        talk = self.talk
        if talk is None or not self._is_learning:
            return
        talk.network.show_run(shown)
        talk.plot.show_run(shown)
        talk.numbers.show_numbers(run_numbers(shown))
        talk.say(shown.run.message)

    def _on_record(self, name: str, value: object) -> None:
        if self.talk is None:
            return
        self.talk.plot.show_value(name, value)
        if name == "norms":
            self._show_numbers()
        if name == "curves" and self._round is not None:
            if self._round.guessed is None:
                curves = self._context.controller.records["curves"]
                self.talk.guess.ask(self._round.words(curves))
            else:
                self._judge()

    def _on_engine(self, status: EngineStatus) -> None:
        if self.talk is not None:
            self.talk.say(status.message if status.state == "failed" else "")

    def _on_refused(self, why: str) -> None:
        if self.talk is not None:
            self.talk.say(why)

    def _use(self, palette: Palette) -> None:
        for window in (self.talk, self.notes):
            if window is not None:
                window.use(palette)


def session_alone(state: State) -> Playlist:
    """Return the playlist of a session that no scenario was opened for: it is its one page."""

    def begin(context: Context, then: Callable[[], object]) -> None:
        del context
        then()

    page = page_of(state)
    if state.view.workspace == "learn":
        page = run_page(Page(title=page.title), state.experiment.setup)
    return Playlist((PlaylistEntry(page, begin),))
