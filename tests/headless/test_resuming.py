"""Going on with a manifest takes work in proportion to its rows, counted without a clock."""

import sys

import pytest

from lossexplorer.headless.manifest import run
from tests.headless.pairs import Guessing, evaluated


class Counted(set):
    """A set that counts the members which are gone through to copy it or to join others to it."""

    moved = 0

    def _made(self, found):
        type(self).moved += len(found)
        return type(self)(found)

    def __or__(self, other):
        return self._made(set(self) | set(other))

    __ror__ = __or__

    def union(self, *others):
        return self._made(set(self).union(*others))

    def copy(self):
        return self._made(set(self))

    def update(self, *others):
        type(self).moved += sum(map(len, others))
        super().update(*others)


class Done(dict):
    """What is done, which counts the keys that are gone through."""

    moved = 0

    def __iter__(self):
        for key in super().__iter__():
            type(self).moved += 1
            yield key

    def keys(self):
        return list(self)

    def items(self):
        return [(key, self[key]) for key in self]

    def copy(self):
        return dict(self.items())


def calls(function):
    """How often a function, of Python or C, is called meanwhile."""
    count = 0

    def seen(frame, event, argument):
        nonlocal count
        del frame, argument
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def work(folder, name, pairs):
    """What a run with nothing left to do takes: calls, and members of sets that are moved."""
    path, out = folder / f"{pairs}.csv", folder / f"{pairs}-{name}"
    lines = [f"c{n},sample:lesion,p{n}.npy" for n in range(pairs)]
    path.write_text("\n".join(["name,truth,prediction", *lines, ""]), encoding="utf-8")
    evaluated(path, out, executor=Guessing())
    Counted.moved = Done.moved = 0
    ended = []
    called = calls(lambda: ended.append(evaluated(path, out, executor=Guessing())))
    ((summary, now),) = ended
    assert (summary.known, now) == (pairs, [])
    return called, Counted.moved + Done.moved


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_going_on_takes_work_in_proportion_to_the_rows(tmp_path, monkeypatch, name):
    """A union of what is known, or a pass over the results, for each row takes four times as much
    for twice the rows: between 200 and 400 rows it grows four times as much as from 100 to 200.
    """
    open_results = run.open_results

    class Opened:
        def __init__(self, path):
            self.file = open_results(path)

        def __enter__(self):
            results = self.file.__enter__()
            results.done = Done(results.done)
            Done.moved = 0
            return results

        def __exit__(self, *error):
            return self.file.__exit__(*error)

    monkeypatch.setattr(run, "open_results", Opened)
    monkeypatch.setattr(run, "set", Counted, raising=False)
    work(tmp_path, name, 10)  # what is done once: imports, caches
    few, more, most = (work(tmp_path, name, pairs) for pairs in (100, 200, 400))
    for first, second, third in zip(few, more, most, strict=True):
        assert second > first  # it was counted
        assert third - second < 2.5 * (second - first)
