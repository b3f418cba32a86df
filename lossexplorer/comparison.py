"""``lossexplorer conventions``: one prediction, in the numbers of every library."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.conventions import CONVENTIONS, Convention, Measured, Outcome
from lossexplorer.engine.limits import check_size
from lossexplorer.parameters import Numbers
from lossexplorer.predictions import (
    class_scores,
    parse_controls,
    prediction,
    refuse_controls,
    shifted_scores,
)
from lossexplorer.volumes import Batch, LabelVolume, open_batch, read_batch_prediction

Field = NDArray[np.float32]


@dataclass(frozen=True)
class Comparison:
    """Every convention's value for one prediction.

    Attributes
    ----------
    truth : Batch
        The samples.
    outcomes : tuple of (Convention, Outcome)
        In the order of `CONVENTIONS`.
    """

    truth: Batch
    outcomes: Sequence[tuple[Convention, Outcome]]


def compare(truth: str, given: str | None, settings: Sequence[str]) -> Comparison:
    """Compute every convention for a prediction that is read from a file or simulated.

    Parameters
    ----------
    truth : str
        A file, or ``sample:NAME``; a (sample, z, y, x) array is a batch.
    given : str or None
        A file with the prediction; simulated from the truth if not given.
    settings : sequence of str
        ``CONTROL=VALUE`` of the simulated prediction.

    Raises
    ------
    lossexplorer.volumes.VolumeError, lossexplorer.parameters.ParameterError
        If a file or a setting is not what it should be.
    lossexplorer.engine.limits.TooLargeError
        If the batch would not fit.
    """
    refuse_controls(settings, given)
    volumes, predicted = open_batch(truth), None
    if given is not None:
        volumes, predicted = read_batch_prediction(given, volumes)
    spacing = volumes[0].spacing
    controls = parse_controls(settings, spacing)
    names = tuple(c.name for c in volumes[0].classes)
    check_size(sum(volume.voxel_count for volume in volumes), len(names))

    # TensorFlow takes seconds to import: mistakes above are reported before.
    from lossexplorer.engine.backends import tensorflow

    tensorflow.prepare()
    if predicted is None:
        fields = [_simulated(volume, controls) for volume in volumes]
    else:
        fields = [_given(array, len(names)) for array in predicted]
    p, log_p = (np.stack(parts) for parts in zip(*fields, strict=True))
    labels = np.stack([volume.labels for volume in volumes])
    measured = Measured(labels, p, log_p, names, spacing)
    return Comparison(volumes, [(each, measured.outcome(each)) for each in CONVENTIONS])


def _given(array: NDArray[Any], classes: int) -> tuple[Field, Field]:
    """Return probabilities that were read, or those of labels, and their logarithms."""
    if array.ndim == 3:
        array = np.stack([array == index for index in range(classes)]).astype(np.float32)
    with np.errstate(divide="ignore"):
        return array, np.log(array)


def _simulated(volume: LabelVolume, controls: Mapping[str, float]) -> tuple[Field, Field]:
    from keras import ops

    shift = (controls["shift_z"], controls["shift_y"], controls["shift_x"])
    scores = ops.convert_to_tensor(class_scores(volume.labels, len(volume.classes), volume.spacing))
    p, log_p = prediction(
        shifted_scores(scores, shift, volume.spacing),
        grow=np.float32(controls["grow"]),
        softness=np.float32(controls["softness"]),
        confidence=np.float64(controls["confidence"]),
        hard=controls["softness"] == 0,
        smallest_edge=min(volume.spacing),
    )
    return ops.convert_to_numpy(p), ops.convert_to_numpy(log_p)


def setting_text(convention: Convention) -> str:
    """Return a convention's loss and parameters as ``--loss`` takes them.

    Examples
    --------
    >>> setting_text(CONVENTIONS[0])
    'dice:form=-D'
    """
    described = {p.name: p for p in convention.description.parameters}
    parts = []
    for name, value in convention.parameters.items():
        parameter = described[name]
        if isinstance(parameter, Numbers):
            text = parameter.text(value)
        elif isinstance(value, bool):
            text = str(value).lower()
        else:
            text = value if isinstance(value, str) else f"{value:g}"
        parts.append(f"{name}={text}")
    return f"{convention.loss}{':' if parts else ''}{','.join(parts)}"


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
    for library, group in groupby(together, key=lambda pair: pair[0][0].library):
        lines += ["", " ".join(filter(None, [library.name, library.version]))]
        for _, (name, value, recipe, remark) in group:
            cells = (name.ljust(widths[0]), value.rjust(widths[1]), recipe.ljust(widths[2]))
            lines.append(f"  {'  '.join((*cells, remark))}".rstrip())
    return "\n".join(lines)


def _number(found: Outcome) -> str:
    return "–" if found.value is None else f"{found.value:.6f}"


def _recipe(convention: Convention) -> str:
    if convention.factor == 1:
        return setting_text(convention)
    factor = "C" if convention.factor == "classes" else f"{convention.factor:g}"
    return f"{factor} × {setting_text(convention)}"


def _remark(convention: Convention, found: Outcome) -> str:
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
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
