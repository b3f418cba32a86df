"""``lossexplorer conventions``: one prediction, in the numbers of every library."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from lossexplorer.conventions import CONVENTIONS, Convention, ConventionValue, Measured
from lossexplorer.core.numbers import column_value
from lossexplorer.core.parameters import NumberArray
from lossexplorer.engine.volume import volume_of
from lossexplorer.headless.evaluation import opened
from lossexplorer.headless.truths import (
    AS_DECLARED,
    TruthOptions,
    notes_of,
    truth_content,
    truth_line,
)
from lossexplorer.volumes import Batch, Case, ClassSelection


@dataclass(frozen=True)
class Comparison:
    """Every convention's value for one prediction.

    Attributes
    ----------
    case : Case
        What was opened.
    outcomes : tuple of (Convention, ConventionValue)
        In the order of `CONVENTIONS`.
    """

    case: Case
    outcomes: Sequence[tuple[Convention, ConventionValue]]

    @property
    def truth(self) -> Batch:
        """The samples."""
        return self.case.batch


def compare(
    truth: str,
    prediction: str | None,
    controls: Sequence[str],
    *,
    also: Sequence[str] = (),
    classes: ClassSelection | None = None,
    options: TruthOptions = AS_DECLARED,
) -> Comparison:
    """Compute every convention for a prediction that is read from a file or simulated.

    Parameters
    ----------
    truth : str
        A file, or ``sample:NAME``; a (sample, z, y, x) array is a batch.
    prediction : str or None
        A file; simulated from the truth by default.
    controls : sequence of str
        ``CONTROL=VALUE`` of the prediction.
    also : sequence of str
        More truths, which make a batch with the first, or a mask each of overlapping classes.
    classes : ClassSelection, optional
        How ids become classes; each is one, or all are one where they are those of instances.
    options : TruthOptions
        What counts nowhere, and whether classes may overlap.

    Raises
    ------
    lossexplorer.volumes.VolumeError, lossexplorer.core.parameters.ParameterError
        If a file or a control is not what it should be.
    lossexplorer.engine.limits.TooLargeError
        If the batch would not fit.
    lossexplorer.engine.backends.environment.BackendError
        If the backend or the device that is asked for cannot be had.
    """
    case, values = opened([truth, *also], prediction, controls, classes=classes, options=options)
    batch = case.batch

    # The backend takes seconds to import: mistakes above are reported before.
    from lossexplorer.engine.backends.active import backend
    from lossexplorer.engine.pipeline import Pipeline

    backend.prepare()
    pipeline = Pipeline(volume_of(batch), case.predictions)
    g, p, log_p = (backend.to_numpy(field) for field in pipeline.fields(values))
    names = batch.names[pipeline.relation.first :]
    volume = pipeline.volume
    measured = Measured(
        g, p, log_p, names, batch.spacing, volume.ignored, exclusive=volume.members is None
    )
    outcomes = [(each, measured.outcome(each)) for each in CONVENTIONS]
    return Comparison(case, outcomes)


def loss_text(convention: Convention) -> str:
    """Return a convention's loss and parameters as ``--loss`` takes them.

    Examples
    --------
    >>> loss_text(CONVENTIONS[0])
    'dice:form=-D'
    """
    described = {p.name: p for p in convention.description.parameters}
    texts = []
    for name, value in convention.parameters.items():
        parameter = described[name]
        if isinstance(parameter, NumberArray):
            text = parameter.text(value)
        elif isinstance(value, bool):
            text = str(value).lower()
        else:
            text = value if isinstance(value, str) else f"{value:g}"
        texts.append(f"{name}={text}")
    return f"{convention.loss}{':' if texts else ''}{','.join(texts)}"


def as_table(comparison: Comparison) -> str:
    """Return the comparison as aligned text, grouped by library, a line per convention."""
    samples, first = len(comparison.truth), comparison.truth[0]
    size = " × ".join(map(str, first.shape))
    count = len(first.classes) if first.overlap is None else len(first.classes) - 1
    kind = "" if first.overlap is None else " that may overlap"
    lines = [f"{samples} sample{'s' * (samples > 1)} of {size} voxels, {count} classes{kind}"]
    rows = [
        (each.name, _number(found), _recipe(each), _remark(each, found))
        for each, found in comparison.outcomes
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    together = zip(comparison.outcomes, rows, strict=True)
    for library, group in groupby(together, key=lambda each: each[0][0].library):
        lines += ["", " ".join(filter(None, [library.name, library.version]))]
        for _, (name, value, loss, remark) in group:
            cells = (name.ljust(widths[0]), value.rjust(widths[1]), loss.ljust(widths[2]))
            lines.append(f"  {'  '.join((*cells, remark))}".rstrip())
    lines += ["", truth_line(comparison.truth), *notes_of(comparison.case)]
    return "\n".join(lines)


def _number(found: ConventionValue) -> str:
    return "–" if found.value is None else column_value(found.value)


def _recipe(convention: Convention) -> str:
    if convention.factor == 1:
        return loss_text(convention)
    factor = "C" if convention.factor == "classes" else f"{convention.factor:g}"
    return f"{factor} × {loss_text(convention)}"


def _remark(convention: Convention, found: ConventionValue) -> str:
    return "; ".join(filter(None, [found.reason, convention.note]))


def as_json(comparison: Comparison) -> str:
    """Return the comparison as JSON; a value that is not finite is null, with a reason."""
    content = {
        "truth": truth_content(comparison.case, with_voxels=False),
        "conventions": [
            {
                "library": each.library.name,
                "version": each.library.version,
                "source": each.library.source,
                "name": each.name,
                "loss": each.loss,
                "parameters": each.values,
                "factor": each.factor,
                "value": found.value
                if found.value is not None and math.isfinite(found.value)
                else None,
                "reason": found.reason,
                "note": each.note,
            }
            for each, found in comparison.outcomes
        ],
        "notes": list(notes_of(comparison.case)),
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
