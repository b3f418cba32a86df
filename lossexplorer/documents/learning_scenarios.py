"""The scenarios of `lossexplorer.learning.scenarios`, which open and are listed like any other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lossexplorer import __version__
from lossexplorer.documents.document import LossRecord, SourceRecord
from lossexplorer.documents.scenario import Expected, ScenarioDocument, Shows
from lossexplorer.engine.messages import Descent, Plane
from lossexplorer.learning.scenarios import Expectation, Scenario, Start
from lossexplorer.learning.setup import Setup
from lossexplorer.losses import LOSSES
from lossexplorer.session.shown_losses import default_losses
from lossexplorer.session.state import View
from lossexplorer.volumes.sample_volumes import SAMPLE_VOLUME_PREFIX

GROUP = "Learning"
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_PLANES = {"tumour": Plane(0, 16), "nodule": Plane(0, 33)}
"""The slices of sample volumes with most voxels of their class."""


def learning_document(scenario: Scenario) -> ScenarioDocument:
    """Return a learning scenario as a document.

    Examples
    --------
    >>> from lossexplorer.learning.scenarios import SCENARIOS
    >>> document = learning_document(SCENARIOS["L1"])
    >>> document.name, document.title, document.view.workspace, document.measured
    ('L1', 'Who reaches whom', 'learn', 'L1')
    """
    start = scenario.start
    is_learning = start.workspace == "learn"
    view: dict[str, Any] = {"output" if is_learning else "loss": start.shown}
    plane = _PLANES[start.sample] if start.slice is None else Plane(0, start.slice)
    return ScenarioDocument(
        version=2,
        program=__version__,
        saved_at=_NO_TIME,
        volumes=(SourceRecord(path=f"{SAMPLE_VOLUME_PREFIX}{start.sample}"),),
        controls=start.controls,
        losses=_losses(scenario),
        setup=start.setup or Setup(),
        descent=Descent(**start.descent),
        view=View(workspace=start.workspace, plane=plane, **view),
        name=scenario.id,
        title=scenario.title,
        group=GROUP,
        text=scenario.text,
        claim=scenario.claim,
        source=scenario.source,
        shows=Shows(maps=("prediction", "error"), plot=start.plot, steps=start.steps)
        if is_learning
        else _shows(start),
        expected=tuple(_expected(each, scenario.source) for each in scenario.expected),
        measured=scenario.id,
    )


def _shows(start: Start) -> Shows:
    """Return what is shown of a scenario of Explore: all are about lengths of gradients."""
    return Shows(
        maps=("prediction", "gradient"),
        plot="response",
        numbers=tuple(f"norm.{each.loss.name}" for each in start.losses),
        controls=tuple(start.controls),
    )


def _losses(scenario: Scenario) -> tuple[LossRecord, ...]:
    weighed = scenario.start.losses
    if not weighed:
        return tuple(
            LossRecord(loss=each.loss, name=each.name, parameters=each.parameters)
            for each in default_losses()
        )
    return tuple(
        LossRecord(
            loss=each.loss.name,
            name=each.loss.name,
            parameters=LOSSES[each.loss.name].complete(each.loss.parameters),
            weight=each.weight,
        )
        for each in weighed
    )


def _expected(expectation: Expectation, source: str) -> Expected:
    unit = f", {expectation.unit}" if expectation.unit else ""
    return Expected(
        what=expectation.name,
        value=expectation.value,
        tolerance=expectation.tolerance,
        source=source,
        meaning=expectation.meaning + unit,
    )
