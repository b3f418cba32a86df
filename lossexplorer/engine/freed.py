"""Memory that was freed is given back to the system, which C libraries may put off for ever."""

from __future__ import annotations

import ctypes
import sys

_C = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


def give_back() -> None:
    """Have GNU's C library give back to the system what was freed; others do so by themselves.

    It keeps pages between others that are in use, and those of fields of up to 32 MiB. What is
    given back costs time where it is needed again, so this is for the end of large work.
    """
    trim = getattr(_C, "malloc_trim", None)  # musl has none
    if trim is not None:
        trim(0)
