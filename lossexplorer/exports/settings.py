"""What a loss setting differs by from its defaults, as code and as typed text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lossexplorer.core.parameters import Spacing
from lossexplorer.engine.messages import LossSetting


def changed(setting: LossSetting) -> dict[str, Any]:
    """Return the parameters that are not at their defaults.

    Examples
    --------
    >>> from lossexplorer.losses import LOSSES
    >>> changed(LossSetting("tversky", LOSSES["tversky"].complete({"alpha": 0.5})))
    {'alpha': 0.5}
    """
    defaults = setting.described.complete({})
    return {name: value for name, value in setting.parameters.items() if value != defaults[name]}


def arguments(setting: LossSetting, spacing: Spacing) -> dict[str, Any]:
    """Return the arguments of the loss's Keras class, which itself knows no volume.

    Parameters
    ----------
    setting : LossSetting
        The loss with all its parameters.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x), for a loss whose parameter ``spacing`` is ``"volume"``.
    """
    chosen = changed(setting)
    if setting.parameters.get("spacing") == "volume":
        chosen["spacing"] = tuple(spacing)
    return chosen


def typed(value: Any) -> str:
    """Return a value as the command line takes it, with all its digits.

    Examples
    --------
    >>> typed(1 / 3), typed((0.0, 1.5)), typed(((0.0, 1.0), (1.0, 0.0))), typed(True), typed("sum")
    ('0.3333333333333333', '0:1.5', '0:1/1:0', 'true', 'sum')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        between = "/" if value and isinstance(value[0], Sequence) else ":"
        return between.join(map(typed, value))
    return repr(float(value)).removesuffix(".0")
