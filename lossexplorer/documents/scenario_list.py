"""Every scenario there is: those that ship with the program, those of learning, the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import platformdirs

from lossexplorer.core.parameters import ParameterError, closest
from lossexplorer.core.resources import resource
from lossexplorer.documents.document import SCENARIO_SUFFIX, SESSION_SUFFIX
from lossexplorer.documents.learning_scenarios import learning_document
from lossexplorer.documents.numbers import check_number
from lossexplorer.documents.reading import DocumentError, read_document
from lossexplorer.documents.scenario import ScenarioDocument
from lossexplorer.learning.scenarios import scenarios as learning_scenarios

Origin = Literal["shipped", "learning", "own"]


@dataclass(frozen=True)
class ListedScenario:
    """A scenario, and where it is from.

    Attributes
    ----------
    document : ScenarioDocument
        The scenario.
    origin : {"shipped", "learning", "own"}
        Whether it is a file of the program, measures a training, or is the user's.
    path : Path, optional
        Its file.
    """

    document: ScenarioDocument
    origin: Origin
    path: Path | None = None

    @property
    def name(self) -> str:
        """By which it is called."""
        return self.document.name


def own_folder() -> Path:
    """Return the folder with the user's own scenarios, which need not be there yet."""
    return platformdirs.user_data_path("lossexplorer") / "scenarios"


def read_scenario(path: Path) -> ScenarioDocument:
    """Read a scenario, whose name is that of its file.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    DocumentError
        If it cannot be read, is a session without claims, or expects numbers that there are not.

    Examples
    --------
    >>> read_scenario(resource("scenarios", "empty-class.lossx")).title
    'NaN, 0 or 1: the empty class'
    """
    document = read_document(path)
    if not isinstance(document, ScenarioDocument):
        raise DocumentError(
            f"{path} is a session and no scenario. Open it in the window and save it as a scenario."
        )
    try:
        _check(document)
    except ParameterError as error:
        raise DocumentError(f"{path.name}: {error}") from error
    return document.model_copy(update={"name": name_of(path)})


def name_of(path: Path) -> str:
    """Return the name of the scenario that a file holds.

    Examples
    --------
    >>> name_of(Path("talks/my-case.scenario.lossx")), name_of(Path("empty-class.lossx"))
    ('my-case', 'empty-class')
    """
    for suffix in (SCENARIO_SUFFIX, SESSION_SUFFIX):
        if path.name.endswith(suffix):
            return path.name.removesuffix(suffix)
    return path.stem


def _check(document: ScenarioDocument) -> None:
    """Refuse numbers that are none of the losses shown."""
    losses = [record.name for record in document.losses]
    if not document.measured:
        for what in [*(each.what for each in document.expected), *document.shows.numbers]:
            check_number(what, losses)


@cache
def built_in_scenarios() -> tuple[ListedScenario, ...]:
    """Return the scenarios that come with the program, in the order in which they are listed.

    Raises
    ------
    DocumentError
        If a file of the program is damaged.

    Examples
    --------
    >>> names = [scenario.name for scenario in built_in_scenarios()]
    >>> "background-haze" in names, names[-1]
    (True, 'L17')
    """
    files = sorted(resource("scenarios").glob(f"*{SESSION_SUFFIX}"))
    shipped = [ListedScenario(read_scenario(file), "shipped", file) for file in files]
    shipped.sort(key=lambda each: (GROUPS.index(each.document.group), each.name))
    learning = [
        ListedScenario(learning_document(scenario), "learning") for scenario in learning_scenarios()
    ]
    return (*shipped, *learning)


GROUPS = (
    "Empty and small classes",
    "Overlap",
    "Probabilities",
    "Gradients",
    "Classes and batches",
)
"""The groups of the shipped scenarios, in the order of the menu."""


def own_scenarios() -> tuple[tuple[ListedScenario, ...], tuple[str, ...]]:
    """Return the user's own scenarios by name, and in sentences what could not be read."""
    found, problems = [], []
    for file in _own_files():
        try:
            found.append(ListedScenario(read_scenario(file), "own", file))
        except DocumentError as error:
            problems.append(str(error))
    return tuple(found), tuple(problems)


def _own_files() -> Iterator[Path]:
    folder = own_folder()
    if folder.is_dir():
        yield from sorted(folder.glob(f"*{SESSION_SUFFIX}"))


def scenario_named(name: str) -> ListedScenario:
    """Return the scenario of a name: one of the program's, or one of the user's own.

    Raises
    ------
    DocumentError
        If the user's file of that name cannot be read.
    lossexplorer.core.parameters.ParameterError
        If there is none; the message proposes one.

    Examples
    --------
    >>> scenario_named("L1").document.title
    'Who reaches whom'
    """
    built_in = {each.name: each for each in built_in_scenarios()}
    if name in built_in:
        return built_in[name]
    files = {name_of(file): file for file in _own_files()}
    if name in files:
        return ListedScenario(read_scenario(files[name]), "own", files[name])
    raise closest(name, [*built_in, *files], "scenario")
