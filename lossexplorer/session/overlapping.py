"""What needs classes that exclude each other, and what becomes of it where classes overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lossexplorer.engine.messages import LossSetting
from lossexplorer.losses import OF_OVERLAPPING, Loss
from lossexplorer.predictions import CONTROLS, DEGRADATIONS, Degradation
from lossexplorer.session.words import in_series
from lossexplorer.volumes import Case

EXCLUDE_EACH_OTHER = "needs classes that exclude each other, and those of this volume overlap"

WHY_FIXED = (
    "The classes of this volume overlap: each is a binary problem of its own, and the background "
    "is no class."
)

NOT_DESCENDED = (
    "Needs classes that exclude each other, and these overlap: choose “all foreground as one” "
    "under Truth."
)


def parameters_in_use(setting: LossSetting, *, overlap: bool) -> Mapping[str, Any]:
    """Return the parameters that a loss is computed with, where classes overlap or do not."""
    if not overlap:
        return setting.parameters
    fixed = {name: value for name, value in OF_OVERLAPPING.items() if name in setting.parameters}
    return {**setting.parameters, **fixed}


def overlaps(case: Case | None) -> bool:
    """Return whether classes of what is open may overlap."""
    return case is not None and case.batch[0].overlap is not None


def why_no_loss(loss: Loss) -> str:
    """Return why a loss is not shown where classes overlap; empty if it is.

    Examples
    --------
    >>> from lossexplorer.losses import LOSSES
    >>> why_no_loss(LOSSES["dice"]), why_no_loss(LOSSES["topk_cross_entropy"])[:38]
    ('', 'Top-k cross-entropy needs classes that')
    """
    return f"{loss.title} {EXCLUDE_EACH_OTHER}." if loss.exclusive else ""


def why_no_degradation(degradation: Degradation) -> str:
    """Return why a degradation cannot act where classes overlap; empty if it can."""
    return f"“{degradation.title}” {EXCLUDE_EACH_OTHER}." if degradation.exclusive else ""


def degradation_of(control: str) -> Degradation:
    """Return the degradation that a control belongs to."""
    return next(
        each for each in DEGRADATIONS.values() if control in [c.name for c in each.controls]
    )


def fitting_losses(
    shown: Iterable[LossSetting], otherwise: Iterable[LossSetting]
) -> tuple[LossSetting, ...]:
    """Return the losses that are defined where classes overlap, or of others if none is."""
    for losses in (shown, otherwise):
        found = tuple(each for each in losses if not each.described.exclusive)
        if found:
            return found
    return ()


def fitting_controls(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the controls, with the defaults of degradations that cannot act."""
    apart = [c.name for each in DEGRADATIONS.values() if each.exclusive for c in each.controls]
    return {**values, **{name: CONTROLS[name].default for name in apart}}


def gave_way(losses: Iterable[LossSetting], controls: Mapping[str, Any], case: Case | None) -> str:
    """Return what of losses and controls is set no longer in a case; empty if all is.

    Parameters
    ----------
    losses, controls
        Those that were set before it was opened or seen otherwise.
    case : Case or None
        What is open now.
    """
    if not overlaps(case):
        return ""
    gone = [each.heading for each in losses if each.described.exclusive]
    apart = [each for each in DEGRADATIONS.values() if each.exclusive]
    gone += [f"“{each.title}”" for each in apart if not each.idle(controls)]
    if not gone:
        return ""
    needs = "needs" if len(gone) == 1 else "need"
    return (
        f"The classes of this volume overlap. {in_series(gone)} {needs} classes that exclude each "
        f"other, and {'is' if len(gone) == 1 else 'are'} left out."
    )
