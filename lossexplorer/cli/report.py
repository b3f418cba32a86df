"""What this installation consists of and whether it works, as text to read or to send.

Everything that can fail, or take a process down with it, is asked in a child process: Qt, OpenGL
and the backends that Keras computes with. What they answer, and how they fail, becomes a line of
the report.
"""

import contextlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata

import platformdirs

from lossexplorer import __version__
from lossexplorer.core.display import DisplayError, has_display, virtual_display
from lossexplorer.core.resources import resource
from lossexplorer.engine.backends import choice

Answer = dict[str, str]

# The shared libraries that a bare Linux may lack, and the Debian packages that hold them.
_APT_PACKAGES = {
    "libEGL": "libegl1",
    "libGL": "libgl1",
    "libOpenGL": "libopengl0",
    "libX11-xcb": "libx11-xcb1",
    "libdbus-1": "libdbus-1-3",
    "libfontconfig": "libfontconfig1",
    "libglib-2.0": "libglib2.0-0",
    "libgthread-2.0": "libglib2.0-0",
    "libxcb-cursor": "libxcb-cursor0",
    "libxcb-icccm": "libxcb-icccm4",
    "libxcb-image": "libxcb-image0",
    "libxcb-keysyms": "libxcb-keysyms1",
    "libxcb-randr": "libxcb-randr0",
    "libxcb-render-util": "libxcb-render-util0",
    "libxcb-shape": "libxcb-shape0",
    "libxcb-xinerama": "libxcb-xinerama0",
    "libxcb-xkb": "libxcb-xkb1",
    "libxkbcommon": "libxkbcommon0",
    "libxkbcommon-x11": "libxkbcommon-x11-0",
}
# What pip installs for NVIDIA's GPUs.
_WITH_GPU = {"tensorflow": "tensorflow[and-cuda]", "jax": "jax[cuda12]", "torch": "torch"}
# What Qt says about its plugins after and beside what matters.
_NOISE = ("qt.core.", "Available platform plugins")
_MISSING_LIBRARY = re.compile(r"(lib[\w.+-]+?)\.so[.\d]*: cannot open shared object file")


@dataclass(frozen=True)
class Probe:
    """A question for a child process.

    Attributes
    ----------
    ask : callable
        A function that a child can import; it runs there, and its answer is read here.
    subject : str
        What a failure is a failure of.
    seconds : float
        How long the child may take.
    environment : mapping
        Variables that the child gets on top of this process's.
    """

    ask: Callable[[], Answer]
    subject: str
    seconds: float
    environment: Mapping[str, str]


class ProbeError(RuntimeError):
    """A child process has not answered; the message is a sentence that says why."""


def run() -> int:
    """Print the report.

    Returns
    -------
    int
        The exit status: 0 when everything answered, 1 when something the program needs did not.
    """
    text, healthy = _examine()
    print(text)
    return 0 if healthy else 1


def ask(probe: Probe) -> Answer:
    """Put a probe's question to a child process.

    Parameters
    ----------
    probe : Probe
        The question.

    Returns
    -------
    dict
        What the child answered.

    Raises
    ------
    ProbeError
        When the child fails, crashes or takes too long.
    """
    question = f"from {probe.ask.__module__} import {probe.ask.__name__} as question"
    code = f"{question}; from lossexplorer.cli.report import answer; answer(question)"
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-c", code],
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **probe.environment},
            stdin=subprocess.DEVNULL,
            timeout=probe.seconds,
        )
    except subprocess.TimeoutExpired:
        raise ProbeError(f"{probe.subject} did not answer in {probe.seconds:g} seconds.") from None
    if child.returncode != 0:
        raise ProbeError(failure_sentence(probe.subject, child.returncode, child.stderr))
    answer: Answer = json.loads(child.stdout.splitlines()[-1])
    return answer


def answer(question: Callable[[], Answer]) -> None:
    """Answer a probe's question; this is what the child process runs.

    Parameters
    ----------
    question : callable
        What a probe asks.
    """
    print(json.dumps(question()))


def failure_sentence(subject: str, status: int, messages: str) -> str:
    """Say why a child process failed.

    Parameters
    ----------
    subject : str
        What was asked about.
    status : int
        The exit status; negative when a signal ended the process.
    messages : str
        What the process wrote to standard error.

    Returns
    -------
    str
        One or two sentences, with the remedy where it is known.
    """
    remedy = library_remedy(messages)
    if remedy:
        return f"{subject} does not start: {remedy}"
    lines = [line.strip() for line in messages.splitlines()]
    telling = [line for line in lines if line and not line.startswith(_NOISE)]
    last = f" Its last words: {telling[-1]}" if telling else ""
    if status < 0:
        return f"{subject} crashed with {_signal_name(-status)}.{last}"
    return f"{subject} failed with exit status {status}.{last}"


def library_remedy(messages: str) -> str | None:
    """Name the system packages that hold the libraries a loader did not find.

    Parameters
    ----------
    messages : str
        What the failing process wrote.

    Returns
    -------
    str or None
        A sentence, or None when no library was missing.
    """
    libraries = list(dict.fromkeys(_MISSING_LIBRARY.findall(messages)))
    if not libraries:
        return None
    packages = sorted({_APT_PACKAGES[name] for name in libraries if name in _APT_PACKAGES})
    remedy = f"; on Debian or Ubuntu: apt-get install {' '.join(packages)}" if packages else "."
    return f"the system lacks {', '.join(libraries)}{remedy}"


def table(rows: Mapping[str, str]) -> str:
    """Align names and values in two columns.

    Parameters
    ----------
    rows : mapping
        Values by name.

    Returns
    -------
    str
        One indented line per row.
    """
    width = max(map(len, rows), default=0)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in rows.items())


