"""A model from a user's Python file, the one place where a user's code is run."""

from __future__ import annotations

import collections
import contextlib
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
from keras.src.backend.common import global_state

from lossexplorer.learning.networks.errors import NetworkError, NotTrustedError

_FUNCTION = "build_model"
_MODULE = "lossexplorer_own_network"
_BOLD = re.compile(r"\x1b\[1m(.+?)\x1b\[0m", re.DOTALL)


def read(path: Path, is_trusted: bool, seed: int) -> keras.Model:
    """Run a Python file and return what its ``build_model()`` returns.

    The names that Keras gives to layers, and all random numbers, are as in a new process, so that
    the same file makes the same model each time.

    Parameters
    ----------
    path : pathlib.Path
        An existing file.
    is_trusted : bool
        Whether the user has agreed that its code is run.
    seed : int
        Of random numbers.

    Raises
    ------
    NotTrustedError
        If the user has not agreed. Nothing has been run then.
    NetworkError
        If the code raises, has no ``build_model``, or that returns no model.
    """
    if not is_trusted:
        raise NotTrustedError(
            f"{path} is a Python file: opening it runs its code, which may do all that you may do. "
            "If you trust it, agree to that in the window, or give --trust on the command line."
        )
    keras.utils.set_random_seed(seed % 2**32)
    with _importing_beside(path), _fresh_names(), contextlib.redirect_stdout(sys.stderr):
        module = _run(path)
        build_model = getattr(module, _FUNCTION, None)
        if not callable(build_model):
            raise NetworkError(f"{path} has no function {_FUNCTION}(), which returns the model.")
        try:
            model = build_model()
        except (Exception, SystemExit) as error:
            raise _failed(f"{_FUNCTION}() raises", path, error) from error
    if not isinstance(model, keras.Model):
        raise NetworkError(
            f"{path}: {_FUNCTION}() must return a keras.Model; it returned {type(model).__name__}."
        )
    return model


def _run(path: Path) -> ModuleType:
    module = ModuleType(_MODULE)
    module.__file__ = str(path)
    sys.modules[_MODULE] = module  # dataclasses look there for their annotations
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        raise _failed("it raises", path, error) from error
    return module


@contextlib.contextmanager
def mistakes_said(path: Path) -> Iterator[None]:
    """Say in a sentence what a file's layers raise when the model is called.

    Parameters
    ----------
    path : pathlib.Path
        The file, as `read` was given it.

    Raises
    ------
    NetworkError
        In place of what code of the file raises. Other errors pass.
    """
    try:
        yield
    except Exception as error:
        if not _lines(path, error):
            raise
        raise _failed("a layer raises", path, error) from error


def _lines(path: Path, error: BaseException) -> list[int]:
    """Return the lines of a file in which an error was raised, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f.lineno for f in frames if f.filename == str(path) and f.lineno is not None]


def _failed(what: str, path: Path, error: BaseException) -> NetworkError:
    lines = _lines(path, error)
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    place = f"{path}, line {line}" if line else str(path)
    # Keras prints the message of a layer in bold, among its arguments.
    bold = _BOLD.search(str(error))
    message = (bold[1] if bold else str(error)).strip().splitlines()
    reason = f"{type(error).__name__}: {message[0]}" if message else type(error).__name__
    return NetworkError(f"{place}: {what} {reason}")


@contextlib.contextmanager
def _importing_beside(path: Path) -> Iterator[None]:
    """Let the file import its neighbours, as when it is run by itself."""
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


@contextlib.contextmanager
def _fresh_names() -> Iterator[None]:
    """Let Keras count the layers without a name as in a new process: conv3d, conv3d_1, …"""
    counts: Any = global_state.get_global_attribute(_COUNTS)
    global_state.set_global_attribute(_COUNTS, collections.defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(_COUNTS, counts)


_COUNTS = "object_name_uids"
