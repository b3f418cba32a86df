"""Nothing on screen is about what is no longer shown."""

import os
import signal

import numpy as np
import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from tests.app.test_slices import point


@pytest.fixture
def pointed(driver):
    """The pointer over the middle of the first map, and what the status line says of it."""
    native = driver.canvas.widget.canvas.native
    said = []
    driver.window.stage.probed.connect(said.append)
    point(driver, native.width() / 4, native.height() / 4)
    assert "prediction" in said[-1]
    return said


def test_the_line_follows_the_slice_under_a_still_pointer(driver, pointed):
    index = driver.session.state.view.plane.index
    driver.answer(lambda: driver.viewer.dims.set_current_step(0, index + 1))
    driver.window.stage.finish()
    assert pointed[-1].startswith(f"z {index + 1}  ")
    assert "prediction" in pointed[-1]


def test_the_line_follows_what_is_painted(driver, pointed):
    before = pointed[-1]
    assert "∂ Cross-entropy" not in before
    driver.answer(lambda: driver.session.show(loss="cross_entropy"))
    driver.window.stage.finish()
    assert "∂ Cross-entropy" in pointed[-1]
    z, y, x = (int(word) for word in pointed[-1].split()[1:6:2])
    gradient = driver.canvas.array("gradient")[z, y, x]
    assert float(pointed[-1].split()[-1].replace("−", "-")) == pytest.approx(gradient, rel=1e-2)
    assert np.isfinite(gradient)


@pytest.mark.skipif(os.name != "posix", reason="needs signals that stop")
def test_the_line_has_no_values_of_what_was_set_before(driver, pointed):
    native, pid = driver.canvas.widget.canvas.native, driver.statuses[-1].info.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        driver.session.set_control("shift_x", 3.0)
        said = point(driver, native.width() / 4 + 9, native.height() / 4)
    finally:
        driver.answer(lambda: os.kill(pid, signal.SIGCONT))
    assert [words.split()[0] for words in said.split("     ")] == ["z", "truth"]
    driver.window.stage.finish()
    assert "prediction" in pointed[-1]


def test_the_line_is_empty_once_the_pointer_has_left(driver, pointed):
    QApplication.sendEvent(driver.canvas.widget.canvas.native, QEvent(QEvent.Type.Leave))
    assert pointed[-1] == ""


def test_another_volume_has_no_curve_of_the_one_before(driver):
    """Until its own are there; another sample of the same volumes keeps those of the batch."""
    plot = driver.plots.widgets["response"]
    driver.settle(lambda: driver.session.set_control("shift_x", 3.0))
    axis, values = map(plot.getPlotItem().getAxis, ("bottom", "left"))
    assert plot.curves_shown()
    assert values.style["showValues"]
    assert "shift x" in axis.labelText
    seen, numbered = [], []

    def look(change):
        if change.shows_another_volume:
            drawn = [curve for curve in plot.curves_shown() if len(curve.values)]
            below = axis.labelText
            seen.append((drawn, plot.marks.marks, len(plot._here.data), below))
            numbered.append(values.style["showValues"])
            seen.append((driver.window.legend.low.text(), driver.window.legend.high.text()))

    driver.session.changed.connect(look)
    try:
        driver.settle(lambda: driver.start("sample:nuclei"))
        assert plot.curves_shown()
        assert values.style["showValues"]
    finally:
        driver.session.changed.disconnect(look)
        driver.start()
    assert numbered == [False]
    assert seen[:2] == [([], (), 0, ""), ("", "")]


def test_another_volume_has_no_number_of_the_one_before(driver, pointed):
    losses = driver.losses
    seen = []

    def look(change):
        if change.shows_another_volume:
            cards = losses.cards.values()
            seen.append([losses.total.value.text(), losses.total.title.text()])
            seen[-1] += [card.value.text() for card in cards]
            seen[-1] += [card.value.toolTip() for card in cards]
            seen[-1] += [pointed[-1], driver.window.statusBar().currentMessage()]

    driver.session.changed.connect(look)
    try:
        driver.start("sample:nuclei")
    finally:
        driver.session.changed.disconnect(look)
        driver.start()
    shown = set(seen[0]) - {"–", "", "Total Σ λ L"}
    assert not shown
