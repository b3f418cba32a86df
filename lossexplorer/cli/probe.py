"""Checks that a child process makes, because one may take its process down with it.

A child that fails, crashes or hangs becomes a sentence with its last words and, where a shared
library is missing, the system package to install.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ProbeFacts = dict[str, str]

# The shared libraries that a bare Linux may lack, and the Debian packages that hold them.
_APT_PACKAGES = {
    "libEGL": "libegl1",
    "libGL": "libgl1",
    "libOpenGL": "libopengl0",
    "libX11-xcb": "libx11-xcb1",
    "libdbus-1": "libdbus-1-3",
    "libfontconfig": "libfontconfig1",
    "libglib-2.0": "libglib2.0-0",
    "libgthread-2.0": "libglib2.0-0",
    "libxcb-cursor": "libxcb-cursor0",
    "libxcb-icccm": "libxcb-icccm4",
    "libxcb-image": "libxcb-image0",
    "libxcb-keysyms": "libxcb-keysyms1",
    "libxcb-randr": "libxcb-randr0",
    "libxcb-render-util": "libxcb-render-util0",
    "libxcb-shape": "libxcb-shape0",
    "libxcb-xinerama": "libxcb-xinerama0",
    "libxcb-xkb": "libxcb-xkb1",
    "libxkbcommon": "libxkbcommon0",
    "libxkbcommon-x11": "libxkbcommon-x11-0",
}
# What Qt says about its plugins after and beside what matters.
_NOISE = ("qt.core.", "Available platform plugins")
_MISSING_LIBRARY = re.compile(r"(lib[\w.+-]+?)\.so[.\d]*: cannot open shared object file")


@dataclass(frozen=True)
class Probe:
    """A check that a child process makes.

    Attributes
    ----------
    ask : callable
        A function that a child can import; it runs there, and what it finds is read here.
    subject : str
        What a failure is a failure of.
    seconds : float
        How long the child may take.
    environment : mapping
        Environment variables that the child gets on top of this process's.
    """

    ask: Callable[[], ProbeFacts]
    subject: str
    seconds: float
    environment: Mapping[str, str]


class ProbeError(RuntimeError):
    """A child process has not answered; the message is a sentence that says why."""


def ask(probe: Probe) -> ProbeFacts:
    """Have a child process make a probe's check.

    Parameters
    ----------
    probe : Probe
        The check.

    Returns
    -------
    dict
        What the child found.

    Raises
    ------
    ProbeError
        When the child fails, crashes or takes too long.
    """
    imported = f"from {probe.ask.__module__} import {probe.ask.__name__} as check"
    code = f"{imported}; from lossexplorer.cli.probe import answer; answer(check)"
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-c", code],
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **probe.environment},
            stdin=subprocess.DEVNULL,
            timeout=probe.seconds,
        )
    except subprocess.TimeoutExpired:
        raise ProbeError(f"{probe.subject} did not answer in {probe.seconds:g} seconds.") from None
    if child.returncode != 0:
        raise ProbeError(failure_sentence(probe.subject, child.returncode, child.stderr))
    answer: ProbeFacts = json.loads(child.stdout.splitlines()[-1])
    return answer


def answer(check: Callable[[], ProbeFacts]) -> None:
    """Print what a check finds; this is what the child process runs.

    Parameters
    ----------
    check : callable
        What a probe asks.
    """
    print(json.dumps(check()))


def failure_sentence(subject: str, status: int, messages: str) -> str:
    """Say why a child process failed.

    Parameters
    ----------
    subject : str
        What was asked about.
    status : int
        The exit status; negative when a signal ended the process.
    messages : str
        What the process wrote to standard error.

    Returns
    -------
    str
        One or two sentences, with the remedy where it is known.
    """
    remedy = library_remedy(messages)
    if remedy:
        return f"{subject} does not start: {remedy}"
    lines = [line.strip() for line in messages.splitlines()]
    telling = [line for line in lines if line and not line.startswith(_NOISE)]
    last = f" Its last words: {telling[-1]}" if telling else ""
    if status < 0:
        return f"{subject} crashed with {_signal_name(-status)}.{last}"
    return f"{subject} failed with exit status {status}.{last}"


def library_remedy(messages: str) -> str | None:
    """Name the system packages that hold the libraries a loader did not find.

    Parameters
    ----------
    messages : str
        What the failing process wrote.

    Returns
    -------
    str or None
        A sentence, or None when no library was missing.
    """
    libraries = list(dict.fromkeys(_MISSING_LIBRARY.findall(messages)))
    if not libraries:
        return None
    packages = sorted({_APT_PACKAGES[name] for name in libraries if name in _APT_PACKAGES})
    remedy = f"; on Debian or Ubuntu: apt-get install {' '.join(packages)}" if packages else "."
    return f"the system lacks {', '.join(libraries)}{remedy}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
