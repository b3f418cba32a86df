"""The catalogue of methods, found in the modules of this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

import lossexplorer.learning.methods as package
from lossexplorer.core.parameters import closest
from lossexplorer.learning.methods._method import (
    Combination,
    Matrix,
    Memory,
    Method,
    Values,
    Vector,
    result,
)
from lossexplorer.learning.reports import MethodResult


def _found() -> dict[str, Method]:
    names = [m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")]
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    methods = sorted((module.METHOD for module in modules), key=lambda method: method.order)
    return {method.name: method for method in methods}


METHODS: Mapping[str, Method] = MappingProxyType(_found())
"""Every method by name, in the order in which they are shown."""


def method_named(name: str) -> Method:
    """Return the method called `name`.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such method; the message lists the methods.

    Examples
    --------
    >>> method_named("mgda").title
    'MGDA'
    """
    if name not in METHODS:
        raise closest(name, METHODS, "method")
    return METHODS[name]


def what_each_would_do(
    gram: Sequence[Sequence[float]] | Matrix,
    losses: Sequence[float] | Vector,
    lambdas: Sequence[float] | Vector,
    memories: Mapping[str, Memory] | None = None,
    step: int = 1,
    seed: int = 0,
    values: Mapping[str, Values] | None = None,
) -> tuple[MethodResult, ...]:
    """Return what each method would do in one step, in the order in which they are shown.

    A method that learns weights has those of its memory. If it has none, because the training goes
    by another method, it has the weights at which it would come to rest.

    Parameters
    ----------
    gram : array, shape (loss, loss)
        Dot products of the gradients gₖ of the losses without λ, over the trunk.
    losses, lambdas : sequence of float, shape (loss,)
        Losses without λ, and λ.
    memories, values : mapping of str to mapping, optional
        What methods remember, and values of their parameters, by the method's name.
    step, seed : int
        The number of the step, from 1, and the seed.

    Examples
    --------
    >>> done = what_each_would_do([[18.0, -22.0], [-22.0, 38.0]], (1.0, 1.0), (1.0, 1.0))
    >>> done[0].name, done[0].projections, done[0].rising
    ('weighted_sum', (-4.0, 16.0), (True, False))
    """
    table = np.asarray(gram, np.float64)
    remembered, chosen = memories or {}, values or {}

    def made(method: Method) -> Combination:
        name, own = method.name, chosen.get(method.name)
        if remembered.get(name):
            known = remembered[name]
            return method.combine(table, losses, lambdas, known, step, seed, own)
        return method.settle(table, losses, lambdas, step, seed, own)

    return tuple(result(name, table, made(method)) for name, method in METHODS.items())
