"""Resident memory of a process over time, as Linux counts it."""

import os
from pathlib import Path

import numpy as np
import pytest

on_linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")


class Resident:
    """What a process has resident, sampled now and then.

    Parameters
    ----------
    pid : int, optional
        Which process; this one if it is not given.
    """

    def __init__(self, pid=None):
        self._status = Path(f"/proc/{pid or os.getpid()}/status")
        self.samples = []

    def sample(self):
        lines = self._status.read_text().splitlines()
        entry = next(line for line in lines if line.startswith("VmRSS:"))
        self.samples.append(int(entry.split()[1]) / 1024)

    def growth(self):
        """By what share the median of the last third exceeds that of the first.

        The kernel may take pages of files away from a process that does not use them, so less is
        no fault.
        """
        third = len(self.samples) // 3
        first, last = np.median(self.samples[:third]), np.median(self.samples[-third:])
        return float(last / first - 1)

    def assert_flat(self):
        assert len(self.samples) >= 9
        told = " ".join(f"{size:.0f}" for size in self.samples)
        assert self.growth() <= 0.05, f"{100 * self.growth():.1f} % more; MiB: {told}"
