"""``--backend`` and ``--device``: what computes, and where."""

import os
import sys

import pytest

from lossexplorer.app import main as window
from lossexplorer.app.settings import SettingsStore, settings_path
from lossexplorer.engine.backends import environment
from tests.patience import PATIENCE

COMMANDS = [["evaluate", "sample:tumour"], ["conventions", "sample:tumour"], ["open"]]
COMPUTING = COMMANDS[:2]


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    """Nothing that a command asks for stays."""
    monkeypatch.setenv(environment.BACKEND_VARIABLE, "tensorflow")
    monkeypatch.setenv(environment.DEVICE_VARIABLE, "auto")


@pytest.fixture
def no_jax(monkeypatch):
    monkeypatch.setattr(environment, "installed", lambda name: name != "jax")


@pytest.fixture
def opened(monkeypatch):
    """What the window's process is left with when it opens, instead of a window."""
    found = []

    def run_window(*_sources, **_options):
        found.append({name: os.environ[name] for name in ("KERAS_BACKEND", "LOSSEXPLORER_DEVICE")})
        return 0

    monkeypatch.setattr(window, "run_window", run_window)
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_backend_is_refused(run, opened, command):
    code, _, error = run(*command, "--backend", "theano")
    assert code == 2
    assert error == "lossexplorer: The backend must be tensorflow, jax or torch, not 'theano'.\n"
    assert not opened


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_device_is_refused(run, opened, command):
    code, _, error = run(*command, "--device", "tpu")
    assert code == 2
    assert error.startswith("lossexplorer: The device must be auto, cpu, gpu or gpu:N")
    assert "'tpu'" in error
    assert not opened


def test_a_variable_that_names_no_backend_is_refused_as_an_option_is(run, monkeypatch):
    monkeypatch.setenv(environment.BACKEND_VARIABLE, "mlx")
    code, _, error = run("evaluate", "sample:tumour")
    assert (code, "not 'mlx'" in error) == (2, True)


@pytest.mark.parametrize("command", COMPUTING)
def test_a_backend_that_is_not_installed_is_refused_before_anything_is_read(run, no_jax, command):
    code, _, error = run(command[0], "no such file.nii", "--backend", "jax")
    assert code == 2
    assert error == (
        "lossexplorer: JAX is not installed. Install it with: pip install jax – or choose another "
        "backend: tensorflow, torch.\n"
    )


def test_the_window_opens_without_the_backend_and_says_what_it_lacks_itself(run, no_jax, opened):
    code, _, error = run("--backend", "jax", "--device", "gpu:1")
    assert (code, error) == (0, "")
    assert opened == [{"KERAS_BACKEND": "jax", "LOSSEXPLORER_DEVICE": "gpu:1"}]


def test_without_options_the_variables_stay(run, opened, monkeypatch):
    monkeypatch.setenv(environment.DEVICE_VARIABLE, "cpu")
    assert run("open")[0] == 0
    assert opened == [{"KERAS_BACKEND": "tensorflow", "LOSSEXPLORER_DEVICE": "cpu"}]


@pytest.fixture
def remembered(monkeypatch, tmp_path):
    """Settings that name a backend and a device."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    SettingsStore(settings_path()).update(backend="jax", device="gpu:1")


def test_what_is_remembered_computes_where_nothing_else_is_said(
    run, opened, remembered, monkeypatch
):
    monkeypatch.delenv(environment.BACKEND_VARIABLE)
    monkeypatch.delenv(environment.DEVICE_VARIABLE)
    assert run("open")[0] == 0
    assert opened == [{"KERAS_BACKEND": "jax", "LOSSEXPLORER_DEVICE": "gpu:1"}]


def test_variables_and_options_win_over_what_is_remembered(run, opened, remembered, monkeypatch):
    assert run("open")[0] == 0
    assert run("open", "--backend", "torch", "--device", "cpu")[0] == 0
    assert opened == [
        {"KERAS_BACKEND": "tensorflow", "LOSSEXPLORER_DEVICE": "auto"},
        {"KERAS_BACKEND": "torch", "LOSSEXPLORER_DEVICE": "cpu"},
    ]


def test_a_picture_is_computed_with_what_the_environment_says(
    run, opened, remembered, monkeypatch, tmp_path
):
    monkeypatch.setenv(environment.DEVICE_VARIABLE, "")
    assert run("open", "--screenshot", str(tmp_path / "picture.png"))[0] == 0
    assert opened == [{"KERAS_BACKEND": "tensorflow", "LOSSEXPLORER_DEVICE": ""}]


def test_the_report_names_what_computed(answer):
    result = answer("evaluate", "sample:tumour", "--backend", "tensorflow", "--device", "auto")
    assert result["engine"]["backend"] == sys.modules["keras"].backend.backend() == "tensorflow"


@pytest.mark.slow
def test_a_gpu_that_is_not_there_is_refused_in_a_sentence():
    """In a process of its own: here the backend has its device already."""
    from lossexplorer.cli.probe import Probe, ProbeError, ask
    from lossexplorer.cli.report import engine_answer

    probe = Probe(engine_answer, "The engine", PATIENCE, {environment.DEVICE_VARIABLE: "gpu:63"})
    with pytest.raises(ProbeError, match=r"The device gpu:63 was asked for, but TensorFlow sees"):
        ask(probe)
