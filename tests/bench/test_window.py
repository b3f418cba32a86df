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
        drag = {name: [number] for name in ("worked", "deliveries", "drawn", "gaps", "frames")}
        launch = {"notice": 1.0, "window": number, "canvas": number + 1, "numbers": number + 2}
        return {**drag, "gaps_without": [number], **launch}

    monkeypatch.setattr(window, "_probe", probe)
    return modes


@pytest.mark.parametrize(("repetitions", "counted"), [(2, 2), (7, 7), (25, 7)])
def test_at_most_seven_launches_are_counted_and_the_first_is_not(probed, repetitions, counted):
    rows = list(command._rows(command.RowGroup.WINDOW, {"LANG": "C.UTF-8"})(repetitions))
    launches = launches_of(rows)
    assert len(launches) == 4
    assert launches["first window after launch"] == tuple(map(float, range(4, 4 + counted)))
    modes = ["drag", "hidden"] + ["launch"] * (1 + counted)
    assert probed == [(mode, "C.UTF-8") for mode in modes]
    drawn = [row.ours.seconds for row in rows if row.what in (window._DRAWN[0], window._HIDDEN[0])]
    assert drawn == [(1.0,), (2.0,)]
