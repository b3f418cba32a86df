"""``lossexplorer check``: the numbers that scenarios must show, computed without a window."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossexplorer.documents import (
    DocumentError,
    Expected,
    MissingFilesError,
    ScenarioDocument,
    case_of,
    differences,
    experiment_of,
)
from lossexplorer.documents.numbers import number, parts
from lossexplorer.documents.scenario_list import read_scenario, scenario_named
from lossexplorer.engine.messages import Answer, LossSetting, Request
from lossexplorer.engine.questions import Norms, Numbers
from lossexplorer.headless.evaluation import prepared
from lossexplorer.learning.scenarios import scenario_named as learning_scenario_named
from lossexplorer.predictions import complete_controls

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline
    from lossexplorer.session.state import Experiment


@dataclass(frozen=True)
class CheckedNumber:
    """A number that a scenario must show, and what it is.

    Attributes
    ----------
    expected : Expected
        What it must be.
    found : float
        What it is.
    """

    expected: Expected
    found: float

    @property
    def is_right(self) -> bool:
        """Whether the two agree within the tolerance."""
        return self.expected.holds(self.found)


@dataclass(frozen=True)
class CheckedScenario:
    """A scenario whose numbers were computed.

    Attributes
    ----------
    document : ScenarioDocument
        The scenario.
    numbers : tuple of CheckedNumber
        In the order of the document.
    """

    document: ScenarioDocument
    numbers: tuple[CheckedNumber, ...]

    @property
    def is_right(self) -> bool:
        """Whether all numbers are the expected ones."""
        return all(number.is_right for number in self.numbers)


def named_or_read(what: str) -> tuple[ScenarioDocument, Path | None]:
    """Return a scenario by its name or from a file, and the folder of the file.

    Raises
    ------
    DocumentError
        If a file cannot be read or holds no scenario.
    lossexplorer.core.parameters.ParameterError
        If there is no scenario of that name.
    """
    path = Path(what)
    if path.suffix or path.exists():
        return read_scenario(path), path.absolute().parent
    listed = scenario_named(what)
    return listed.document, listed.path and listed.path.parent


def check(document: ScenarioDocument, folder: Path | None = None) -> CheckedScenario:
    """Compute the numbers that a scenario must show.

    Parameters
    ----------
    document : ScenarioDocument
        The scenario.
    folder : Path, optional
        The folder of its file: volumes are looked for there first.

    Raises
    ------
    DocumentError
        If its volumes are not there or are others, or a value does not fit them.
    lossexplorer.volumes.VolumeError
        If its volumes cannot be read.
    lossexplorer.core.parameters.ParameterError
        If it expects a number that there is not.
    lossexplorer.engine.backends.environment.BackendError
        If the backend or the device that is asked for cannot be had.
    """
    found = _measured(document) if document.measured else _evaluated(document, folder)
    numbers = [CheckedNumber(each, found[place]) for place, each in enumerate(document.expected)]
    return CheckedScenario(document, tuple(numbers))


def _measured(document: ScenarioDocument) -> Sequence[float]:
    measured = learning_scenario_named(document.measured).measure()
    unknown = [each.what for each in document.expected if each.what not in measured]
    if unknown:
        raise DocumentError(
            f"{document.name}: {document.measured} does not measure {', '.join(unknown)}."
        )
    return [measured[each.what] for each in document.expected]


def _evaluated(document: ScenarioDocument, folder: Path | None) -> Mapping[int, float]:
    try:
        case = case_of(document, folder)
    except MissingFilesError as error:
        raise DocumentError(f"{document.name}: {error}") from error
    if case is None:
        raise DocumentError(f"{document.name} has no volume, so it shows no numbers.")
    if changed := differences(document, case):
        said = " ".join(each.text for each in changed)
        raise DocumentError(f"{document.name}: {said} Its numbers are of other data.")
    experiment = experiment_of(document, case)
    pipeline, _ = prepared(case)
    found: dict[int, float] = {}
    for places in _by_setting(document):
        wanted = [document.expected[place] for place in places]
        answer = _answer(pipeline, experiment, wanted)
        results = {result.name: result for result in answer.losses}
        for place, each in zip(places, wanted, strict=True):
            found[place] = number(each.what, results, answer.total)
    return found


def _by_setting(document: ScenarioDocument) -> Iterator[list[int]]:
    """Yield the places of expected numbers that are stated at the same setting."""

    def setting(place: int) -> str:
        each = document.expected[place]
        return json.dumps([each.controls, each.parameters], sort_keys=True)

    places = sorted(range(len(document.expected)), key=setting)
    for _, together in groupby(places, setting):
        yield list(together)


def _answer(pipeline: Pipeline, experiment: Experiment, wanted: Sequence[Expected]) -> Answer:
    """Return the answer with some numbers of one setting."""
    assert experiment.case is not None
    stated = wanted[0]
    controls: Mapping[str, Any] = complete_controls(
        {**experiment.controls, **stated.controls}, experiment.size
    )
    losses = tuple(_changed(each, stated) for each in experiment.losses)
    needs_norms = any(named.is_norm for each in wanted for named in parts(each.what))
    kind = Norms if needs_norms else Numbers
    return pipeline.answer(Request(kind(experiment.case.key, controls, losses)))


def _changed(setting: LossSetting, stated: Expected) -> LossSetting:
    parameters = stated.parameters.get(setting.name, {})
    values = setting.described.complete({**setting.parameters, **parameters})
    return LossSetting(setting.loss, values, setting.weight, setting.name, setting.title)


def as_text(checked: CheckedScenario) -> str:
    """Return a scenario's numbers, a line for each: whether it is right, and what was expected."""
    document = checked.document
    lines = [_line(each) for each in checked.numbers] or ["  It states no numbers."]
    verdict = "ok" if checked.is_right else "DIFFERS"
    return "\n".join([f"{document.name}: {document.title} — {verdict}", *lines])


