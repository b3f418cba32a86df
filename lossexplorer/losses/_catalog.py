"""The catalogue of losses, found in the modules of this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

import lossexplorer.losses as package
from lossexplorer.core.parameters import closest
from lossexplorer.losses._description import Loss


def _found() -> dict[str, Loss]:
    names = [m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")]
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    losses = sorted((module.LOSS for module in modules), key=lambda loss: (loss.order, loss.name))
    return {loss.name: loss for loss in losses}


LOSSES: Mapping[str, Loss] = MappingProxyType(_found())
"""Every loss by name, in the order in which they are shown."""


def loss_named(name: str) -> Loss:
    """Return the loss called `name`.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such loss; the message lists the losses.

    Examples
    --------
    >>> loss_named("iou").title
    'IoU'
    """
    if name not in LOSSES:
        raise closest(name, LOSSES, "loss")
    return LOSSES[name]
