"""The catalogue of targets, found in the modules of this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

import lossexplorer.learning.targets as package
from lossexplorer.core.parameters import closest
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.setup import Setup
from lossexplorer.learning.targets._target import Target
from lossexplorer.volumes.model.labels import LabelVolume


def _found() -> dict[str, Target]:
    names = [m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")]
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    targets = sorted((t for module in modules for t in module.TARGETS), key=lambda t: t.order)
    return {target.name: target for target in targets}


TARGETS: Mapping[str, Target] = MappingProxyType(_found())
"""Every target by name, in the order in which they are shown."""


def target_named(name: str) -> Target:
    """Return the target called `name`.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such target; the message lists the targets.

    Examples
    --------
    >>> target_named("image").title
    'Image'
    """
    if name not in TARGETS:
        raise closest(name, TARGETS, "target")
    return TARGETS[name]


def heads(setup: Setup, volume: LabelVolume) -> dict[str, Head]:
    """Return the output layer that each output needs, by the output's name.

    Parameters
    ----------
    setup : Setup
        Its outputs have the targets.
    volume : LabelVolume
        Its classes are the channels of a segmentation.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such target.
    """
    return {output.name: target_named(output.target).head(volume) for output in setup.outputs}
