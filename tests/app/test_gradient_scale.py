"""The scale of the gradient's colours is chosen and typed at the colour bar, and in the menu."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from lossexplorer.core.numbers import tidy


def limits(driver):
    driver.canvas.maps.finish()
    layer = next(layer for layer in driver.viewer.layers if layer.name.startswith("∂"))
    return tuple(layer.contrast_limits)


@pytest.fixture
def scaled(driver):
    """A prediction that errs; the scale is automatic again afterwards."""
    driver.answer(lambda: driver.session.set_control("shift_y", 3.0))
    driver.answer(lambda: driver.session.set_control("confidence", 0.9))
    yield driver
    driver.session.show(scale="automatic")


def choose(driver, scale):
    """Choose a scale from the list at the colour bar, by keys."""
    box = driver.window.legend.scale.follows
    wanted = ["each map", "all shown", "fixed"].index(scale)
    while box.currentIndex() != wanted:
        key = Qt.Key.Key_Down if box.currentIndex() < wanted else Qt.Key.Key_Up
        driver.press(box, key)


def size_of(driver):
    """The 99.5th percentile of the painted gradient's magnitude where it is not 0."""
    painted = np.abs(driver.painted("gradient").astype(np.float64))
    return np.percentile(painted[painted > 0], 99.5)


def test_losses_share_a_scale(scaled):
    scaled.canvas.maps.clear()  # what other tests have painted
    sizes = {}
    for loss in ("cross_entropy", "iou", "dice"):
        scaled.answer(lambda loss=loss: scaled.session.show(loss=loss))
        sizes[loss] = size_of(scaled)
    widest = max(sizes.values())
    assert min(sizes.values()) < widest
    choose(scaled, "all shown")
    assert scaled.session.state.view.scale == "shared"
    for loss in sizes:
        scaled.answer(lambda loss=loss: scaled.session.show(loss=loss))
        assert limits(scaled) == pytest.approx((-widest, widest), rel=1e-5)
        assert scaled.window.legend.high.text() == tidy(limits(scaled)[1], signed=True)
    assert scaled.action("Shared by All Shown").isChecked()


def test_a_shared_scale_knows_nothing_of_what_was_set_before(scaled):
    choose(scaled, "all shown")
    sizes = {}
    for loss in ("cross_entropy", "iou", "dice"):
        scaled.answer(lambda loss=loss: scaled.session.show(loss=loss))
        sizes[loss] = size_of(scaled)
    narrow, *_, wide = sorted(sizes, key=sizes.get)
    if narrow != "dice":
        scaled.answer(lambda: scaled.session.show(loss=narrow))
    assert limits(scaled)[1] == pytest.approx(sizes[wide], rel=1e-5)
    # Where nothing is wrong and all is nearly certain, every gradient is small.
    for name, text in {"shift_y": "0", "confidence": "1e-4"}.items():
        line = scaled.row("", name).line
        scaled.answer(lambda line=line, text=text: scaled.type(line, text))
    assert size_of(scaled) < 0.1 * sizes[wide]
    assert limits(scaled)[1] == pytest.approx(size_of(scaled), rel=1e-5)
    scaled.answer(lambda: scaled.session.show(loss=wide))
    widest = size_of(scaled)
    scaled.answer(lambda: scaled.session.set_weight(narrow, 2.0))  # which the total alone feels
    scaled.answer(lambda: scaled.session.show(loss=narrow))
    assert size_of(scaled) < widest
    assert limits(scaled)[1] == pytest.approx(widest, rel=1e-5)


def test_a_scale_that_is_fixed_stays_as_it_was(scaled):
    before = limits(scaled)
    choose(scaled, "fixed")
    scaled.answer(lambda: scaled.session.show(loss="cross_entropy"))
    assert limits(scaled) == before
    scaled.action("Of Each Map").trigger()
    assert scaled.window.legend.scale.follows.currentText() == "each map"
    painted = np.abs(scaled.painted("gradient"))
    assert limits(scaled)[1] <= np.nanmax(painted)


def test_the_end_of_the_bar_is_typed(scaled):
    end = scaled.window.legend.high
    scaled.type(end, "2e-3")
    assert limits(scaled) == (-2e-3, 2e-3)
    assert scaled.window.legend.scale.follows.currentText() == "fixed"
    assert (scaled.window.legend.low.text(), end.text()) == ("−0.002", "+0.002")
    scaled.type(end, "0,5")
    assert limits(scaled) == (-0.5, 0.5)


@pytest.mark.parametrize("wrong", ["-1", "0", "wide", "inf", ""])
def test_what_is_no_end_is_marked_and_put_back(scaled, wrong):
    end, before = scaled.window.legend.high, limits(scaled)
    shown = end.text()
    scaled.type(end, wrong)
    assert end.property("problem")
    assert "above 0" in end.toolTip()
    assert limits(scaled) == before
    QTest.keyClick(end, Qt.Key.Key_Escape)
    assert end.text() == shown
    assert not end.property("problem")
    scaled.type(end, wrong)
    scaled.canvas.native.setFocus()
    assert end.text() == shown
