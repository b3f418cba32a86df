"""The real window, measured in processes of its own."""

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
    rows = command._rows(command.RowGroup.WINDOW, {"LANG": "C.UTF-8"})(repetitions)
    launches = launches_of(rows)
    assert len(launches) == 3
    assert launches["first window after launch"] == tuple(map(float, range(3, 3 + counted)))
    assert probed == [("drag", "C.UTF-8")] + [("launch", "C.UTF-8")] * (1 + counted)
