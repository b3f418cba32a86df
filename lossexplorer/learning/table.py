"""The table of what reaches which layer, made of dot products of gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.learning.reports import GradientTable, LayerRow

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LayerPlace:
    """Where a layer's variables are among those of the network.

    Attributes
    ----------
    name : str
        The layer.
    weights : int
        How many trainable weights it has.
    places : tuple of int
        The places of its variables.
    in_trunk : bool
        Whether it leads to at least two outputs.
    """

    name: str
    weights: int
    places: tuple[int, ...]
    in_trunk: bool


def gradient_table(
    outputs: Sequence[str],
    layers: Sequence[LayerPlace],
    lambdas: Sequence[float],
    products: Array,
    changes: Array,
) -> GradientTable:
    """Return norms and cosines of every layer, and the Gram matrix of the trunk.

    Parameters
    ----------
    outputs : sequence of str
        The outputs, in the order of `lambdas`.
    layers : sequence of LayerPlace
        The layers with weights.
    lambdas : sequence of float
        The factor of each loss in the total.
    products : array, shape (variable, loss, loss)
        The dot products of the gradients of each two losses in each variable, without λ.
    changes : array, shape (variable,)
        The sum of squares of each variable's change.

    Examples
    --------
    >>> products = np.array([[[9.0, 0.0], [0.0, 16.0]]])
    >>> layers = [LayerPlace("x1_conv1", 224, (0,), True)]
    >>> table = gradient_table(["y1", "y2"], layers, [1.0, 0.5], products, np.array([4.0]))
    >>> table.rows[0].norms, table.rows[0].cosines, table.rows[0].update
    ((3.0, 2.0), {('y1', 'y2'): 0.0}, 2.0)
    """

    def row(name: str, of: Sequence[LayerPlace]) -> LayerRow:
        gram = gram_of(of, products)
        return LayerRow(
            name=name,
            weights=sum(layer.weights for layer in of),
            norms=tuple(
                abs(factor) * math.sqrt(square)
                for factor, square in zip(lambdas, np.diag(gram).tolist(), strict=True)
            ),
            cosines={
                (outputs[i], outputs[k]): _cosine(gram, i, k)
                for i, k in combinations(range(len(outputs)), 2)
            },
            update=math.sqrt(changes[_places(of)].sum()),
        )

    # A user's layer may be called trunk, and a row beside it, as in a table, is then told apart.
    trunk = [layer for layer in layers if layer.in_trunk]
    return GradientTable(
        outputs=tuple(outputs),
        rows=tuple(row(layer.name, [layer]) for layer in layers),
        trunk=row("whole trunk", trunk),
        gram=tuple(map(tuple, gram_of(trunk, products).tolist())),
    )


def gram_of(layers: Sequence[LayerPlace], products: Array) -> Array:
    """Return the dot products of the gradients of each two losses over some layers.

    Parameters
    ----------
    layers : sequence of LayerPlace
        The layers.
    products : array, shape (variable, loss, loss)
        As in `gradient_table`.

    Returns
    -------
    array, shape (loss, loss)
        Zeros without layers.
    """
    with np.errstate(all="ignore"):  # what is not finite is shown as such
        gram: Array = products[_places(layers)].sum(axis=0)
    return gram


def _places(layers: Sequence[LayerPlace]) -> NDArray[np.intp]:
    return np.array([place for layer in layers for place in layer.places], dtype=np.intp)


def _cosine(gram: Array, i: int, k: int) -> float | None:
    if gram[i, i] == 0 or gram[k, k] == 0:
        return None
    return float(gram[i, k]) / (math.sqrt(gram[i, i]) * math.sqrt(gram[k, k]))
