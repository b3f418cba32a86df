import os
import shutil
import sys
from importlib import metadata

import pytest

from lossexplorer import __version__
from lossexplorer.cli import report as doctor
from lossexplorer.cli.probe import ProbeError
from lossexplorer.engine.backends import environment


@pytest.fixture
def broken_tensorflow(tmp_path, monkeypatch):
    """A TensorFlow whose import does what the test writes into it."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path / "tensorflow.py"


def test_table_aligns_the_values():
    assert doctor.table({"a": "1", "long": "2"}) == "  a     1\n  long  2"
    assert doctor.table({}) == ""


def test_versions_are_those_of_the_declared_dependencies():
    versions = {name.lower(): version for name, version in doctor.runtime_versions().items()}
    assert versions["napari"] == metadata.version("napari")
    assert versions["tensorflow"] == metadata.version("tensorflow")
    assert "pyside6-essentials" in versions
    assert "pytest" not in versions


def test_a_missing_dependency_is_said(monkeypatch):
    monkeypatch.setattr(metadata, "requires", lambda _name: ["nothing-of-this-name>=1"])
    assert doctor.runtime_versions() == {"nothing-of-this-name": "not installed"}


@pytest.mark.slow
def test_the_report_without_a_display(monkeypatch, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert doctor.run() == 0
    text = capsys.readouterr().out
    for expected in (
        f"Loss Explorer  {__version__}",
        "through PySide6",
        "OpenGL renderer",
        f"TensorFlow     {metadata.version('tensorflow')}",
        "Keras backend  tensorflow",
        os.environ.get("XDG_CONFIG_HOME", ""),
        "resources",
    ):
        assert expected in text
    assert not any(line != line.rstrip() for line in text.splitlines())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_without_display_and_xvfb_opengl_is_a_sentence(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    failures: list[str] = []
    rows = doctor._opengl(failures)
    assert "apt-get install xvfb" in rows["OpenGL"]
    assert failures == [rows["OpenGL"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed with SIGSEGV"),
        ("raise ImportError('no AVX here')", "exit status 1. Its last words: ImportError: no AVX"),
    ],
)
def test_a_tensorflow_that_fails_is_a_sentence(broken_tensorflow, code, sentence):
    broken_tensorflow.write_text(code)
    failures: list[str] = []
    rows = doctor._engine(failures)
    assert sentence in rows["TensorFlow"]
    assert failures == [rows["TensorFlow"]]


def test_every_backend_is_reported_and_the_chosen_one_has_to_work(monkeypatch):
    """What is installed but not used may fail; what is not installed is named with its remedy."""
    asked = []

    def answer(probe):
        asked.append((probe.subject, probe.environment["KERAS_BACKEND"]))
        if probe.subject == "JAX":
            raise ProbeError("JAX crashed.")
        return {"version": "9", "device": "GPU 0 Big", "devices": "CPU, GPU 0 Big"}

    monkeypatch.setattr(doctor, "ask", answer)
    monkeypatch.setattr(environment, "installed", lambda name: name != "torch")
    monkeypatch.setenv(environment.DEVICE_VARIABLE, "gpu")
    failures: list[str] = []
    assert doctor._engine(failures) == {
        "Keras backend": "tensorflow",
        "device": "gpu",
        "TensorFlow": "9, computes on GPU 0 Big, sees CPU, GPU 0 Big",
        "JAX": "JAX crashed.",
        "PyTorch": "not installed (pip install torch)",
    }
    assert not failures
    assert asked == [("TensorFlow", "tensorflow"), ("JAX", "jax")]
    monkeypatch.setenv(environment.BACKEND_VARIABLE, "jax")
    doctor._engine(failures)
    assert failures == ["JAX crashed."]


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("KERAS_BACKEND", "theano", "The backend must be"),
        ("KERAS_BACKEND", "torch", "PyTorch is not installed."),
        ("LOSSEXPLORER_DEVICE", "tpu", "The device must be"),
    ],
)
def test_what_cannot_be_chosen_is_a_failure(monkeypatch, variable, value, sentence):
    monkeypatch.setattr(environment, "installed", lambda _name: False)
    monkeypatch.setenv(variable, value)
    failures: list[str] = []
    rows = doctor._engine(failures)
    assert sentence in rows["refused"]
    assert len(failures) == 1


@pytest.mark.parametrize(
    ("title", "package"), [("TensorFlow", "tensorflow[and-cuda]"), ("JAX", "jax[cuda12]")]
)
def test_an_nvidia_driver_that_a_backend_does_not_use_is_mentioned(monkeypatch, title, package):
    found = {"version": "2", "device": "CPU", "devices": "CPU"}
    monkeypatch.setattr(doctor, "ask", lambda _probe: found)
    monkeypatch.setattr(environment, "installed", lambda _name: True)
    monkeypatch.setattr(shutil, "which", {"nvidia-smi": "/usr/bin/nvidia-smi"}.get)
    assert package in doctor._engine([])[title]
    found["devices"] = "CPU, GPU 0 Big"
    assert package not in doctor._engine([])[title]
