"""``lossexplorer evaluate``: the engine's numbers without a window."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lossexplorer.core.numbers import column_value
from lossexplorer.core.parameters import ParameterError, closest, parse_values
from lossexplorer.engine.limits import TooLargeError, check_patches, check_size
from lossexplorer.engine.messages import (
    EngineInfo,
    LossResult,
    LossSetting,
    Problem,
    free_name,
    loss_of,
)
from lossexplorer.engine.shares import shares
from lossexplorer.engine.volume import volume_of
from lossexplorer.headless.truths import (
    AS_DECLARED,
    TruthOptions,
    notes_of,
    require_exclusive,
    truth_content,
    truth_line,
)
from lossexplorer.losses import LOSSES, loss_named
from lossexplorer.predictions import check_room, parse_controls, refuse_controls
from lossexplorer.volumes import Batch, Case, ClassSelection, open_case

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class Evaluation:
    """The losses of one prediction of a volume or of a batch."""

    case: Case
    losses: Sequence[LossResult]
    total: float
    engine: EngineInfo

    @property
    def truth(self) -> Batch:
        """The samples."""
        return self.case.batch


def chosen_losses(losses: Iterable[str], weights: Iterable[str]) -> tuple[LossSetting, ...]:
    """Return the losses that the options ``--loss`` and ``--weight`` choose.

    Parameters
    ----------
    losses : iterable of str
        ``NAME`` or ``NAME:PARAM=VALUE,…``; ``all`` alone; those that the window starts with
        if there is none. A loss that is given again is known as ``NAME_2``, then ``NAME_3``.
    weights : iterable of str
        ``NAME=λ``; 1 for a loss that is not named.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a name is unknown or a value not allowed.

    Examples
    --------
    >>> chosen_losses(["tversky:alpha=0.5"], ["tversky=2"])[0].parameters["alpha"]
    0.5
    >>> twice = chosen_losses(["tversky:alpha=0.3", "tversky:alpha=0.7"], ["tversky_2=0.5"])
    >>> [(each.name, each.parameters["alpha"], each.weight) for each in twice]
    [('tversky', 0.3, 1.0), ('tversky_2', 0.7, 0.5)]
    """
    named = list(losses) or [name for name, loss in LOSSES.items() if loss.shown]
    chosen: list[LossSetting] = []
    for text in LOSSES if named == ["all"] else named:
        chosen.append(_loss(text, [setting.name for setting in chosen]))
    factors = dict(_weight(text, [setting.name for setting in chosen]) for text in weights)
    return tuple(replace(each, weight=factors.get(each.name, 1.0)) for each in chosen)


def _loss(text: str, taken: Sequence[str]) -> LossSetting:
    name, _, listed = text.partition(":")
    loss = loss_named(name)
    values = loss.complete(parse_values(loss.parameters, listed, name))
    return LossSetting(name, values, name=free_name(name, taken))


def _weight(text: str, names: list[str]) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ParameterError(f"--weight {text!r} must have the form NAME=λ.")
    if name not in names:
        raise closest(name, names, "evaluated loss")
    try:
        weight = float(value)
    except ValueError:
        weight = math.nan
    if not math.isfinite(weight):
        raise ParameterError(f"--weight {name} must be a number, not {value!r}.")
    return name, weight


def evaluate(
    truth: str,
    prediction: str | None,
    controls: Sequence[str],
    losses: tuple[LossSetting, ...],
    *,
    also: Sequence[str] = (),
    classes: ClassSelection | None = None,
    patch: tuple[int, int, int] | None = None,
    options: TruthOptions = AS_DECLARED,
) -> Evaluation:
    """Evaluate losses of a prediction that is read from a file or simulated.

    Parameters
    ----------
    truth : str
        A file, or ``sample:NAME``; a (sample, z, y, x) array is a batch.
    prediction : str or None
        A file; simulated from the truth by default.
    controls : sequence of str
        ``CONTROL=VALUE`` of the prediction.
    losses : tuple of LossSetting
        What to evaluate.
    also : sequence of str
        More truths, which make a batch with the first, or a mask each of overlapping classes.
    classes : ClassSelection, optional
        How ids become classes; each is one, or all are one where they are those of instances.
    patch : tuple of int, optional
        The size (z, y, x) of patches that the volumes are cut into, which make a batch.
    options : TruthOptions
        What counts nowhere, and whether classes may overlap.

    Raises
    ------
    lossexplorer.volumes.VolumeError, lossexplorer.core.parameters.ParameterError
        If a file or a control is not what it should be.
    lossexplorer.engine.limits.TooLargeError
        If the volume would not fit.
    lossexplorer.engine.backends.environment.BackendError
        If the backend or the device that is asked for cannot be had.
    """
    case, values = opened(
        [truth, *also], prediction, controls, losses, classes=classes, patch=patch, options=options
    )
    # The backend takes seconds to import: mistakes above are reported before.
    pipeline, info = prepared(case)
    from lossexplorer.engine.values import total

    if case.batch[0].overlap is not None:
        losses = tuple(loss.of_overlapping() for loss in losses)
    results = pipeline.results(losses, values)
    return Evaluation(case, results, total(results), info)


def opened(
    truths: Sequence[str],
    prediction: str | None,
    controls: Sequence[str],
    losses: tuple[LossSetting, ...] = (),
    *,
    classes: ClassSelection | None = None,
    patch: tuple[int, int, int] | None = None,
    options: TruthOptions = AS_DECLARED,
) -> tuple[Case, dict[str, Any]]:
    """Open volumes and read the controls' values, as for `evaluate`, without a backend."""
    refuse_controls(controls, prediction)
    case = open_case(
        truths,
        prediction=prediction,
        mask=options.mask,
        ignore=options.ignore,
        overlapping=options.overlapping,
        classes=classes,
    )
    try:
        case = _fitting(case, patch)
    except TooLargeError as error:
        if len(case.batch.names) == 2:
            raise
        fewer = "--classes foreground makes one class of all ids, --classes 1,5-9 takes some."
        raise TooLargeError(f"{error} {fewer}") from None
    batch = case.batch
    values = parse_controls(controls, batch.size, [c.id for c in batch[0].classes])
    require_exclusive(batch, losses, values)
    check_room(values, batch[0].shape)
    return case, values


