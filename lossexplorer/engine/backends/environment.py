"""The Keras backend and its device, as environment variables say.

Environment variables are used because both are read once, when the backend is first imported, and
because the engine's process inherits them. Nothing here imports a backend, so that the window's
process and the command line can use it.
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
"""The titles of the backends, by Keras's name for each, which is also the name of the package."""


class BackendError(RuntimeError):
    """The requested backend or device is not available; the message is for the user."""


@dataclass(frozen=True)
class Device:
    """The requested device.

    Attributes
    ----------
    name : str
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.
    """

    name: str

    def __post_init__(self) -> None:
        """Refuse any other name."""
        if not re.fullmatch(r"auto|cpu|gpu(:\d+)?", self.name):
            raise BackendError(
                f"The device must be auto, cpu, gpu or gpu:N (gpu:1 is the second GPU), "
                f"not {self.name!r}."
            )

    def pick(self, gpus: Sequence[object], title: str) -> int | None:
        """Return the index of the GPU to compute on, None for the CPU.

        Parameters
        ----------
        gpus : sequence
            The GPUs that the backend sees.
        title : str
            The backend's title, for the message.

        Raises
        ------
        BackendError
            If the requested GPU does not exist.

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
    """Return the name of the requested backend, by default TensorFlow.

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
    """Return the requested device, by default the first GPU or, without a GPU, the CPU.

    Raises
    ------
    BackendError
        If the requested name is not the name of a device.
    """
    return Device(os.environ.get(DEVICE_VARIABLE) or "auto")


def installed(name: str) -> bool:
    """Return whether a backend is installed, without importing it."""
    return importlib.util.find_spec(name) is not None


def require(name: str) -> None:
    """Refuse a backend that is not installed.

    Raises
    ------
    BackendError
        If the backend is not installed; the message names the package to install.
    """
    if not installed(name):
        raise BackendError(
            f"{TITLES[name]} is not installed. Install it with: pip install {name} – or choose "
            f"another backend: {', '.join(other for other in TITLES if other != name)}."
        )


def choose(backend: str | None, device: str | None) -> None:
    """Choose the backend and the device of this process and its child processes.

    Parameters
    ----------
    backend, device : str or None
        Names; None keeps what the environment says.

    Raises
    ------
    BackendError
        If a chosen name is not the name of a backend or device.
    """
    for name, value in ((BACKEND_VARIABLE, backend), (DEVICE_VARIABLE, device)):
        if value is not None:
            os.environ[name] = value
    chosen_backend()
    chosen_device()
