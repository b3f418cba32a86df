"""Which losses are shown: those at the start, one more, their order and their titles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import (
    LONGEST_TITLE,
    LossSetting,
    free_name,
    number_of,
    title_of,
)
from lossexplorer.losses import LOSSES, Loss

_PLACES = {name: place for place, name in enumerate(LOSSES)}


def default_losses() -> tuple[LossSetting, ...]:
    """Return the losses that the window starts with, each as it is when added."""
    return tuple(default_setting(loss) for loss in LOSSES.values() if loss.shown)


def default_setting(loss: Loss) -> LossSetting:
    """Return a loss with its default parameters and λ = 1."""
    return LossSetting(loss.name, loss.complete({}))


def one_more(loss: Loss, shown: Sequence[LossSetting]) -> LossSetting:
    """Return a loss as it is when it is added, with λ = 1.

    It has its default parameters, or those of the last one where the same loss is shown already,
    so that the two differ in what is set next.

    Parameters
    ----------
    loss : Loss
        The loss.
    shown : sequence of LossSetting
        Those that are shown, in the order of `in_order`.

    Examples
    --------
    >>> one_more(LOSSES["dice"], [LossSetting("dice", {"smooth_nr": 1.0})])
    LossSetting(loss='dice', parameters={'smooth_nr': 1.0}, weight=1.0, name='dice_2', title='')
    """
    added = default_setting(loss)
    alike = [setting for setting in shown if setting.loss == loss.name]
    if alike:
        added = replace(added, parameters=alike[-1].parameters)
    taken = {setting.name for setting in shown}
    # Nor a name whose title the user has given to another loss.
    while added.name in taken or title_of(added.name) in {each.heading for each in shown}:
        taken.add(added.name)
        added = replace(added, name=free_name(loss.name, taken))
    return added


def renamed(setting: LossSetting, title: str, shown: Iterable[LossSetting]) -> LossSetting:
    """Return a loss that the user calls otherwise.

    Parameters
    ----------
    setting : LossSetting
        The loss.
    title : str
        What it is to be called; empty for the title that the program makes.
    shown : iterable of LossSetting
        Those that are shown.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If another one is called so, or the title is longer than `LONGEST_TITLE` characters.

    Examples
    --------
    >>> renamed(LossSetting("dice", {}), " Overlap ", []).heading
    'Overlap'
    """
    title = " ".join(title.split())
    after = replace(setting, title="" if title == title_of(setting.name) else title)
    _check_title(after, shown)
    return after


def _check_title(setting: LossSetting, shown: Iterable[LossSetting]) -> None:
    title = setting.heading
    if len(title) > LONGEST_TITLE:
        raise ParameterError(
            f"A loss's title has at most {LONGEST_TITLE} characters, and {title!r} has "
            f"{len(title)}; choose a shorter one."
        )
    if any(each.name != setting.name and each.heading == title for each in shown):
        raise ParameterError(f"Another loss is called {title}; choose another title.")


def in_order(losses: Iterable[LossSetting]) -> tuple[LossSetting, ...]:
    """Return losses in the catalogue's order, those of the same loss by their numbers.

    Examples
    --------
    >>> shown = [LossSetting("iou", {}), LossSetting("dice", {}, name="dice_2")]
    >>> [setting.name for setting in in_order([*shown, LossSetting("dice", {})])]
    ['dice', 'dice_2', 'iou']
    """
    return tuple(sorted(losses, key=lambda each: (_PLACES[each.loss], number_of(each.name))))
