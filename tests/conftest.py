"""What every test runs in: a display, settings of its own, and TensorFlow beside OpenGL.

The parent of all tests arranges three things before anything else is imported:

- a display, in memory if there is none;
- an environment that no user's settings reach, and that leaves none behind;
- the import guard, which lets one process hold TensorFlow and an OpenGL window.
"""

import contextlib
import gc
import importlib.abc
import importlib.machinery
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest

# The same examples at each run, and no example that takes too long: what is red is broken.
hypothesis.settings.register_profile(
    "gate",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# Other examples at each run; what they are is printed. Chosen with --hypothesis-profile=full.
hypothesis.settings.register_profile(
    "full", hypothesis.settings.get_profile("gate"), derandomize=False, print_blob=True
)
hypothesis.settings.load_profile("gate")

_RESOURCES = pytest.StashKey[contextlib.ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Arrange the surroundings; pytest-qt imports Qt only after this."""
    install_tensorflow_guard()
    resources = config.stash[_RESOURCES] = contextlib.ExitStack()
    folder = resources.enter_context(tempfile.TemporaryDirectory(prefix="lossexplorer-tests-"))
    _isolate(Path(folder))
    from lossexplorer.core import display

    # With pytest -n each worker needs a display of its own: windows on one take each other's focus.
    is_worker, has_workers = hasattr(config, "workerinput"), bool(config.getoption("numprocesses"))
    own = is_worker and sys.platform.startswith("linux")
    if own or not (has_workers or display.has_display()):
        resources.enter_context(display.virtual_display())


@pytest.fixture(autouse=True, scope="module")
def _look_at_garbage_once() -> Iterator[None]:
    """Keep compiled functions, millions of objects, from being looked through again and again."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> object:
    """The robot of pytest-qt, whose every wait has the limit that all tests share."""
    from tests.patient_bot import PatientBot

    return PatientBot(request)


@pytest.fixture
def uncompiled():
    """Have nothing compiled, which each recipe and each shape would be; that changes no number."""
    from tests.engine.uncompiled import uncompiled

    with uncompiled():
        yield


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the display and remove the settings."""
    if _RESOURCES in config.stash:
        config.stash[_RESOURCES].close()


def _isolate(folder: Path) -> None:
    """Name the Qt binding, and point everything that looks for settings into one folder."""
    os.environ["QT_API"] = "pyside6"
    os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"
    os.environ["NAPARI_CONFIG"] = str(folder / "napari.yaml")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # tests/keras_classes run on any
    os.environ["KERAS_HOME"] = str(folder / "keras")
    os.environ.setdefault(
        "XDG_RUNTIME_DIR", str(folder)
    )  # else Qt warns; Wayland needs the real one
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        os.environ[f"XDG_{name}_HOME"] = str(folder / name.lower())


def install_tensorflow_guard() -> None:
    """Let TensorFlow and Mesa's OpenGL live in one process.

    TensorFlow up to 2.21 makes the symbols of its own LLVM visible to the whole process. Mesa's
    software driver has another LLVM, each then calls into the other, and the process dies with
    SIGSEGV, whichever came first. The program keeps the two in different processes; tests cannot.
    The guard does nothing until TensorFlow is first imported, by name or through Keras.
    """
    if sys.platform.startswith("linux") and not any(
        isinstance(finder, _TensorFlowGuard) for finder in sys.meta_path
    ):
        sys.meta_path.insert(0, _TensorFlowGuard())


class _TensorFlowGuard(importlib.abc.MetaPathFinder):
    """Loads TensorFlow's libraries so that their symbols stay among themselves."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname == "tensorflow.python.pywrap_dlopen_global_flags":
            # TensorFlow asks this module for global symbols and does without where it is absent.
            raise ModuleNotFoundError(f"{fullname} is left out on purpose", name=fullname)
        if fullname != "tensorflow":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _PrivateSymbols(spec.loader)
        return spec


class _PrivateSymbols(importlib.abc.Loader):
    """Runs another loader while shared libraries are bound to their own symbols first."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        with _dlopen_flags(os.RTLD_NOW | os.RTLD_DEEPBIND):
            self._loader.exec_module(module)

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)  # resources and source are asked of the loader, too


@contextlib.contextmanager
def _dlopen_flags(flags: int) -> Iterator[None]:
    former = sys.getdlopenflags()
    sys.setdlopenflags(flags)
    try:
        yield
    finally:
        sys.setdlopenflags(former)
