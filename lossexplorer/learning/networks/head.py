"""The output layer that a target needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Activation = Literal["softmax", "sigmoid", "linear"]


@dataclass(frozen=True)
class Head:
    """The output layer of a branch.

    Attributes
    ----------
    channels : int
        Its channels.
    activation : {"softmax", "sigmoid", "linear"}
        Its activation.
    scale : int
        By how much its grid is coarser than the input's along each axis: 1 for the same grid.
    """

    channels: int
    activation: Activation
    scale: int = 1
