"""Lines of plots on screens of other scales, drawn by a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

SCRIPT = """
import sys
from types import SimpleNamespace
from qtpy.QtWidgets import QApplication
app = QApplication([])
import numpy as np
from lossexplorer.app.exports.drawing import image_of
from lossexplorer.app.loss_pens import pen_of
from lossexplorer.app.widgets.quiet_plot import QuietPlot
picture = float(sys.argv[1])
plot = QuietPlot()
plot.resize(300, 200)
plot.plot([0, 1], [1, 1], pen=pen_of("cross_entropy"))
plot.setYRange(0, 2)
plot.show()
app.processEvents()
if picture:
    image = image_of(plot, SimpleNamespace(canvas=None), picture)
else:
    image = plot.grab().toImage()
color = pen_of("cross_entropy").color()
column = [image.pixelColor(image.width() // 2, y) for y in range(image.height())]
near = [sum(abs(a - b) for a, b in zip(c.getRgb(), color.getRgb())) < 60 for c in column]
print(image.width(), sum(near))
"""


def drawn(scale, picture):
    """The width of a plot of 300 pixels and of a line of 2 in it, in the pixels of a drawing."""
    environment = {**os.environ, "QT_SCALE_FACTOR": str(scale), "QT_QPA_PLATFORM": "offscreen"}
    environment["PYTHONPATH"] = os.fspath(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(picture)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return tuple(map(int, done.stdout.split()))


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_a_curve_is_as_wide_in_the_window_whatever_the_screen_s_scale(scale):
    """Qt counts the width of such a line in the screen's pixels."""
    width, thickness = drawn(scale, picture=0)
    assert width == 300 * scale
    assert thickness == pytest.approx(2 * scale, abs=1)


@pytest.mark.parametrize(("scale", "picture"), [(1, 1), (1, 4), (2, 1), (2, 4)])
def test_a_curve_is_as_wide_in_a_picture_of_any_scale(scale, picture):
    width, thickness = drawn(scale, picture)
    assert width == 300 * picture
    assert thickness == pytest.approx(2 * picture, abs=1)
