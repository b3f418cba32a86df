"""Opens scenarios, and says what there is to see."""

from __future__ import annotations

from lossexplorer.app.context import Context
from lossexplorer.app.panels._plot_tabs import PlotTabs
from lossexplorer.documents import ScenarioDocument, SessionDocument


def open_scenario(context: Context, document: ScenarioDocument) -> None:
    """Open a scenario as any session, without a file's name."""
    context.sessions.open_document(document)


def introduce(context: Context, document: SessionDocument) -> None:
    """Say what there is to see of a scenario that was opened, from its start, and show its plot."""
    if not isinstance(document, ScenarioDocument):
        return
    is_learning = document.view.workspace == "learn"
    tabs = context.panels.widget("run_plots" if is_learning else "plots")
    assert isinstance(tabs, PlotTabs)
    tabs.look_at(document.shows.plot)
    if is_learning:
        context.trainer.rewind()  # a run with the same setup went on
        context.trainer.come_to(document.shows.steps)
    title, text = message(document)
    context.messages.inform(text, title=title)


def message(document: ScenarioDocument) -> tuple[str, str]:
    """Return what is said of a scenario: its title, and what to look at, claim and source.

    Examples
    --------
    >>> from lossexplorer.documents.scenario_list import scenario_named
    >>> title, text = message(scenario_named("L1").document)
    >>> title, text[:36]
    ('L1 · Who reaches whom', 'A network with a trunk x1, branches ')
    """
    name = f"{document.name} · " if document.measured else ""
    source = f" ({document.source})" if document.source else ""
    words = (document.text, f"{document.claim}{source}")
    return f"{name}{document.title}", " ".join(word for word in words if word)
