"""A measure of engines that takes a healthy one for busy, however little the machine lets it do."""

import itertools
import os
import signal
import threading
from multiprocessing.connection import wait

from lossexplorer.engine.transport import pulse


class Meter:
    """Stands between the watch and its measure of how much an engine has computed.

    A machine with much else to do lets a healthy process wait, which then neither beats nor
    computes, and the engines of tests must not be ended for as little as tests can wait. So an
    engine counts as busy until the test says that it is to be measured.

    Attributes
    ----------
    measures : Event
        Whether engines are measured, and not just taken to be busy.
    waits : Event
        Whether a measurement waits until its engine has computed again, or has ended.
    longest : int
        How many checks in a row have heard nothing, at most.
    """

    def __init__(self):
        self.measures, self.waits = threading.Event(), threading.Event()
        self.longest = 0
        self._silent, self._last, self._busy = 0, -1.0, itertools.count()
        self._measured, self._drained = pulse._processor_seconds, pulse._drain

    def count_anew(self):
        """Forget how many checks have heard nothing, as an engine has while it starts."""
        self._silent = self.longest = 0

    def seconds(self, process):
        self._silent += 1
        self.longest = max(self.longest, self._silent)
        if not self.measures.is_set():
            return float(next(self._busy))
        found = self._measured(process)
        while self.waits.is_set() and found == self._last and not wait([process.sentinel], 0.01):
            found = self._measured(process)
        self._last = found
        return found

    def drain(self, beats, hear):
        self._silent = 0
        return self._drained(beats, hear)

    def stop(self, pid):
        """Stop a process, and have it measured from when it can do nothing any more."""
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
        self.measures.set()
