"""The evaluation of many pairs, one after the other, which can be interrupted and go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.headless.contents import are_the_same
from lossexplorer.headless.manifest.pairs import Pair, read_manifest
from lossexplorer.headless.manifest.rows import PairSetup, blank, broken, evaluated
from lossexplorer.headless.results import ResultFile, ResultRow, open_results
from lossexplorer.predictions import check_controls

# What XLA compiles for a shape stays in memory for as long as the process, 13 MiB for each set of
# shapes, so that a process does not evaluate any number of pairs.
_PAIRS_PER_PROCESS = 100


class InterruptedRun(KeyboardInterrupt):
    """A run was interrupted; the message says what was done and how to go on."""


@dataclass(frozen=True)
class Summary:
    """How a manifest was evaluated.

    Attributes
    ----------
    out
        The file of results.
    evaluated, known
        The numbers of pairs that were evaluated now and before.
    broken
        The pairs that could not be evaluated, with the reasons.
    noted
        The pairs of which a person should know how they were read or placed, with the sentences.
    """

    out: Path
    evaluated: int
    known: int
    broken: Sequence[tuple[Pair, str]]
    noted: Sequence[tuple[Pair, str]] = ()


def evaluate_manifest(
    manifest: Path,
    out: Path,
    setup: PairSetup,
    *,
    make_executor: Callable[[], Executor] = EngineProcess,
) -> Summary:
    """Evaluate every pair of a manifest whose results are not there yet.

    Each pair's rows are written as soon as it is evaluated (to Parquet, every 20 s), so that a run
    that is cut off goes on where it was. A progress bar is shown on standard error.

    Parameters
    ----------
    manifest
        See `read_manifest`.
    out
        See `lossexplorer.headless.results.open_results`. What it holds is kept.
    setup
        What is asked. A loss of a pair that was evaluated with the same parameters, λ and controls
        is not evaluated again, unless one of its files has changed; one that was broken is.
    make_executor
        Returns where pairs are evaluated, one at a time: a process of its own, so that one for
        which the memory does not suffice is a broken pair and not the end.

    Raises
    ------
    lossexplorer.headless.results.TableError
        If a table cannot be used.
    lossexplorer.core.parameters.ParameterError
        If a control has an unknown name or a value that is not allowed.
    InterruptedRun
        If it is interrupted.
    """
    check_controls(setup.controls)  # what is wrong for every pair is said at once
    pairs = list(dict.fromkeys(read_manifest(manifest)))  # a line may be there twice
    losses = tuple(each for n, each in enumerate(setup.losses) if each not in setup.losses[:n])
    setup = replace(setup, controls=_that_count(setup.controls), losses=losses)
    folder = Path(os.path.realpath(out)).parent
    failed: list[tuple[Pair, str]] = []
    noted: list[tuple[Pair, str]] = []
    with open_results(out) as results:
        asked, waiting = _waiting(pairs, setup, folder, results)
        results.start(asked)
        known = len(pairs) - len(waiting)
        bar = tqdm(waiting, unit="pair", initial=known, total=len(pairs))
        done = 0
        try:
            with _Evaluator(make_executor) as evaluator, bar:
                for pair, wanted in bar:
                    missing = replace(setup, losses=tuple(setup.losses[i] for i in wanted))
                    blanks = [blank(pair, loss, missing, folder) for loss in missing.losses]
                    rows = evaluator.rows(pair, missing, blanks)
                    results.add(rows)
                    done += 1
                    failed += [(pair, rows[0].problem)] if rows[0].broken else []
                    noted += [(pair, rows[-1].note)] if rows[-1].note else []
        except KeyboardInterrupt as error:
            raise InterruptedRun(
                f"Interrupted: {known + done} of {_counted(len(pairs))} done, in {out}. Run "
                "the same command again to go on with the others."
            ) from error
    return Summary(out, len(waiting) - len(failed), known, failed, noted)


def _that_count(controls: Sequence[str]) -> tuple[str, ...]:
    """Return the controls that count: of each the last, in alphabetical order.

    Examples
    --------
    >>> _that_count(["shift_x=1vox", "grow=1", "shift_x = 2vox"])
    ('grow=1', 'shift_x=2vox')
    """
    last = {}
    for each in controls:
        name, _, value = each.partition("=")
        last[name.strip()] = value.strip()
    return tuple(f"{name}={value}" for name, value in sorted(last.items()))


def _waiting(
    pairs: Sequence[Pair], setup: PairSetup, folder: Path, results: ResultFile
) -> tuple[set[bytes], list[tuple[Pair, tuple[int, ...]]]]:
    """Return the keys that are asked, and the pairs with the places of losses to evaluate."""
    asked: set[bytes] = set()
    waiting = []
    for pair in pairs:
        keys = [blank(pair, loss, setup, folder).key for loss in setup.losses]
        known: dict[str, bool] = {}  # a file is looked at once for all losses

        def is_done(key: bytes, pair: Pair = pair, known: dict[str, bool] = known) -> bool:
            for then in results.done.get(key, ()):
                if then not in known:
                    known[then] = are_the_same(then, pair.sources)
                if known[then]:
                    return True
            return False

        wanted = tuple(i for i, key in enumerate(keys) if key not in asked and not is_done(key))
        asked.update(keys)
        if wanted:
            waiting.append((pair, wanted))
    return asked, waiting


def as_text(summary: Summary) -> str:
    """Return what was done, which pairs broke and why, and which were placed and how."""
    lines = [
        f"{summary.out}: {_counted(summary.evaluated)} evaluated, {summary.known} known before, "
        f"{len(summary.broken)} broken."
    ]
    lines += [f"{pair.case}: {said}" for pair, said in (*summary.broken, *summary.noted)]
    if not summary.evaluated and not summary.broken:
        lines.append("To evaluate them again, name another file of results.")
    return "\n".join(lines)


def _counted(pairs: int) -> str:
    return f"{pairs} pair" if pairs == 1 else f"{pairs} pairs"


class _Evaluator:
    """Evaluates pairs in one process after another."""

    def __init__(self, make_executor: Callable[[], Executor]) -> None:
        self._make = make_executor
        self._executor: Executor | None = None
        self._pairs = 0

    def rows(self, pair: Pair, setup: PairSetup, blanks: list[ResultRow]) -> list[ResultRow]:
        """Return the rows of a pair."""
        if pair.problem:
            return broken(blanks, pair.problem)
        if self._executor is None:
            self._executor, self._pairs = self._make(), 0
        self._pairs += 1
        try:
            rows = self._executor.submit(evaluated, pair, setup, blanks).result()
        except BrokenProcessPool:
            self._end()
            why = "The process that evaluated it ended; most likely the memory did not suffice."
            return broken(blanks, why)
        if self._pairs == _PAIRS_PER_PROCESS:
            self._end()
        return rows

    def __enter__(self) -> _Evaluator:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None
