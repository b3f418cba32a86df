"""A scenario: a session that says what to look at, and which numbers it must show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from lossexplorer.documents.document import SessionDocument, Stored


class Expected(Stored):
    """A number that a scenario must show.

    Attributes
    ----------
    what : str
        Which: the name of a loss shown or ``total``; behind a point a class such as ``class.1``;
        before one ``norm``, such as ``norm.dice``.
    value : float
        The number; NaN is written ``"NaN"``.
    tolerance : float
        The largest absolute difference, at least 0.
    source : str
        Where the number is from: a formula, an article, a computation in float64.
    controls : mapping
        Controls that differ from the scenario's, so that numbers can be stated at several settings.
    parameters : mapping of str to mapping
        Parameters of losses shown, by the loss's name, that differ from the scenario's.
    """

    what: str
    value: float
    tolerance: Annotated[float, Field(ge=0.0)] = 0.0
    source: str
    controls: Mapping[str, Any] = Field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)


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
    """

    maps: tuple[str, ...] = ()
    plot: str = ""
    numbers: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()


class ScenarioDocument(SessionDocument):
    """A scenario.

    Attributes
    ----------
    name : str
        By which it is called on the command line: the file's name without its ending.
    title : str
        A few words.
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
    """

    kind: Literal["lossexplorer scenario"] = "lossexplorer scenario"  # type: ignore[assignment]
    name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    title: Annotated[str, Field(min_length=1)]
    text: str
    claim: str
    source: str
    notes: str = ""
    shows: Shows = Shows()
    expected: tuple[Expected, ...] = ()
