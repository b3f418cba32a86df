"""Plant the faults of `tests/planted/faults.py`, one at a time, and see which test notices each.

In the root of a checkout, with the extra `test` installed::

    .venv/bin/python -m tests.planted                 # all faults, several minutes for each ten
    .venv/bin/python -m tests.planted offered-button exit-code
    .venv/bin/python -m tests.planted --list

It is for whoever changes tests: a test that was made cheaper, or left out of the gate, must not be
the one that noticed something. Run it before and after; what was noticed before has to be noticed
after. The exit status is 1 if a fault is not noticed.

Faults are planted in a copy of the tree, never in the tree itself: all files that git knows or
would add, as they are when it starts. For each fault the tests of the gate (those without a marker)
run in that copy until one fails: first the nearest, which the fault names, then, if these notice
nothing, all others; with --nearest the others are left out. A test that does not end has noticed,
too, if it does not within --limit when it runs alone.

What fails must pass without the fault. A test that does not is left out from then on, and named.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.planted.faults import FAULTS, Fault

ROOT = Path(__file__).resolve().parents[2]

# The test beside this file compares the list with the source, and would notice everything.
HERE = Path(__file__).resolve().parent.relative_to(ROOT).as_posix()

PASSED, NOTHING_COLLECTED = 0, 5
DOES_NOT_END = "does not end"
SECONDS_TO_END = 30

# Where the program comes from: in this process, in one that it starts, and in the engine's.
ORIGINS = """
import subprocess, sys
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.core.resources import resource

engine = EngineProcess()
print(resource())
print(engine.submit(resource).result())
engine.shutdown(wait=False, cancel_futures=True)
code = "from lossexplorer.core.resources import resource; print(resource())"
print(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.decode())
"""


class BrokenRunError(Exception):
    """Tests could not be run: nothing follows for a fault."""


@dataclass(frozen=True)
class Failure:
    """A test that does not pass, and how if it does not simply fail."""

    test: str
    how: str = ""

    def __str__(self) -> str:
        return f"{self.test} ({self.how})" if self.how else self.test


@dataclass
class Copy:
    """A copy of the tree in which faults are planted.

    Attributes
    ----------
    root : Path
        Of the copy.
    notes : Path
        A folder for what a run leaves.
    limit : float
        Seconds that a run may take.
    left_out : list of str
        Tests that fail without a fault.
    """

    root: Path
    notes: Path
    limit: float
    left_out: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Make sure that it is this copy that is imported, and not an installed program."""
        done = subprocess.run(
            [sys.executable, "-c", ORIGINS],
            cwd=self.root,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        found = done.stdout.split()
        if found != [str(self.root / "resources")] * 3:
            raise BrokenRunError(f"Not the copy is imported: {found or done.stderr}")

    @contextlib.contextmanager
    def with_fault(self, fault: Fault) -> Iterator[None]:
        """Plant a fault, and take it away again."""
        file = self.root / fault.file
        source = file.read_text("utf-8")
        _write(file, fault.planted(source))
        try:
            yield
        finally:
            _write(file, source)

    def failing(self, arguments: Sequence[str]) -> Failure | None:
        """Return the first test that fails; None if all pass."""
        cache, log = self.notes / "cache", self.notes / "log"
        failed = cache / "v" / "cache" / "lastfailed"
        failed.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-x", "-v", "-o", f"cache_dir={cache}"]
        without = [f"--deselect={test}" for test in self.left_out]
        with log.open("wb") as written:
            process = subprocess.Popen(
                [*command, f"--ignore={HERE}", *without, *arguments],
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status = process.wait(self.limit)
            except subprocess.TimeoutExpired:
                return Failure(_last_test(log), DOES_NOT_END)
            finally:
                _end(process)
        if status in (PASSED, NOTHING_COLLECTED):
            return None
        tests = list(json.loads(failed.read_text("utf-8"))) if failed.exists() else []
        if tests:
            return Failure(str(tests[0]))
        if status < 0:
            return Failure(_last_test(log), f"the process died of signal {-status}")
        text = log.read_text("utf-8", "replace")
        raise BrokenRunError(f"pytest ended with {status}:\n{text[-2000:]}")

    def _environment(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
        return {**others, "PYTHONPATH": str(self.root)}


def noticed_by(copy: Copy, fault: Fault, *, only_nearest: bool) -> Failure | None:
    """Return the test that notices a fault, if one does."""
    nearest = list(fault.nearest)
    others = ["tests", *(f"--ignore={path}" for path in fault.nearest)]
    for arguments in [nearest] if only_nearest else [nearest, others]:
        while True:
            with copy.with_fault(fault):
                found = copy.failing(arguments)
                if found and found.how == DOES_NOT_END and not copy.failing([found.test]):
                    raise BrokenRunError(
                        f"{copy.limit:g} s are not enough: choose another --limit."
                    )
            if not found:
                break
            if not copy.failing([found.test]):
                return found
            print(f"{found.test} fails without {fault.id}, too: left out", file=sys.stderr)
            copy.left_out.append(found.test)
    return None


def copy_tree(folder: Path) -> None:
    """Copy all files that git knows or would add."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        source = ROOT / name
        if source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(source.read_bytes())


def _write(file: Path, source: str) -> None:
    file.write_text(source, "utf-8", newline="\n")
    # Compiled code is told by its source's time and length, and both may be the same.
    Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)


def _last_test(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()
    tests = [line.split()[0] for line in lines if line.startswith("tests/") and "::" in line]
    return tests[-1] if tests else "no test"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End pytest, which ends its display, and then whatever it has left."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_END)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _chosen(ids: Sequence[str], areas: Sequence[str]) -> list[Fault]:
    known = {fault.id for fault in FAULTS}
    if unknown := [each for each in ids if each not in known]:
        sys.exit(f"There is no fault {', '.join(unknown)}; see --list.")
    return [
        fault
        for fault in FAULTS
        if (not ids or fault.id in ids) and (not areas or fault.area in areas)
    ]


def main() -> int:
    """Plant faults and print a table of what noticed them."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("ids", nargs="*", metavar="ID", help="which faults; all if none is named")
    areas = sorted({fault.area for fault in FAULTS})
    parser.add_argument("--area", action="append", default=[], choices=areas)
    parser.add_argument("--nearest", action="store_true", help="run only the nearest tests")
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds for each run")
    parser.add_argument("--list", action="store_true", help="say what the faults are, and end")
    options = parser.parse_args()
    faults = _chosen(options.ids, options.area)
    if options.list:
        for fault in faults:
            print(f"{fault.id} ({fault.area}, {fault.kind}, {fault.file}): {fault.harm}")
        return 0
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="lossexplorer-planted-") as folder:
        copy = Copy(Path(folder).resolve() / "tree", Path(folder).resolve(), options.limit)
        copy_tree(copy.root)
        copy.check()
        print(
            "| fault | area | kind | file | noticed by | s |\n|---|---|---|---|---|---|", flush=True
        )
        for fault in faults:
            start = time.monotonic()
            found = noticed_by(copy, fault, only_nearest=options.nearest)
            unnoticed += not found
            file = fault.file.removeprefix("lossexplorer/")
            cells = (fault.id, fault.area, fault.kind, file, str(found or "**not noticed**"))
            print(f"| {' | '.join(cells)} | {time.monotonic() - start:.0f} |", flush=True)
    print(f"\n{len(faults) - unnoticed} of {len(faults)} noticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
