"""``lossexplorer conventions``: one prediction, in the numbers of every library."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from lossexplorer.conventions import CONVENTIONS, Convention, ConventionValue, Measured
from lossexplorer.core.parameters import NumberArray
from lossexplorer.engine.limits import check_size
from lossexplorer.predictions import check_room, parse_controls, refuse_controls
from lossexplorer.volumes import Batch, ClassSelection, open_case


@dataclass(frozen=True)
class Comparison:
    """Every convention's value for one prediction.

    Attributes
    ----------
    truth : Batch
        The samples.
    outcomes : tuple of (Convention, ConventionValue)
        In the order of `CONVENTIONS`.
    notes : tuple of str
        Sentences about what was read.
    """

    truth: Batch
    outcomes: Sequence[tuple[Convention, ConventionValue]]
    notes: Sequence[str] = ()


def compare(
    truth: str, prediction: str | None, controls: Sequence[str], *, classes: ClassSelection = "each"
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
    classes : ClassSelection
        How ids become classes.

    Raises
    ------
    lossexplorer.volumes.VolumeError, lossexplorer.core.parameters.ParameterError
        If a file or a control is not what it should be.
    lossexplorer.engine.limits.TooLargeError
        If the batch would not fit.
    lossexplorer.engine.backends.environment.BackendError
        If the backend or the device that is asked for cannot be had.
    """
    refuse_controls(controls, prediction)
    case = open_case([truth], prediction=prediction, classes=classes)
    batch = case.batch
    values = parse_controls(controls, batch.spacing, [c.id for c in batch[0].classes])
    check_room(values, batch[0].shape)
    check_size(batch.voxel_count, len(batch.names))

    # The backend takes seconds to import: mistakes above are reported before.
    from lossexplorer.engine.backends.active import backend
    from lossexplorer.engine.pipeline import Pipeline, Volume

    backend.prepare()
    labels = np.stack([sample.labels for sample in batch])
    pipeline = Pipeline(Volume(labels, batch.names, batch.spacing), case.predictions)
    g, p, log_p = (backend.to_numpy(field) for field in pipeline.fields(values))
    measured = Measured(g, p, log_p, batch.names, batch.spacing)
    outcomes = [(each, measured.outcome(each)) for each in CONVENTIONS]
    return Comparison(batch, outcomes, case.notes)


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
    samples, classes = len(comparison.truth), comparison.truth[0].classes
    size = " × ".join(map(str, comparison.truth[0].shape))
    lines = [f"{samples} sample{'s' * (samples > 1)} of {size} voxels, {len(classes)} classes"]
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
    lines += ["", *comparison.notes] if comparison.notes else []
    return "\n".join(lines)


def _number(found: ConventionValue) -> str:
    return "–" if found.value is None else f"{found.value:.6f}"


def _recipe(convention: Convention) -> str:
    if convention.factor == 1:
        return loss_text(convention)
    factor = "C" if convention.factor == "classes" else f"{convention.factor:g}"
    return f"{factor} × {loss_text(convention)}"


def _remark(convention: Convention, found: ConventionValue) -> str:
    return "; ".join(filter(None, [found.reason, convention.note]))


def as_json(comparison: Comparison) -> str:
    """Return the comparison as JSON; a value that is not finite is null, with a reason."""
    first = comparison.truth[0]
    content = {
        "truth": {
            "path": first.path,
            "samples": len(comparison.truth),
            "shape": list(first.shape),
            "spacing_mm": list(first.spacing),
            "classes": [{"id": c.id, "name": c.name} for c in first.classes],
        },
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
        "notes": list(comparison.notes),
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
