"""Compiled functions are kept across starts, by version and processor, and never too many."""

import importlib.metadata
import os
import subprocess
import sys

import pytest

from lossexplorer.engine.backends import kept_functions
from lossexplorer.engine.backends.environment import installed


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "lossexplorer" / "compiled"


def test_each_version_and_processor_has_a_folder_of_its_own(cache, monkeypatch, tmp_path):
    here = kept_functions.folder_of("numpy")
    assert here.parent == cache
    assert here.name.startswith(f"numpy-{importlib.metadata.version('numpy')}-")
    assert kept_functions.folder_of("numpy") == here
    other = tmp_path / "cpuinfo"
    other.write_text("flags\t\t: fpu sse avx512f\nmodel name\t: another\n")
    monkeypatch.setattr(kept_functions, "_CPU_INFO", other)
    folders = {here, kept_functions.folder_of("numpy"), kept_functions.folder_of("scipy")}
    other.write_text("flags\t\t: fpu sse\nmodel name\t: another\n")
    folders.add(kept_functions.folder_of("numpy"))
    monkeypatch.setattr(kept_functions, "_CPU_INFO", tmp_path / "none")
    assert len(folders | {kept_functions.folder_of("numpy")}) == 5


def test_a_folder_with_too_much_in_it_is_emptied(cache):
    folder = kept_functions.folder_of("numpy")
    folder.mkdir(parents=True)
    (folder / "one").write_bytes(bytes(60))
    (folder / "two").write_bytes(bytes(60))
    assert kept_functions.folder_of("numpy", most=120) == folder
    assert sorted(path.name for path in folder.iterdir()) == ["one", "two"]
    assert kept_functions.folder_of("numpy", most=119) == folder
    assert not folder.exists()


_START = """
from lossexplorer.engine.backends import jax as backend
import jax, numpy as np

hits = []
jax.monitoring.register_event_listener(
    lambda event, **_: hits.append(event.endswith("/cache_hits"))
)
square = backend.compiled(lambda x: (x * x).sum())
print(float(square(backend.to_device(np.arange(5, dtype=np.float32)))), sum(hits))
"""


@pytest.mark.slow  # three processes that import JAX
@pytest.mark.skipif(not installed("jax"), reason="JAX is not installed")
def test_jax_reads_at_the_next_start_what_it_compiled_and_survives_damage(cache):
    variables = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "LOSSEXPLORER_DEVICE": "cpu",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }

    def start():
        command = [sys.executable, "-c", _START]
        ran = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
        value, hits = ran.stdout.split()
        assert float(value) == 0 + 1 + 4 + 9 + 16
        return int(hits)

    assert start() == 0
    (folder,) = cache.iterdir()
    files = [path for path in folder.iterdir() if path.is_file()]
    assert files
    assert start() > 0
    for path in files:
        path.write_bytes(path.read_bytes()[:20])
    assert start() == 0
