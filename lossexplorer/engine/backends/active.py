"""The backend that computes in this process; it is chosen before Keras is imported."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any, cast

from lossexplorer.engine.backends.environment import BACKEND_VARIABLE, chosen_backend, require
from lossexplorer.engine.backends.interface import Backend

if TYPE_CHECKING:
    from lossexplorer.engine.backends import jax, tensorflow, torch

    _EACH_IS_ONE: tuple[Backend, ...] = (tensorflow, jax, torch)

NAME = chosen_backend()
require(NAME)
os.environ[BACKEND_VARIABLE] = NAME  # read by Keras when it is first imported

backend = cast(Backend, importlib.import_module(f"lossexplorer.engine.backends.{NAME}"))
ops: Any = backend.ops
