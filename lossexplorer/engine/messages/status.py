"""The engine's status and progress, which it reports unasked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lossexplorer.engine.messages.question import Request


@dataclass(frozen=True)
class Progress:
    """How far the computation of a loss of the whole field is.

    Attributes
    ----------
    loss : str
        The name that the loss is shown under.
    done, classes : int
        The number of classes computed and of all classes; a loss that joins the classes counts
        them as one.
    """

    loss: str
    done: int
    classes: int


@dataclass(frozen=True)
class Compiling:
    """Functions are being compiled for a task, which takes 1 to 4 s for a set of active controls.

    Attributes
    ----------
    requests : tuple of Request
        Those that the task answers; none if it trains a network.
    """

    requests: tuple[Request, ...] = ()


@dataclass(frozen=True)
class EngineInfo:
    """The engine's Keras backend with its version, its device and its process.

    Attributes
    ----------
    backend, version : str
        The backend, by Keras's name, and its version.
    device : str
        The title of the GPU, or CPU.
    pid : int
        The number of the process.
    note : str
        A sentence about GPUs that are not used because they do not work; empty if there are none.
    """

    backend: str
    version: str
    device: str
    pid: int
    note: str = ""

    @property
    def on_gpu(self) -> bool:
        """Whether the device is a GPU."""
        return self.device != "CPU"


EngineState = Literal["starting", "loading", "ready", "restarting", "failed"]


@dataclass(frozen=True)
class EngineStatus:
    """What the engine is doing, for the status line.

    Attributes
    ----------
    state : {"starting", "loading", "ready", "restarting", "failed"}
        Failed means that the engine is stopped until the user starts it again.
    message : str
        A message for the user.
    info : EngineInfo, optional
        The backend and device; None until the engine has started.
    """

    state: EngineState
    message: str
    info: EngineInfo | None = None
