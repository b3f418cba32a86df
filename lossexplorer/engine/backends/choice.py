"""Which Keras backend computes, and on which device: what the environment says.

Both are environment variables because they are read once, when the backend is first imported, and
because the engine's process inherits them. Nothing here imports a backend, so that the window's
process and the command line can ask.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

BACKEND_VARIABLE = "KERAS_BACKEND"
DEVICE_VARIABLE = "LOSSEXPLORER_DEVICE"

TITLES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
"""The backends, by the name that Keras has for each, which is also what pip installs."""


class BackendError(RuntimeError):
    """The backend or the device that was asked for cannot be had; the message is for the user."""


@dataclass(frozen=True)
class Device:
    """What was asked for.

    Attributes
    ----------
    name : str
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.
    """

    name: str

    def __post_init__(self) -> None:
        """Refuse a name that none of them is."""
        if not re.fullmatch(r"auto|cpu|gpu(:\d+)?", self.name):
            raise BackendError(
                f"The device must be auto, cpu, gpu or gpu:N (gpu:1 is the second GPU), "
                f"not {self.name!r}."
            )

    def pick(self, gpus: Sequence[object], title: str) -> int | None:
        """Return which GPU to compute on, None for the CPU.

        Parameters
        ----------
        gpus : sequence
            Those that the backend sees.
        title : str
            The backend's, for the message.

        Raises
        ------
        BackendError
            If a GPU was asked for that is not there.

        Examples
        --------
        >>> Device("auto").pick([], "JAX"), Device("gpu:1").pick(["A", "B"], "JAX")
        (None, 1)
        """
        if self.name == "cpu" or (self.name == "auto" and not gpus):
            return None
        index = int(self.name.partition(":")[2] or 0)
        if index < len(gpus):
            return index
        seen = f"only gpu:0 to gpu:{len(gpus) - 1}" if gpus else "no GPU"
        raise BackendError(
            f"The device {self.name} was asked for, but {title} sees {seen}. Choose another "
            "device (auto takes what is there), or run lossexplorer doctor to see what is found."
        )


def chosen_backend() -> str:
    """Return the name of the backend that is asked for: TensorFlow unless another is.

    Raises
    ------
    BackendError
        If Loss Explorer has no such backend.
    """
    name = os.environ.get(BACKEND_VARIABLE) or "tensorflow"
    if name not in TITLES:
        *others, last = TITLES
        raise BackendError(f"The backend must be {', '.join(others)} or {last}, not {name!r}.")
    return name


def chosen_device() -> Device:
    """Return the device that is asked for: the first GPU, if there is one, unless another is.

    Raises
    ------
    BackendError
        If it is no device's name.
    """
    return Device(os.environ.get(DEVICE_VARIABLE) or "auto")


def installed(name: str) -> bool:
    """Whether a backend is installed, without importing it."""
    return importlib.util.find_spec(name) is not None


def require(name: str) -> None:
    """Refuse a backend that is not installed.

    Raises
    ------
    BackendError
        Names what to install.
    """
    if not installed(name):
        raise BackendError(
            f"{TITLES[name]} is not installed. Install it with: pip install {name} – or choose "
            f"another backend: {', '.join(other for other in TITLES if other != name)}."
        )


def choose(backend: str | None, device: str | None) -> None:
    """Ask for a backend and a device, in this process and those that it starts.

    Parameters
    ----------
    backend, device : str or None
        None leaves what the environment says.

    Raises
    ------
    BackendError
        If what is then asked for is no backend's or no device's name.
    """
    for variable, value in ((BACKEND_VARIABLE, backend), (DEVICE_VARIABLE, device)):
        if value is not None:
            os.environ[variable] = value
    chosen_backend()
    chosen_device()
