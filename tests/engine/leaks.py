"""What a process has in use, to the byte, and whether more of it is with every round of the same.

What it has resident tells little: the allocator keeps what was freed, and a leak first fills that.
"""

import ctypes
import gc
import sys

import numpy as np
import pytest

from lossexplorer.engine import worker

C = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
can_count = pytest.mark.skipif(not hasattr(C, "mallinfo2"), reason="needs GNU's C library")
FIELDS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks")
FIELDS += ("uordblks", "fordblks", "keepcost")


class MallInfo2(ctypes.Structure):
    """See mallinfo2(3)."""

    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS]


def in_use():
    """Return how many bytes this process has allocated, and how many objects Python has."""
    gc.collect()
    C.mallinfo2.restype = MallInfo2
    found = C.mallinfo2()
    return found.uordblks + found.hblkhd, sys.getallocatedblocks()


class Growth:
    """How much more there is after each round.

    Parameters
    ----------
    limits : mapping of str to float
        How much of each kind may be added with each thing that is done.
    """

    def __init__(self, limits):
        self.limits = limits
        self._samples, self._done = [], []

    def sample(self, found, done):
        """Note what there is of each kind after a round in which so many things were done."""
        self._samples.append([found[kind] for kind in self.limits])
        self._done.append(done)

    def per_thing(self):
        """What each thing adds, by kind.

        What leaks does so in every round, and what is made once, such as a compiled function, is
        added in a few of them: hence the median. The first sample is only what the others begin at.
        """
        added = np.diff(np.array(self._samples, float), axis=0) / np.array(self._done[1:])[:, None]
        return dict(zip(self.limits, np.median(added, axis=0).tolist(), strict=True))

    def leaking(self):
        """The kinds of which each thing adds more than it may."""
        return {kind for kind, added in self.per_thing().items() if added > self.limits[kind]}


# The engine's functions with a leak, for tests that would not be worth much if they missed it.

_planted = []
_leaked = []


def plant(size, objects):
    """Have each call of those below leak an array of so many bytes, and so many objects."""
    _planted.append((size, objects))


def _leak():
    for size, objects in _planted:
        _leaked.append((np.ones(size, np.uint8), [object() for _ in range(objects)]))


def answers(requests):
    _leak()
    return worker.answers(requests)


def load(*arguments):
    _leak()
    return worker.load(*arguments)
