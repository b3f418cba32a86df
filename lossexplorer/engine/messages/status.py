"""What the engine says of itself, unasked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Progress:
    """How far a loss of the whole field is.

    Attributes
    ----------
    loss : str
        Its name.
    done, steps : int
        How many of its classes are computed; a loss that joins the classes has one step.
    """

    loss: str
    done: int
    steps: int


@dataclass(frozen=True)
class EngineInfo:
    """Where the engine computes: Keras backend, its version, the device's name, its process."""

    backend: str
    version: str
    device: str
    pid: int


EngineState = Literal["starting", "loading", "ready", "restarting", "failed"]


@dataclass(frozen=True)
class EngineStatus:
    """What the engine is doing, for the status line.

    Attributes
    ----------
    state : {"starting", "loading", "ready", "restarting", "failed"}
        Failed means that it stays stopped until it is started again.
    message : str
        For the user.
    info : EngineInfo, optional
        Known once it has started.
    """

    state: EngineState
    message: str
    info: EngineInfo | None = None
