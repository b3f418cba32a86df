"""``lossexplorer export``: volumes, curves and classes as files, losses as code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lossexplorer.core.files import replace_file
from lossexplorer.core.parameters import ParameterError, closest
from lossexplorer.engine.limits import check_export
from lossexplorer.engine.messages import TOTAL, LossSetting, Request
from lossexplorer.engine.questions import Maps, Numbers
from lossexplorer.exports.code import OWN, losses_code
from lossexplorer.exports.tables import classes_csv, curves_csv
from lossexplorer.exports.volumes import VolumeCollector, VolumesWanted, gradient_problem
from lossexplorer.exports.writing import check_places, format_of, paths_of, write_volume
from lossexplorer.headless.evaluation import prepared
from lossexplorer.session.records.class_terms import RECORD as CLASS_TERMS
from lossexplorer.session.records.curves import Curves
from lossexplorer.session.response import response_of
from lossexplorer.session.state import Experiment, State, View
from lossexplorer.session.sweep import reference_named
from lossexplorer.volumes import Case


def export_volumes(
    case: Case,
    controls: dict[str, Any],
    losses: tuple[LossSetting, ...],
    wanted: VolumesWanted,
    out: Path,
) -> Iterator[str]:
    """Write volumes of a prediction and of a gradient, and yield sentences that say so.

    Parameters
    ----------
    case : Case
        The truth, and the prediction if it is given.
    controls : dict
        Every control's value.
    losses : tuple of LossSetting
        What the gradient is of.
    wanted : VolumesWanted
        Which volumes.
    out : Path
        Where; with several volumes each has its own name, see `paths_of`.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If the path has an ending of no format, is a file that was read, or there is no such loss,
        class or sample.
    lossexplorer.engine.limits.TooLargeError
        If the volumes do not fit into the memory.
    OSError
        If a file cannot be written.
    """
    format_of(out)
    paths = paths_of(out, wanted.whats)
    check_places(paths.values(), case)
    names = [each.name for each in losses]
    if wanted.loss not in (TOTAL, *names):
        raise closest(wanted.loss, [TOTAL, *names], "evaluated loss")
    if not 0 <= wanted.sample < len(case.batch):
        raise ParameterError(
            f"There is no sample {wanted.sample}: the batch has {len(case.batch)}, from 0."
        )
    volume = case.batch[wanted.sample]
    check_export(wanted.bytes_needed(volume))
    losses = _as_seen(case, losses)
    pipeline, _ = prepared(case)
    collector, problems = VolumeCollector(wanted, volume), []
    for asked in wanted.asked(volume):
        answer = pipeline.answer(Request(Maps(case.key, controls, losses, asked)))
        assert answer.maps is not None
        collector.add(answer.maps)
        problems.append(answer.maps.problem)
    for each in collector.volumes():
        path, table = write_volume(each, paths[each.what])
        yield f"{path} and {table.name} are written."
    if "gradient" in wanted.whats and (sentence := gradient_problem(problems)):
        yield sentence


def class_of_id(case: Case, id_: int | None) -> int | None:
    """Return the index of the class with an id; None for None.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is none.
    """
    if id_ is None:
        return None
    ids = [each.id for each in case.batch[0].classes]
    if id_ not in ids:
        raise ParameterError(f"There is no class {id_}: the ids are {', '.join(map(str, ids))}.")
    return ids.index(id_)


def export_curves(
    case: Case,
    controls: dict[str, Any],
    losses: tuple[LossSetting, ...],
    against: str,
    points: int,
    out: Path,
) -> None:
    """Write the response curves against a control or a loss's parameter as CSV.

    Parameters
    ----------
    case, controls, losses
        As for `export_volumes`.
    against : str
        ``CONTROL``, or ``LOSS:PARAMETER``.
    points : int
        How many places of the slider, at least 2.
    out : Path
        Where.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such control, or it is not one number.
    OSError
        If the file cannot be written.
    """
    experiment = Experiment(case, controls, _as_seen(case, losses))
    state = State(experiment, View(against=reference_named(against, experiment)))
    response = response_of(state, max(2, points))
    pipeline, _ = prepared(case)
    curves = Curves(response, {name: {} for name in response.shown})
    asked = [each.question for each in response.requests(experiment)]
    once = [each for place, each in enumerate(asked) if each not in asked[:place]]
    curves = curves.with_points(pipeline.answers([Request(each) for each in once]))
    write_text(out, curves_csv(curves, experiment))


def export_classes(
    case: Case, controls: dict[str, Any], losses: tuple[LossSetting, ...], out: Path
) -> None:
    """Write every class's term of every loss as CSV; parameters as for `export_curves`."""
    experiment = Experiment(case, controls, _as_seen(case, losses))
    pipeline, _ = prepared(case)
    answer = pipeline.answer(Request(Numbers(case.key, controls, experiment.losses)))
    assert CLASS_TERMS.opened is not None
    terms = CLASS_TERMS.opened(CLASS_TERMS.empty, case.batch)
    write_text(out, classes_csv(terms.of(answer), case.batch.classes, experiment))


def export_code(losses: Sequence[LossSetting], case: Case | None, library: str = OWN) -> str:
    """Return losses as code, see `lossexplorer.exports.code.losses_code`.

    Parameters
    ----------
    losses : sequence of LossSetting
        The losses.
    case : Case or None
        Has the classes and the spacing; two classes and 1 mm without one.
    library : str
        Whose losses.
    """
    if case is None:
        return losses_code(losses, ("background", "foreground"), (1.0, 1.0, 1.0), library)
    first = case.batch[0]
    return losses_code(
        losses, case.batch.names, first.spacing, library, overlap=first.overlap is not None
    )


def write_text(out: Path, text: str) -> None:
    """Write a text as a whole.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    replace_file(out, lambda file: file.write_text(text, encoding="utf-8", newline=""))


def _as_seen(case: Case, losses: tuple[LossSetting, ...]) -> tuple[LossSetting, ...]:
    """Return the losses as the classes of a case have them evaluated."""
    if case.batch[0].overlap is None:
        return losses
    return tuple(each.of_overlapping() for each in losses)