def _fitting(case: Case, patch: tuple[int, int, int] | None) -> Case:
    """Return a case cut into patches, having refused one that would not fit."""
    whole, names = case.batch, case.batch.names
    overlapping = whole[0].overlap is not None
    if patch is not None:
        shapes = [sample.shape for sample in whole]
        check_patches(shapes, patch, len(names), overlapping=overlapping)
        case = case.with_patch(patch)
    check_size(case.batch.voxel_count, len(names), len(case.batch), overlapping=overlapping)
    return case


def prepared(case: Case) -> tuple[Pipeline, EngineInfo]:
    """Import the backend and return it with the pipeline of a case."""
    from lossexplorer.engine.backends.active import backend
    from lossexplorer.engine.pipeline import Pipeline

    info = backend.prepare()
    return Pipeline(volume_of(case.batch), case.predictions), info


def _shares(results: Sequence[LossResult]) -> list[tuple[float | None, float | None]]:
    """Return each loss's share of the total and of its gradient.

    A loss with λ = 0 has neither, whatever its value.
    """
    values = [result.weight * result.value if result.weight else 0.0 for result in results]
    slopes = [
        result.weight * (math.nan if result.gradient_norm is None else result.gradient_norm)
        if result.weight
        else 0.0
        for result in results
    ]
    return list(zip(shares(values), shares(slopes), strict=True))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _problem(problem: Problem) -> dict[str, Any]:
    cure = problem.cure
    changed = cure and {
        "owner": cure.reference.loss or "",
        "parameter": cure.reference.name,
        "value": cure.value,
    }
    return {"text": problem.text, "cure": changed}


def as_json(evaluation: Evaluation) -> str:
    """Return the evaluation as JSON; a value that is not finite is null, with a problem."""
    ids = [str(c.id) for c in evaluation.truth[0].classes]
    content = {
        "truth": truth_content(evaluation.case),
        "losses": [
            {
                "name": result.name,
                "loss": loss_of(result.name).name,
                "parameters": dict(result.parameters),
                "weight": result.weight,
                "value": _finite(result.value),
                "per_class": {
                    class_id: _finite(value)
                    for class_id, value in zip(ids, result.per_class, strict=True)
                    if value is not None
                },
                "gradient_norm": _finite(result.gradient_norm),
                "share_of_value": of_value,
                "share_of_gradient": of_gradient,
                "problems": [_problem(problem) for problem in result.problems],
            }
            for result, (of_value, of_gradient) in zip(
                evaluation.losses, _shares(evaluation.losses), strict=True
            )
        ],
        "total": _finite(evaluation.total),
        "gradient_norms": {"wrt": "logit", "includes_weight": False},
        "preview": False,
        "notes": list(notes_of(evaluation.case)),
        "engine": {"backend": evaluation.engine.backend, "device": evaluation.engine.device},
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


_EXACT = (
    "Shares of the gradient are of the norms √Σ (∂L/∂logit)² over all voxels and classes. Every "
    "number is exact, none is a preview."
)
_COLUMNS = 6
"""So many losses fit beside each other into a terminal."""


def as_table(evaluation: Evaluation) -> str:
    """Return the evaluation as aligned text: a row per class, a column per loss."""
    results = evaluation.losses
    # Overlapping classes have no background.
    first = 0 if evaluation.truth[0].overlap is None else 1
    columns = [
        [r.name, f"{r.weight:g}", column_value(r.value), _percent(of_value), _percent(of_gradient)]
        + ["" if term is None else column_value(term) for term in r.per_class[first:]]
        for r, (of_value, of_gradient) in zip(results, _shares(results), strict=True)
    ]
    classes = [
        f"{c.id} {c.name}{'' if c.voxels else ' (absent)'}"
        for c in evaluation.truth.classes[first:]
    ]
    names = ["", "λ", "value", "share of value", "share of gradient", *classes]
    total = ["total", "", column_value(evaluation.total), "", "", *[""] * len(classes)]
    blocks = [
        _block(names, columns[start : start + _COLUMNS])
        for start in range(0, len(columns) - _COLUMNS, _COLUMNS)
    ]
    rest = columns[len(blocks) * _COLUMNS :]
    blocks.append(_block(names, [*rest, total]))
    problems = [f"{r.name}: {problem.text}" for r in results for problem in r.problems]
    said = [*problems, "", truth_line(evaluation.truth), _EXACT, *notes_of(evaluation.case)]
    return "\n".join(["\n\n".join(blocks), *said])


def _block(names: list[str], columns: list[list[str]]) -> str:
    """Return columns beside each other, the names to the left and the others to the right."""
    widths = [max(map(len, column)) for column in (names, *columns)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in zip(names, *columns, strict=True)
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
