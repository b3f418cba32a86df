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
    parts = _parts(before.experiment, after.experiment)
    if after.view != before.view and not parts:
        parts = ["the view"]
    return f"{in_series(parts)} changed" if parts else ""


def _parts(before: Experiment, after: Experiment) -> list[str]:
    parts = []
    if after.case is not before.case:
        parts.append("what is open" if before.case is None else "how the volume is seen")
    former = before.controls
    controls = [name for name, value in after.controls.items() if former.get(name) != value]
    if controls:
        parts.append(_counted(len(controls), "control"))
    settings = {setting.name: setting for setting in before.losses}
    now = {setting.name: setting for setting in after.losses}
    if losses := [n for n in settings | now if settings.get(n) != now.get(n)]:
        parts.append(_counted(len(losses), "loss"))
    if after.descent != before.descent:
        parts.append("the descent")
    if after.setup != before.setup:
        parts.append("the training")
    return parts


def _counted(count: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"
