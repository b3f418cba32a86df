"""Runs what takes Keras in a process of its own: the window's process never imports it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from lossexplorer.app.engine_bridge import MainThread


def run_elsewhere(
    function: Callable[..., Any],
    *arguments: Any,
    then: Callable[[Any], object],
    failed: Callable[[str], object],
) -> None:
    """Call a function in a process of its own, which takes some seconds to import Keras.

    Parameters
    ----------
    function : callable
        Of a module, so that another process finds it.
    *arguments : object
        What it takes.
    then, failed : callable
        Called later in the thread that called this, with what the function returns, or with what
        went wrong: the message of a `ValueError` or an `OSError` is for the user.
    """
    bridge = MainThread()

    def wait() -> None:
        result, problem = _result(function, arguments)
        bridge.run(partial(_deliver, bridge, result, problem, then, failed))

    threading.Thread(target=wait, name=function.__name__, daemon=True).start()


def _deliver(
    bridge: MainThread,
    result: Any,
    problem: str,
    then: Callable[[Any], object],
    failed: Callable[[str], object],
) -> None:
    """Say what came of it; the bridge is an argument so that it is there until then."""
    del bridge
    if problem:
        failed(problem)
    else:
        then(result)


def _result(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, str]:
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_call, args=(there, function, arguments), daemon=True)
    process.start()
    there.close()
    try:
        result, problem = here.recv()
    except EOFError:
        result, problem = None, "The process that was to do it has ended; try again."
    process.join()
    return result, problem


def _call(said: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Send what a function returns and an empty text, or None and what went wrong."""
    # What TensorFlow says of the machine is no concern of the user's, and no setting turns it off.
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nowhere.fileno(), 2)
    try:
        said.send((function(*arguments), ""))
    except OSError as error:
        where = error.filename or "a file"
        said.send((None, f"{where} could not be read or written: {error.strerror or error}."))
    except ValueError as error:  # the user's mistakes, in a sentence each
        said.send((None, str(error)))
    except Exception as error:  # noqa: BLE001 - a library may raise anything
        said.send((None, f"{error} ({type(error).__name__})"))
