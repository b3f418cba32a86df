"""Regression: TensorFlow and a Mesa OpenGL window in one process died with SIGSEGV.

The guard in conftest.py is why the suite can hold both. Here a process of its own does what the
suite does, in either order, with the guard and nothing else of the suite.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

CONFTEST = Path(__file__).with_name("conftest.py")

GUARD = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("conftest", {str(CONFTEST)!r})
conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(conftest)
conftest.install_tensorflow_guard()
assert "tensorflow" not in sys.modules
"""

COMPUTE = """
import keras
import tensorflow as tf

@tf.function(jit_compile=True)
def compute(x):
    return tf.reduce_sum(keras.ops.softmax(x, axis=0) ** 2)

assert 0 < float(compute(tf.random.normal([3, 1000]))) < 1000
"""

DRAW = """
import napari.qt
import numpy as np
from napari.components import ViewerModel

app = napari.qt.get_qapp()
model = ViewerModel()
view = napari.qt.QtViewer(model, show_welcome_screen=False)
model.add_labels(np.arange(512).reshape(8, 8, 8) % 4)
view.resize(300, 300)
view.show()
for ndisplay in (2, 3):
    model.dims.ndisplay = ndisplay
    app.processEvents()
    assert view.screenshot(flash=False).std() > 0
model.layers.clear()
view.close()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="symbols are shared like this on Linux only")
@pytest.mark.parametrize(
    "steps",
    [(COMPUTE, DRAW, COMPUTE), (DRAW, COMPUTE, DRAW)],
    ids=["tensorflow first", "window first"],
)
def test_tensorflow_and_an_opengl_window_share_a_process(steps):
    command = [sys.executable, "-X", "faulthandler", "-c", "\n".join((GUARD, *steps))]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert answer.returncode == 0, answer.stderr
