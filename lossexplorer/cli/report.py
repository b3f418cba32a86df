"""What this installation consists of and whether it works, as text to read or to send.

Qt, OpenGL and the backends that Keras computes with are asked in child processes (`probe`). What
they answer, and how they fail, becomes a line of the report.
"""

import contextlib
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata

import platformdirs

from lossexplorer import __version__
from lossexplorer.cli.probe import Probe, ProbeError, ProbeFacts, ask
from lossexplorer.core.display import DisplayError, has_display, virtual_display
from lossexplorer.core.resources import resource
from lossexplorer.engine.backends import environment

# What pip installs for NVIDIA's GPUs.
_WITH_GPU = {"tensorflow": "tensorflow[and-cuda]", "jax": "jax[cuda12]", "torch": "torch"}


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


def runtime_versions() -> ProbeFacts:
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


def qt_answer() -> ProbeFacts:
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


def opengl_answer() -> ProbeFacts:
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


def engine_answer() -> ProbeFacts:
    """Start the backend that ``KERAS_BACKEND`` names, as the engine does.

    Returns
    -------
    dict
        Its version, the device that it computes on, and all that it sees.
    """
    try:
        from lossexplorer.engine.backends.active import backend
    except environment.BackendError as error:
        raise SystemExit(str(error)) from None
    info = backend.prepare()
    return {
        "version": info.version,
        "device": info.device,
        "devices": ", ".join(backend.devices()),
        **({"not used": info.note} if info.note else {}),
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


def _program() -> ProbeFacts:
    return {
        "Loss Explorer": __version__,
        "Python": f"{platform.python_version()} ({sys.executable})",
        "platform": platform.platform(),
    }


def _window(failures: list[str]) -> ProbeFacts:
    offscreen = {"QT_QPA_PLATFORM": "offscreen"}
    return {
        **_collect(Probe(qt_answer, "Qt", 60, offscreen), failures),
        **_opengl(failures),
        "DISPLAY": os.environ.get("DISPLAY", "not set"),
        "WAYLAND_DISPLAY": os.environ.get("WAYLAND_DISPLAY", "not set"),
        "display": "answers" if has_display() else "none; pictures are drawn in memory by Xvfb",
        "Xvfb": shutil.which("Xvfb") or "not found (apt-get install xvfb)",
    }


def _opengl(failures: list[str]) -> ProbeFacts:
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


def _engine(failures: list[str]) -> ProbeFacts:
    try:
        rows = {
            "Keras backend": environment.chosen_backend(),
            "device": environment.chosen_device().name,
        }
        environment.require(rows["Keras backend"])
    except environment.BackendError as error:
        failures.append(str(error))
        rows = {"refused": str(error)}
    for name in environment.TITLES:
        # What the program does not compute with may fail.
        rows |= _backend(name, failures if name == rows.get("Keras backend") else [])
    return rows


def _backend(name: str, failures: list[str]) -> ProbeFacts:
    """Return a row about a backend, with a hint if it leaves a GPU unused."""
    title = environment.TITLES[name]
    if not environment.installed(name):
        return {title: f"not installed (pip install {name})"}
    added = {environment.BACKEND_VARIABLE: name, "TF_CPP_MIN_LOG_LEVEL": "2"}
    found = _collect(Probe(engine_answer, title, 180, added), failures)
    if title in found:
        return found
    row = f"{found['version']}, computes on {found['device']}, sees {found['devices']}"
    if found["devices"] == "CPU" and shutil.which("nvidia-smi"):
        row += f"; there is an NVIDIA driver; for its GPU: pip install '{_WITH_GPU[name]}'"
    return {title: row}


def _files() -> ProbeFacts:
    return {
        "settings": platformdirs.user_config_dir("lossexplorer"),
        "cache": platformdirs.user_cache_dir("lossexplorer"),
        "log": platformdirs.user_log_dir("lossexplorer"),
        "resources": str(resource("samples").parent),
    }


def _collect(probe: Probe, failures: list[str]) -> ProbeFacts:
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
