"""The catalogue of degradations, found in the modules of this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import lossexplorer.predictions as package
from lossexplorer.core.lengths import VolumeSize
from lossexplorer.core.parameters import Number, Parameter
from lossexplorer.predictions._degradation import GROUPS, ActsOn, Degradation, Values


def _found() -> list[Degradation]:
    names = [m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")]
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    return [module.DEGRADATION for module in modules]


IN_ORDER: tuple[Degradation, ...] = tuple(sorted(_found(), key=lambda each: each.order))
"""Every degradation, in the order in which they are applied."""

DEGRADATIONS: Mapping[str, Degradation] = MappingProxyType(
    {each.name: each for group in GROUPS for each in IN_ORDER if each.group == group}
)
"""Every degradation by name, in the order in which they are shown."""

CONTROLS: Mapping[str, Parameter] = MappingProxyType(
    {control.name: control for each in DEGRADATIONS.values() for control in each.controls}
)
"""Every control by name. With all controls at their defaults, the prediction is the truth."""


@lru_cache(maxsize=16)
def controls_of(size: VolumeSize) -> Mapping[str, Parameter]:
    """Return every control by name, with lengths as they are in a volume.

    See `lossexplorer.core.quantity.Number.at`.

    Examples
    --------
    >>> small = VolumeSize((0.002, 0.00025, 0.00025), (8, 20, 24))
    >>> controls_of(small)["softness"].span, controls_of(small)["blob_radius"].default
    ((0.0, 0.002), 0.0006)
    """
    return MappingProxyType(
        {
            name: control.at(size) if isinstance(control, Number) else control
            for name, control in CONTROLS.items()
        }
    )


def acting_on(acts_on: ActsOn) -> tuple[Degradation, ...]:
    """Return the degradations with this `acts_on`, in their order."""
    return tuple(each for each in IN_ORDER if each.acts_on == acts_on)


def active(acts_on: ActsOn, values: Values) -> list[Degradation]:
    """Return the degradations with this `acts_on` that change something, in their order."""
    return [each for each in acting_on(acts_on) if not each.idle(values)]


def values_of(degradations: Iterable[Degradation], values: Values) -> tuple[Any, ...]:
    """Return the values of the controls of some degradations, on which their result depends.

    With their names: a shift by 5 mm is not the same as 5 holes.
    """
    names = (control.name for each in degradations for control in each.controls)
    return tuple((name, values[name]) for name in names)