def runtime_versions() -> Answer:
    """Look up the installed version of every runtime dependency, without importing any.

    Returns
    -------
    dict
        Versions by distribution name, as declared by this distribution.
    """
    declared = metadata.requires("lossexplorer") or []
    names = [
        re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in declared if "extra ==" not in line
    ]
    return {name: _version(name) for name in sorted(names, key=str.lower)}


def qt_answer() -> Answer:
    """Ask for the Qt binding that qtpy has chosen, and start Qt.

    Returns
    -------
    dict
        The binding and the version of Qt.
    """
    import qtpy
    from qtpy.QtGui import QGuiApplication

    application = QGuiApplication([])
    application.processEvents()
    return {"Qt": f"{qtpy.QT_VERSION} through {qtpy.API_NAME} {qtpy.PYSIDE_VERSION or ''}".strip()}


def opengl_answer() -> Answer:
    """Make an OpenGL context and ask what draws.

    Returns
    -------
    dict
        Vendor, renderer and version.
    """
    from qtpy.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

    application = QGuiApplication([])
    surface = QOffscreenSurface()
    surface.create()
    context = QOpenGLContext()
    if not (context.create() and context.makeCurrent(surface)):
        raise SystemExit(f"Qt ({application.platformName()}) could not make an OpenGL context")
    functions = context.functions()
    names = {"OpenGL vendor": 0x1F00, "OpenGL renderer": 0x1F01, "OpenGL version": 0x1F02}
    return {name: str(functions.glGetString(number)) for name, number in names.items()}


def engine_answer() -> Answer:
    """Start the backend that ``KERAS_BACKEND`` names, as the engine does.

    Returns
    -------
    dict
        Its version, the device that it computes on, and all that it sees.
    """
    try:
        from lossexplorer.engine.backends.active import backend
    except choice.BackendError as error:
        raise SystemExit(str(error)) from None
    info = backend.prepare()
    return {
        "version": info.version,
        "device": info.device,
        "devices": ", ".join(backend.devices()),
    }


def _examine() -> tuple[str, bool]:
    """Collect the report, and whether everything that was asked did answer."""
    failures: list[str] = []
    sections = {
        "Program": _program(),
        "Packages": runtime_versions(),
        "Window": _window(failures),
        "Engine": _engine(failures),
        "Files": _files(),
    }
    text = "\n\n".join(f"{heading}\n{table(rows)}" for heading, rows in sections.items())
    return text, not failures


def _program() -> Answer:
    return {
        "Loss Explorer": __version__,
        "Python": f"{platform.python_version()} ({sys.executable})",
        "platform": platform.platform(),
    }


def _window(failures: list[str]) -> Answer:
    offscreen = {"QT_QPA_PLATFORM": "offscreen"}
    return {
        **_collect(Probe(qt_answer, "Qt", 60, offscreen), failures),
        **_opengl(failures),
        "DISPLAY": os.environ.get("DISPLAY", "not set"),
        "WAYLAND_DISPLAY": os.environ.get("WAYLAND_DISPLAY", "not set"),
        "display": "answers" if has_display() else "none; pictures are drawn in memory by Xvfb",
        "Xvfb": shutil.which("Xvfb") or "not found (apt-get install xvfb)",
    }


def _opengl(failures: list[str]) -> Answer:
    # Qt names a library that its window plugin lacks only when it is asked to tell about plugins.
    probe = Probe(opengl_answer, "OpenGL", 60, {"QT_DEBUG_PLUGINS": "1"})
    try:
        with _some_display():
            return _collect(probe, failures)
    except DisplayError as error:
        failures.append(str(error))
        return {"OpenGL": str(error)}


@contextlib.contextmanager
def _some_display() -> Iterator[None]:
    with contextlib.nullcontext() if has_display() else virtual_display():
        yield


def _engine(failures: list[str]) -> Answer:
    try:
        rows = {"Keras backend": choice.chosen_backend(), "device": choice.chosen_device().name}
        choice.require(rows["Keras backend"])
    except choice.BackendError as error:
        failures.append(str(error))
        rows = {"refused": str(error)}
    for name in choice.TITLES:
        # What the program does not compute with may fail.
        rows |= _backend(name, failures if name == rows.get("Keras backend") else [])
    return rows


def _backend(name: str, failures: list[str]) -> Answer:
    """Return a row about a backend, with a hint if it leaves a GPU unused."""
    title = choice.TITLES[name]
    if not choice.installed(name):
        return {title: f"not installed (pip install {name})"}
    variables = {choice.BACKEND_VARIABLE: name, "TF_CPP_MIN_LOG_LEVEL": "2"}
    found = _collect(Probe(engine_answer, title, 180, variables), failures)
    if title in found:
        return found
    row = f"{found['version']}, computes on {found['device']}, sees {found['devices']}"
    if found["devices"] == "CPU" and shutil.which("nvidia-smi"):
        row += f"; there is an NVIDIA driver; for its GPU: pip install '{_WITH_GPU[name]}'"
    return {title: row}


def _files() -> Answer:
    return {
        "settings": platformdirs.user_config_dir("lossexplorer"),
        "cache": platformdirs.user_cache_dir("lossexplorer"),
        "log": platformdirs.user_log_dir("lossexplorer"),
        "resources": str(resource("samples").parent),
    }


def _collect(probe: Probe, failures: list[str]) -> Answer:
    """Ask, and turn a failure into a row of the report."""
    try:
        return ask(probe)
    except ProbeError as error:
        failures.append(str(error))
        return {probe.subject: str(error)}


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
