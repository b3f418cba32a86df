"""Where a script may be written; without Keras."""

from __future__ import annotations

from pathlib import Path

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.setup import OwnNetwork, Setup


def check_place(path: Path, setup: Setup) -> None:
    """Refuse to write a script over the model that it loads, or over its own arrays.

    Parameters
    ----------
    path : Path
        Where the script of the setup is to be written.
    setup : Setup
        Has the model.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If it would be lost there, or the model.

    Examples
    --------
    >>> check_place(Path("run.npz"), Setup())
    Traceback (most recent call last):
        ...
    lossexplorer.core.quantity.ParameterError: run.npz would be its own arrays: name a .py file.
    """
    network = setup.network
    if isinstance(network, OwnNetwork) and path.resolve() == Path(network.path).resolve():
        raise ParameterError(f"{path} is the model itself: name another file.")
    if path.suffix == ".npz":
        raise ParameterError(f"{path} would be its own arrays: name a .py file.")
