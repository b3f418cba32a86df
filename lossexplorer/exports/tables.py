"""What plots and cards show, as CSV and as text, with all that it depends on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lossexplorer import __version__
from lossexplorer.engine.messages import TOTAL, LossResult, LossSetting
from lossexplorer.exports.settings import typed
from lossexplorer.predictions import CONTROLS
from lossexplorer.session.records.class_terms import ClassTerms
from lossexplorer.session.records.curves import Curves
from lossexplorer.session.records.history import History
from lossexplorer.session.state import Experiment
from lossexplorer.volumes import LabelClass


def header(experiment: Experiment, command: str = "") -> str:
    """Return comment lines with the volume, every control, and every loss with all parameters.

    Parameters
    ----------
    experiment : Experiment
        What numbers depend on.
    command : str
        The command that evaluates it; empty if there is none.

    Examples
    --------
    >>> line = next(line for line in header(Experiment()).splitlines() if "tversky" in line)
    >>> line.partition(", smooth")[0]
    '# loss tversky: weight=1, alpha=0.3, beta=0.7'
    """
    return "".join(f"# {_one_line(line)}\n" for line in _facts(experiment, command))


def curves_csv(curves: Curves, experiment: Experiment, command: str = "") -> str:
    """Return a row for each place of the slider: what moves, in its unit, and every loss's value.

    Parameters
    ----------
    curves : Curves
        What is known so far; a value that is not is empty, and a place of previews has no row.
    experiment, command
        As in `header`.
    """
    response = curves.response
    if response is None:
        return header(experiment, command)
    moved = response.reference
    owner = f"{moved.loss}:" if moved.loss else ""
    unit = f" [{response.number.unit}]" if response.number.unit else ""
    known = {place for points in curves.points.values() for place in points}
    places = sorted(known - curves.previews)
    rows = [
        [
            response.scale.value(place),
            *(curves.points[name].get(place, "") for name in curves.points),
        ]
        for place in places
    ]
    return table_csv(
        experiment, command, [f"{owner}{moved.name}{unit}", *curves.points], rows, moved=moved.name
    )


def history_csv(history: History, experiment: Experiment, command: str = "") -> str:
    """Return a row for each step: its number, every loss's value and the total.

    Parameters
    ----------
    history : History
        The steps; a value that was not computed is empty.
    experiment, command
        As in `header`: of the last step.
    """
    names = [*history.shown, TOTAL] if history.steps else []
    columns = [
        [value if known else "" for value, known in zip(series, is_known, strict=True)]
        for series, is_known in ((history.series(name), history.is_known(name)) for name in names)
    ]
    numbers = range(history.first, history.first + len(history.steps))
    rows = [list(row) for row in zip(numbers, *columns, strict=True)]
    return table_csv(experiment, command, ["step", *names], rows)


def classes_csv(
    terms: ClassTerms, classes: Sequence[LabelClass], experiment: Experiment, command: str = ""
) -> str:
    """Return a row for each class: id, name, voxels, and its term of every loss.

    Parameters
    ----------
    terms : ClassTerms
        The terms of the newest step; one of a class that a loss leaves out is empty.
    classes : sequence of LabelClass
        Those of the batch.
    experiment, command
        As in `header`.
    """
    rows = [
        [
            each.id,
            each.name,
            each.voxels,
            *(
                terms.terms[name][index] if terms.counted[name][index] else ""
                for name in terms.terms
            ),
        ]
        for index, each in enumerate(classes)
        if index >= terms.first
    ]
    return table_csv(experiment, command, ["id", "class", "voxels", *terms.terms], rows)


def card_text(
    title: str, result: LossResult, setting: LossSetting, classes: Sequence[LabelClass]
) -> str:
    """Return a loss's card as lines of tab-separated cells, for a text or a spreadsheet.

    Parameters
    ----------
    title : str
        What the loss is called.
    result : LossResult
        Its value and terms.
    setting : LossSetting
        Its parameters and weight.
    classes : sequence of LabelClass
        The classes, background first.
    """
    rows: list[tuple[str, Any]] = [(title, "pending" if result.pending else result.value)]
    rows += [
        (each.name, term)
        for each, term in zip(classes, result.per_class, strict=True)
        if term is not None and not result.pending
    ]
    rows += [(name, typed(value)) for name, value in setting.parameters.items()]
    rows.append(("λ", setting.weight))
    rows += [("problem", problem.text) for problem in result.problems]
    return lines_of(rows)


def lines_of(rows: Iterable[Sequence[Any]]) -> str:
    r"""Return rows as lines of tab-separated cells.

    Examples
    --------
    >>> lines_of([("Dice", 0.5), ("a\tname", 1.0)])
    'Dice\t0.5\na name\t1.0\n'
    """
    return "".join("\t".join(_one_line(str(cell)) for cell in row) + "\n" for row in rows)


def _facts(experiment: Experiment, command: str) -> Iterator[str]:
    yield f"Loss Explorer {__version__}"
    if command:
        yield command
    case = experiment.case
    if case is not None:
        batch = case.batch
        first = batch[0]
        edges = " × ".join(f"{edge:g}" for edge in first.spacing)
        shape = " × ".join(map(str, first.shape))
        samples = f", {len(batch)} samples" if len(batch) > 1 else ""
        yield f"volume: {first.path}, {shape} voxels of {edges} mm (z, y, x){samples}"
        yield "prediction: " + (case.sources.prediction or case.given_name or "simulated")
    values = experiment.controls
    listed = ", ".join(f"{name}={typed(values[name])}" for name in CONTROLS)
    yield f"controls (lengths in mm, classes as indices): {listed}"
    for setting in experiment.losses:
        named = {"weight": setting.weight, **setting.parameters}
        listed = ", ".join(f"{name}={typed(value)}" for name, value in named.items())
        kind = "" if setting.loss == setting.name else f" ({setting.loss})"
        yield f"loss {setting.name}{kind}: {listed}"


def table_csv(
    experiment: Experiment,
    command: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    moved: str = "",
) -> str:
    """Return a table as CSV, below what its values depend on.

    Parameters
    ----------
    experiment, command
        As in `header`.
    columns : sequence of str
        Their names.
    rows : iterable of sequence
        A cell for each column.
    moved : str
        What of the experiment moves in the table, in words; empty if nothing does.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    note = f"# {moved} moves; what is said of it above is where it is now\n" if moved else ""
    return header(experiment, command) + note + text.getvalue()


def _one_line(text: str) -> str:
    """Return a text without what would end a line or a cell."""
    return " ".join(text.split())
