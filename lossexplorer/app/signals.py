"""Ctrl+C, a terminal that is closed and the system's request to end close the window as a user."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

_ENDING = [signal.SIGINT, signal.SIGTERM]
if hasattr(signal, "SIGHUP"):  # Windows has none
    _ENDING.append(signal.SIGHUP)


class EndingSignals:
    """Notes that the process is asked to end, and has it ended where nothing is half done.

    An exception at any place is no way: Qt and the import system call Python from places that print
    an exception and go on. A second signal ends the process at once.
    """

    def __init__(self) -> None:
        self._code = 0  # 128 + the number of the signal
        self._end: Callable[[int], None] | None = None
        # nohup has one ignored
        self._handled = [each for each in _ENDING if signal.getsignal(each) != signal.SIG_IGN]
        for number in self._handled:
            signal.signal(number, self._handle)

    def leave_if_asked(self) -> None:
        """Raise `SystemExit` if a signal has come; called between two parts of the start."""
        if self._code:
            sys.exit(self._code)

    def call(self, end: Callable[[int], None]) -> None:
        """Have a function called in Qt's event loop once the process is asked to end.

        Python calls its handlers between two of its own instructions, of which there are none while
        Qt waits for events. So Python writes to a socket, which wakes Qt.

        Parameters
        ----------
        end : callable
            Takes the exit code.
        """
        # Not at the top: importing Qt takes long, and the signals are waited for before.
        from qtpy.QtCore import QSocketNotifier

        self._end = end
        self._received, sender = socket.socketpair()
        for each in (self._received, sender):
            each.setblocking(False)
        self._sender = sender  # which Python does not keep
        signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._received.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._wake)
        if self._code:
            self._end_soon()

    def _wake(self) -> None:
        """Let Python call its handlers, which it does before this returns."""
        with contextlib.suppress(BlockingIOError):
            self._received.recv(64)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        for each in self._handled:
            signal.signal(each, signal.SIG_DFL)
        self._code = 128 + number
        if self._end is not None:
            self._end_soon()

    def _end_soon(self) -> None:
        """Call the function in the event loop: Qt may be in the middle of painting."""
        from qtpy.QtCore import QTimer

        assert self._end is not None
        QTimer.singleShot(0, partial(self._end, self._code))
