"""A user's own model, from a ``.keras`` file or from a Python file."""

from __future__ import annotations

import keras

from lossexplorer.learning.networks.errors import NetworkError
from lossexplorer.learning.setup import OwnNetwork


def load(network: OwnNetwork, seed: int) -> keras.Model:
    """Return a user's model.

    Raises
    ------
    NetworkError
        If there is none.
    """
    del seed
    raise NetworkError(f"{network.path} cannot be read yet.")
