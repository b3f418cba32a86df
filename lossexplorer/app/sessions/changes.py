"""What has been changed between two states, in words."""

from __future__ import annotations

from lossexplorer.session.state import Experiment, State
from lossexplorer.session.words import in_series


def changes_in_words(before: State, after: State) -> str:
    """Return what differs between two states, as a few words; nothing if nothing does.

    Parameters
    ----------
    before, after : State
        What was set, and what is.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from lossexplorer.engine.messages import Reference
    >>> start = State()
    >>> changed = start.experiment.with_value(Reference("grow"), 2.0)
    >>> changed = changed.with_value(Reference("shift_x"), 3.0)
    >>> changes_in_words(start, replace(start, experiment=changed))
    '2 controls changed'
    >>> changed = changed.with_value(Reference("alpha", "tversky"), 0.7)
    >>> changes_in_words(start, replace(start, experiment=changed))
    '2 controls and 1 loss changed'
    >>> changes_in_words(start, start)
    ''
    """
    words = _words(before.experiment, after.experiment)
    if after.view != before.view and not words:
        words = ["the view"]
    return f"{in_series(words)} changed" if words else ""


def _words(before: Experiment, after: Experiment) -> list[str]:
    words = []
    if after.case is not before.case:
        words.append("what is open" if before.case is None else "how the volume is seen")
    former = before.controls
    controls = [name for name, value in after.controls.items() if former.get(name) != value]
    if controls:
        words.append(_counted(len(controls), "control"))
    shown, now = ({each.name: each for each in e.losses} for e in (before, after))
    if losses := [name for name in shown | now if shown.get(name) != now.get(name)]:
        words.append(_counted(len(losses), "loss"))
    if after.descent != before.descent:
        words.append("the descent")
    if after.setup != before.setup:
        words.append("the training")
    return words


def _counted(count: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"