def _line(checked: CheckedNumber) -> str:
    expected = checked.expected
    verdict = "ok     " if checked.is_right else "differs"
    numbers = f"found {_shown(checked.found)}, expected {_shown(expected.value)}"
    return (
        f"  {verdict}  {title_of(expected)}: {numbers} ± {expected.tolerance:g}"
        f"  ({expected.source})"
    )


def title_of(expected: Expected) -> str:
    """Return what an expected number is, with the setting at which it is stated.

    Examples
    --------
    >>> title_of(Expected(what="dice", value=0.5, source="", controls={"grow": 2.0}))
    'dice at grow = 2'
    """
    title = f"{expected.what}, {expected.meaning}" if expected.meaning else expected.what
    return f"{title} at {expected.setting}" if expected.setting else title


def _shown(value: float) -> str:
    return f"{value:.8g}"


def as_json(checked: Sequence[CheckedScenario]) -> str:
    """Return checked scenarios as JSON; a number that is not finite is a string."""
    content = {
        "scenarios": [
            {
                "name": each.document.name,
                "ok": each.is_right,
                "numbers": [_number(found) for found in each.numbers],
            }
            for each in checked
        ]
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def _number(checked: CheckedNumber) -> dict[str, Any]:
    expected = expected_content(checked.expected)
    return {
        **expected,
        "expected": expected.pop("value"),
        "found": _finite(checked.found),
        "ok": checked.is_right,
    }


def expected_content(expected: Expected) -> dict[str, Any]:
    """Return an expected number for JSON; one that is not finite is a string."""
    content = expected.model_dump(mode="json", exclude_defaults=True)
    return {
        "what": expected.what,
        "value": _finite(expected.value),
        "tolerance": expected.tolerance,
        "source": expected.source,
        **{key: content[key] for key in ("meaning", "controls", "parameters") if key in content},
    }


def _finite(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
