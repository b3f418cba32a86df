"""Ctrl+C, a terminal that is closed and the system's request to end close the window as a user."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Callable
from types import FrameType

from qtpy.QtCore import QObject, QSocketNotifier, QTimer

_ENDING = [signal.SIGINT, signal.SIGTERM]
if hasattr(signal, "SIGHUP"):  # Windows has none
    _ENDING.append(signal.SIGHUP)


class EndingSignals(QObject):
    """Has a function called in Qt's event loop once the process is asked to end.

    Python calls its handlers between two of its own instructions, of which there are none while Qt
    waits for events. So Python writes to a socket, which wakes Qt.

    Parameters
    ----------
    end : callable
        Takes the exit code, 128 + the signal's number. A second signal ends the process at once.
    """

    def __init__(self, end: Callable[[int], None]) -> None:
        super().__init__()
        self._end = end
        self._received, sender = socket.socketpair()
        for each in (self._received, sender):
            each.setblocking(False)
        self._sender = sender  # which Python does not keep
        signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._received.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)
        for number in _ENDING:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup has it ignored
                signal.signal(number, self._handle)

    def _wake(self) -> None:
        """Let Python call its handlers, which it does before this returns."""
        with contextlib.suppress(BlockingIOError):
            self._received.recv(64)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        for each in _ENDING:
            signal.signal(each, signal.SIG_DFL)
        # In the event loop, and not in the middle of what Qt is doing, such as painting.
        QTimer.singleShot(0, lambda: self._end(128 + number))
