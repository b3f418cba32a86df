"""Takes pictures of scenarios, one after another in one window: on the desk, and in a talk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from qtpy.QtCore import QObject, QTimer
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QWidget

from lossexplorer.app.exports.drawing import image_of
from lossexplorer.app.unattended import Unattended
from lossexplorer.documents.scenario_list import ListedScenario

if TYPE_CHECKING:
    from lossexplorer.app.window import MainWindow

Where = Literal["desk", "talk"]
"""Where a picture is taken."""
TRAINED = 5
"""So many steps a network is trained before its picture, for there to be curves."""


@dataclass(frozen=True, eq=False)
class Taken:
    """A picture.

    Attributes
    ----------
    scenario : ListedScenario
        What is open.
    place : {"desk", "talk"}
        Where it was taken.
    theme : {"dark", "light"}
        The colours.
    image : QImage
        The picture; of a talk as a projector shows it, 1920 × 1080.
    """

    scenario: ListedScenario
    place: Where
    theme: str
    image: QImage


class Photographer(QObject):
    """Opens one scenario after another, and hands on pictures of each; then ends the program.

    Parameters
    ----------
    window : MainWindow
        The window, in which nothing is open yet.
    scenarios : sequence of ListedScenario
        What is opened, in this order.
    themes : sequence of str
        The colours in which there is a picture of each place.
    places : sequence of {"desk", "talk"}
        Where pictures are taken.
    size : tuple of int
        Width and height of the desk.
    show : callable
        Is called with each picture.
    """

    def __init__(
        self,
        window: MainWindow,
        scenarios: Sequence[ListedScenario],
        themes: Sequence[str],
        places: Sequence[Where],
        size: tuple[int, int],
        show: Callable[[Taken], object],
    ) -> None:
        super().__init__(window)
        self._window, self._context = window, window.context
        self._waiting, self._themes = deque(scenarios), themes
        self._places, self._size, self._show = places, size, show
        self._unattended = Unattended(window)
        self._context.sessions.opened.connect(self._on_opened)

    def begin(self) -> None:
        """Open the first one, once the window is on the screen."""
        self._window.resize(*self._size)
        QTimer.singleShot(0, self._next)

    def _next(self) -> None:
        if not self._waiting:
            self._unattended.end()
            return
        self._scenario = self._waiting.popleft()
        self._context.sessions.open_document(self._scenario.document)

    def _on_opened(self) -> None:
        """Wait until all is complete of what is open now."""
        if "desk" in self._places:
            self._once_complete(self._desk)
        else:
            self._present()

    def _once_complete(self, act: Callable[[], object], *, present: bool = False) -> None:
        self._unattended.once_complete(act, steps=TRAINED, present=present)
        QTimer.singleShot(0, self._unattended.look)

    def _desk(self) -> None:
        self._take("desk", self._window)
        if "talk" in self._places:
            self._present()
        else:
            self._next()

    def _present(self) -> None:
        presenter = self._context.presenter
        presenter.start(presenter.page_now(), on_screen=False)
        self._once_complete(self._talk, present=True)

    def _talk(self) -> None:
        presenter = self._context.presenter
        talk = presenter.talk
        assert talk is not None
        if talk.numbers.differing:
            name, numbers = self._scenario.name, ", ".join(sorted(talk.numbers.differing))
            self._unattended.end(
                f"{name} shows another number than it states: {numbers}. "
                f"lossexplorer check {name} says more."
            )
            return
        self._take("talk", talk)
        presenter.end()
        self._next()

    def _take(self, place: Where, widget: QWidget) -> None:
        for theme in self._themes:
            self._context.themes.use(theme)
            self._context.stage.finish()
            QApplication.processEvents()
            image = image_of(widget, self._context.stage)
            self._show(Taken(self._scenario, place, theme, image))
