"""Benchmark of the window, in a process of its own on the display or on a virtual display."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lossexplorer.bench.measuring import Timing
from lossexplorer.bench.rows import Aim, TableRow
from lossexplorer.core.display import DisplayError, has_display, virtual_display
from lossexplorer.core.numbers import duration

GROUP = "window"
_PATIENCE = 180  # seconds for a run of the program
_LAUNCHES = 7
_BLOCKED = (
    "slider event to values drawn: window thread blocked by the engine",
    Aim("longest", 16e-3, 8e-3),
)
_DRAWN = ("slider event to values drawn", Aim("seconds", 100e-3, 60e-3))
_HIDDEN = ("the same with the canvas hidden", Aim("seconds", aim=33e-3))
_FOLLOWS = ("the canvas follows: from one drawing to the next", Aim("seconds", aim=1 / 12))
_LAUNCH = {
    "notice": ("first notice after launch, of what is opened", Aim("seconds", 2)),
    "window": ("first window after launch", Aim("seconds", 4, 2)),
    "canvas": ("the volume on the canvas after launch", Aim("seconds")),
    "numbers": ("first numbers on screen after launch", Aim("seconds", 15, 8)),
}


def rows(repetitions: int, environment: Mapping[str, str]) -> Iterator[TableRow]:
    """Measure the group.

    Parameters
    ----------
    repetitions : int
        The number of launches, at most 7; one launch before them is not counted.
    environment : mapping
        The environment of the program, to which settings of its own and the display are added.
    """
    with tempfile.TemporaryDirectory(prefix="lossexplorer-bench-") as folder:
        try:
            with _display() as display:
                started = {**environment, **display, **_own_settings(Path(folder))}
                yield from _dragging(_probe("drag", Path(folder), started))
                hidden = _probe("hidden", Path(folder), started)
                yield TableRow(GROUP, *_HIDDEN, Timing(tuple(hidden["drawn"])))
                yield from _launching(min(repetitions, _LAUNCHES), Path(folder), started)
        except DisplayError as error:
            for what, goal in (_BLOCKED, _DRAWN, _FOLLOWS, _HIDDEN, *_LAUNCH.values()):
                yield TableRow(GROUP, what, goal, note=str(error))


@contextlib.contextmanager
def _display() -> Iterator[dict[str, str]]:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    with contextlib.nullcontext() if has_display() else virtual_display():
        yield {name: os.environ[name] for name in names if name in os.environ}


def _own_settings(folder: Path) -> dict[str, str]:
    """Return environment variables that keep the program from using the user's settings."""
    named = {
        f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "CACHE", "STATE")
    }
    return {**named, "NAPARI_CONFIG": str(folder / "napari.yaml")}


def _probe(mode: str, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Run the program once and return the measured times."""
    path = folder / "found.json"
    command = [sys.executable, "-m", "lossexplorer.bench.window_probe", mode, str(path)]
    subprocess.run(
        [*command, repr(time.monotonic())], env=environment, check=True, timeout=_PATIENCE
    )
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _dragging(found: dict[str, Any]) -> Iterator[TableRow]:
    what, goal = _BLOCKED
    longest = max(found["worked"])
    yield TableRow(
        GROUP,
        what,
        goal,
        Timing(tuple(found["deliveries"])),
        note="What the window's thread does without a pause for events: with an answer's numbers, "
        "from taking it out of shared memory to the last text set; with its maps, in turns of "
        "their own, painting and then showing them. A slider is dragged by mouse events, 16 ms "
        "apart. In processor time, which other programs do not add to, the longest is "
        f"{duration(longest)}.",
    )
    yield TableRow(GROUP, *_DRAWN, Timing(tuple(found["drawn"])))
    yield TableRow(GROUP, *_FOLLOWS, Timing(tuple(found["frames"])))
    for key, how in (("gaps", "with the engine's answers"), ("gaps_without", "without")):
        yield TableRow(
            GROUP,
            f"gap between beats of the window's loop while a slider is dragged, {how}",
            Aim("longest"),
            Timing(tuple(found[key])),
        )


def _launching(
    repetitions: int, folder: Path, environment: Mapping[str, str]
) -> Iterator[TableRow]:
    _probe("launch", folder, environment)
    found = [_probe("launch", folder, environment) for _ in range(repetitions)]
    for key, (what, goal) in _LAUNCH.items():
        times = Timing(tuple(launch[key] for launch in found))
        yield TableRow(GROUP, what, goal, times)
