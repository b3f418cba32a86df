"""The real window, measured in processes of its own."""

import os

import pytest

from lossexplorer.bench import __main__ as command
from lossexplorer.bench import window


def launches_of(rows):
    return {row.what: row.ours.seconds for row in rows if "after launch" in row.what}


@pytest.fixture
def probed(monkeypatch):
    """What is asked of a program that is not started."""
    modes = []

    def probe(mode, folder, environment):
        modes.append((mode, environment["LANG"]))
        number = float(len(modes))
        drag = {name: [number] for name in ("worked", "deliveries", "drawn", "gaps")}
        launch = {"window": number, "canvas": number + 1, "numbers": number + 2}
        return {**drag, "gaps_without": [number], **launch}

    monkeypatch.setattr(window, "_probe", probe)
    return modes


@pytest.mark.parametrize(("repetitions", "counted"), [(2, 2), (7, 7), (25, 7)])
def test_at_most_seven_launches_are_counted_and_the_first_is_not(probed, repetitions, counted):
    rows = command._rows(command.Group.WINDOW, {"LANG": "C.UTF-8"})(repetitions)
    launches = launches_of(rows)
    assert len(launches) == 3
    assert launches["first window after launch"] == tuple(map(float, range(3, 3 + counted)))
    assert probed == [("drag", "C.UTF-8")] + [("launch", "C.UTF-8")] * (1 + counted)


@pytest.mark.alone
def test_the_window_is_measured_in_a_process_of_its_own():
    rows = {row.what: row for row in window.rows(2, dict(os.environ))}
    blocked = next(row for what, row in rows.items() if "blocked" in what)
    assert len(blocked.ours.seconds) >= 30
    assert len(rows["slider event to values drawn"].ours.seconds) >= 30
    launches = launches_of(rows.values())
    first = launches["first window after launch"]
    numbers = launches["first numbers on screen after launch"]
    assert len(first) == len(numbers) == 2
    for opened, answered in zip(first, numbers, strict=True):
        assert 0 < opened < answered
