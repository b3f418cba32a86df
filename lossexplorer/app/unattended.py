"""A window that nobody sits at: does something once it is complete, and ends the program."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QApplication

from lossexplorer.app.network import NetworkView

if TYPE_CHECKING:
    from lossexplorer.app.window import MainWindow
    from lossexplorer.engine.messages import EngineStatus
    from lossexplorer.session.run import Run

_LAYING_OUT = 20  # milliseconds until it is looked again whether a network has its places


class Unattended(QObject):
    """Waits until a window is complete, and ends the program when it is done or cannot go on.

    Parameters
    ----------
    window : MainWindow
        The window, in which nothing is open yet.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)  # which keeps it: signals do not
        self._window, self._context = window, window.context
        self._context.sessions.asks = False  # nobody is there to answer
        self._act: Callable[[], object] | None = None
        self._steps, self._presents = 0, False
        self._context.trainer.changed.connect(self._on_run)
        self._context.controller.settled.connect(self._on_settled)
        self._context.files.rejected.connect(self.end)
        self._context.controller.client.failed.connect(self.end)
        self._context.controller.engine_changed.connect(self._on_engine)
        self._report, sys.excepthook = sys.excepthook, self._on_uncaught

    def once_complete(
        self, act: Callable[[], object], *, steps: int = 0, present: bool = False
    ) -> None:
        """Have something done, a single time, when all is computed and can be shown.

        Parameters
        ----------
        act : callable
            What is done.
        steps : int
            In Learn, the training steps that are taken before.
        present : bool
            Whether a talk has to be open.
        """
        self._act, self._steps, self._presents = act, steps, present

    def look(self) -> None:
        """See whether all is complete already, where what is open was open before."""
        if self._context.session.state.view.workspace == "learn":
            self._on_run(self._context.trainer.run)
        else:
            self._context.controller.ask()  # which settles once more

    def end(self, problem: str = "") -> None:
        """End the program, with exit code 2 and a sentence if there is a problem."""
        self._act = None
        if problem:
            print(f"lossexplorer: {problem}", file=sys.stderr)
        self._window.end()
        QApplication.exit(2 if problem else 0)

    def _on_settled(self) -> None:
        context = self._context
        if context.session.state.view.workspace != "explore":
            return
        if self._presents and not context.presenter.is_open:
            return  # it was the desk that is complete
        self._go()

    def _on_run(self, run: Run) -> None:
        if self._context.session.state.view.workspace != "learn" or self._act is None:
            return
        if self._presents and not self._context.presenter.is_open:
            return
        if run.status in ("failed", "stopped"):
            self.end(run.message)
        elif run.status == "ready" and run.table is not None and run.maps is not None:
            if run.step < self._steps:
                self._context.trainer.step()
            elif run.painted_step == run.step:
                self._go()

    def _go(self) -> None:
        """Do what is to be done, in a turn of its own: what has settled is told others, too."""
        act, self._act = self._act, None
        if act is not None:
            QTimer.singleShot(0, partial(self._once_laid_out, act))

    def _once_laid_out(self, act: Callable[[], object]) -> None:
        """Do something once every network that is seen has its places."""
        views = [each for each in QApplication.allWidgets() if isinstance(each, NetworkView)]
        if any(view.is_busy for view in views if view.isVisible()):
            QTimer.singleShot(_LAYING_OUT, partial(self._once_laid_out, act))
        else:
            act()

    def _on_uncaught(self, kind: Any, error: Any, traceback: Any) -> None:
        """End with what nobody caught: it would be waited for in vain."""
        self._report(kind, error, traceback)
        self.end(f"{error} ({kind.__name__}).")

    def _on_engine(self, status: EngineStatus) -> None:
        if status.state == "failed":
            self.end(status.message)
