"""A scenario: a session that says what to look at, and which numbers it must show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from lossexplorer.documents.document import SessionDocument, Stored


class Expected(Stored):
    """A number that a scenario must show.

    Attributes
    ----------
    what : str
        Which: see `lossexplorer.documents.numbers`; of a scenario that is `measured`, the name of
        what is measured.
    value : float
        The number; NaN is written ``"NaN"``.
    tolerance : float
        The largest absolute difference, at least 0.
    source : str
        Where the number is from: a formula, an article, a computation in float64.
    meaning : str
        What it is in words, where `what` does not say it.
    controls : mapping
        Controls that differ from the scenario's, so that numbers can be stated at several settings.
    parameters : mapping of str to mapping
        Parameters of losses shown, by the loss's name, that differ from the scenario's.

    Examples
    --------
    >>> half = Expected(what="dice", value=0.5, tolerance=1e-6, source="closed form: 1/2")
    >>> half.holds(0.5 + 1e-7), half.holds(0.51), half.holds(math.nan)
    (True, False, False)
    >>> Expected(what="dice", value="NaN", source="0/0").holds(math.nan)
    True
    """

    what: str
    value: float
    tolerance: Annotated[float, Field(ge=0.0)] = 0.0
    source: str
    meaning: str = ""
    controls: Mapping[str, Any] = Field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)

    @property
    def setting(self) -> str:
        """Where the number is stated; nothing where it is as the scenario opens.

        Examples
        --------
        >>> Expected(what="dice", value=0.5, source="", parameters={"dice": {"smooth": 1}}).setting
        'dice.smooth = 1'
        """
        changed = [f"{name} = {_text(value)}" for name, value in self.controls.items()]
        changed += [
            f"{loss}.{name} = {_text(value)}"
            for loss, parameters in self.parameters.items()
            for name, value in parameters.items()
        ]
        return ", ".join(changed)

    def holds(self, measured: float) -> bool:
        """Return whether a measured number is the expected one; NaN is only NaN."""
        if math.isfinite(self.value):
            return abs(measured - self.value) <= self.tolerance
        return measured == self.value or (math.isnan(measured) and math.isnan(self.value))


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


class Shows(Stored):
    """What presenter mode and the desk show of a scenario.

    Attributes
    ----------
    maps : tuple of str
        One or two of the canvas's maps, such as ``"gradient"``.
    plot : str
        The plot, by its id; empty for none.
    numbers : tuple of str
        The big numbers, as `Expected.what`.
    controls : tuple of str
        The sliders: names of controls, or ``LOSS.PARAMETER``.
    steps : int
        In Learn, the training steps that are taken when it is opened.
    """

    maps: tuple[str, ...] = ()
    plot: str = ""
    numbers: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    steps: Annotated[int, Field(ge=0)] = 0


class ScenarioDocument(SessionDocument):
    """A scenario.

    Attributes
    ----------
    name : str
        By which it is called on the command line: the file's name without its ending.
    title : str
        A few words.
    group : str
        The part of the menu that it is in; empty for the user's own.
    text : str
        At most two sentences: what to look at.
    claim : str
        What it shows, a sentence.
    source : str
        Who says so.
    notes : str
        For the speaker.
    shows : Shows
        What is on screen.
    expected : tuple of Expected
        The numbers that it must show.
    measured : str
        The id of the scenario of `lossexplorer.learning.scenarios` that measures these numbers;
        empty where they are those of the losses shown.
    """

    kind: Literal["lossexplorer scenario"] = "lossexplorer scenario"  # type: ignore[assignment]
    name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    title: Annotated[str, Field(min_length=1)]
    group: str = ""
    text: str
    claim: str
    source: str
    notes: str = ""
    shows: Shows = Shows()
    expected: tuple[Expected, ...] = ()
    measured: str = ""
