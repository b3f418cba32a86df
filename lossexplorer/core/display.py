"""Displays: whether a window can be shown, and a virtual display in memory."""

import ctypes
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_START_SECONDS = 60.0
_CONNECT_SECONDS = 2.0


class DisplayError(RuntimeError):
    """A display is needed but not available; the message says what to do."""


def has_display() -> bool:
    """Return whether a window can be shown.

    Returns
    -------
    bool
        On Linux, whether the Wayland or X11 display named by the environment answers. On other
        systems, where windows need no display server, it is True.
    """
    if not sys.platform.startswith("linux"):
        return True
    return _wayland_answers(os.environ) or (bool(os.environ.get("DISPLAY")) and _x11_answers())


def missing_display_sentence() -> str:
    """Return sentences about what is missing for a window and how to get a picture without one.

    Returns
    -------
    str
        Plain sentences for the terminal.
    """
    named = [
        f"{name}={os.environ[name]}"
        for name in ("WAYLAND_DISPLAY", "DISPLAY")
        if os.environ.get(name)
    ]
    missing = (
        f"No window can be shown: the display {' and '.join(named)} does not answer."
        if named
        else "No window can be shown: there is no display, for DISPLAY is not set."
    )
    sentences = [
        missing,
        "Start the program in a desktop session or through ssh -X,",
        "or get a picture of the window without a display: lossexplorer --screenshot PATH",
    ]
    if shutil.which("Xvfb") is None:
        sentences.append(f"({_xvfb_remedy()})")
    return " ".join(sentences)


@contextmanager
def virtual_display(width: int = 1600, height: int = 1000) -> Iterator[str]:
    """Run the body on a display of its own, kept in memory by Xvfb.

    Meanwhile the environment names the display, so that Qt and child processes find it; at the end
    it is restored.

    Parameters
    ----------
    width, height : int
        Size of the screen in pixels.

    Yields
    ------
    str
        The display's name, such as ``":1"``.

    Raises
    ------
    DisplayError
        When Xvfb is not installed or does not start.
    """
    executable = shutil.which("Xvfb")
    if executable is None:
        raise DisplayError(f"A display in memory cannot be made: {_xvfb_remedy()}.")
    process, name = _start_xvfb(executable, width, height)
    try:
        with _environment({"DISPLAY": name, "WAYLAND_DISPLAY": None, "QT_QPA_PLATFORM": "xcb"}):
            yield name
    finally:
        _stop(process)


def _xvfb_remedy() -> str:
    return "this needs Xvfb, which is not installed; on Debian or Ubuntu: apt-get install xvfb"


def _wayland_answers(environment: Mapping[str, str]) -> bool:
    name = environment.get("WAYLAND_DISPLAY")
    if not name:
        return False
    path = Path(environment.get("XDG_RUNTIME_DIR", "/run")) / name  # an absolute name stands alone
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_CONNECT_SECONDS)
            connection.connect(str(path))
    except OSError:
        return False
    return True


def _x11_answers() -> bool:
    """Try to connect with the library that Qt uses, which handles hosts and authority files."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(os.environ["DISPLAY"].encode(), None)
    try:
        return bool(xcb.xcb_connection_has_error(connection) == 0)
    finally:
        xcb.xcb_disconnect(connection)


def _start_xvfb(executable: str, width: int, height: int) -> tuple[subprocess.Popen[bytes], str]:
    """Start Xvfb, which picks a free number and writes it when it is ready for connections."""
    read_end, write_end = os.pipe()
    command = [executable, "-displayfd", str(write_end), "-nolisten", "tcp"]
    command += ["-screen", "0", f"{width}x{height}x24"]
    # A file and not a pipe, because Xvfb's messages are not read while it runs.
    with os.fdopen(read_end, "rb") as answer, tempfile.TemporaryFile() as messages:
        try:
            process = subprocess.Popen(
                command,
                pass_fds=[write_end],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=messages,
            )
        except OSError as error:
            raise DisplayError(f"Xvfb cannot be started: {error}.") from error
        finally:
            os.close(write_end)
        ready, _, _ = select.select([answer], [], [], _START_SECONDS)
        # Number and end of line are written separately; closing the pipe in between would end Xvfb.
        number = answer.readline().strip() if ready else b""
        if number:
            return process, f":{number.decode()}"
        _stop(process)
        if not ready:
            raise DisplayError(f"Xvfb did not become ready within {_START_SECONDS:.0f} seconds.")
        messages.seek(0)
        said = messages.read().decode(errors="replace").strip().splitlines()
        raise DisplayError(f"Xvfb ended at once: {said[-1] if said else 'it gave no reason'}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set environment variables (None removes one) and restore the former values at the end."""
    former = {name: os.environ.get(name) for name in changes}
    _apply(changes)
    try:
        yield
    finally:
        _apply(former)


def _apply(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
