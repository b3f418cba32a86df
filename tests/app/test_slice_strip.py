"""The strip of the slices and the keys that go to slices, against fields in float64."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QToolTip

from lossexplorer.engine.messages import Plane
from tests.app.driver import EDGES, SHOWN, Closed, shifted, tumour

SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def strip(driver):
    """The strip in a window that has room for it; tumour moved by three voxels along z and x."""
    driver.resize(1400, 900)
    driver.answer(lambda: driver.session.set_control("shift_x", 3 * EDGES[2]))
    driver.answer(lambda: driver.session.set_control("shift_z", 2 * EDGES[0]))
    driver.answer(lambda: driver.session.set_control("confidence", 0.9))
    yield driver.window.centralWidget().strip
    driver.settings.update(slice_strip=True)


@pytest.fixture(scope="module")
def closed():
    return Closed(shifted(tumour(), x=3, z=2), 0.9)


def known(driver):
    """The sums of the slices of what is set, once they are known."""
    record = driver.controller.records
    driver.bot.waitUntil(lambda: record["slices"].is_of(driver.session.state))
    return record["slices"]


def of_slices(field, axis=0):
    return field.sum(axis=tuple(each for each in range(3) if each != axis))


def shares(closed, *losses, axis=0):
    """Each slice's share of the squared gradient of a sum of losses."""
    squares = of_slices(sum(closed.gradient(loss, "logit") for loss in losses) ** 2, axis)
    return squares / squares.sum()


def errors(closed):
    truth, decided = tumour() == 1, closed.p[1] > 0.5
    return decided & ~truth, truth & ~decided


def here(driver):
    return driver.session.state.view.plane.index


def drawn(strip, color, index):
    """How many pixels of a colour a slice has from top to bottom, in its middle."""
    picture = strip.grab().toImage()
    x = round(strip.place_of(index).center().x())
    found = [picture.pixelColor(x, y) for y in range(picture.height())]
    return sum(max(abs(a - b) for a, b in zip(c.getRgb(), color, strict=True)) <= 2 for c in found)


def test_the_strip_has_the_numbers_of_each_slice_and_draws_them(driver, strip, closed):
    slices = known(driver)
    assert driver.plots.currentIndex() == 0  # no plot of slices is seen
    added, missed = errors(closed)
    for name, field in (
        ("truth", tumour() == 1), ("prediction", closed.p[1]),
        ("false positive", added), ("false negative", missed),
    ):  # fmt: skip
        np.testing.assert_allclose(slices.sums[name], of_slices(field), rtol=1e-4)
    assert set(slices.losses) == set(SHOWN)
    for loss in SHOWN:
        np.testing.assert_allclose(slices.shares(loss), shares(closed, loss), rtol=1e-3, atol=1e-9)
    both = of_slices(added) + of_slices(missed)
    for index in (both.argmax(), int(np.flatnonzero(both)[0])):
        if index == here(driver):
            continue
        red = 8 * of_slices(added)[index] / both.max()
        blue = 8 * of_slices(missed)[index] / both.max()
        assert drawn(strip, QColor.fromRgbF(0.85, 0.27, 0.24).getRgb(), index) == pytest.approx(
            red, abs=1
        )
        assert drawn(strip, QColor.fromRgbF(0.22, 0.46, 0.90).getRgb(), index) == pytest.approx(
            blue, abs=1
        )


def test_each_slice_is_below_the_handle_that_shows_it(driver, strip):
    known(driver)
    slider = driver.canvas.widget.dims.slider_widgets[0].slider
    for index in (0, 5, 24):
        driver.answer(lambda index=index: driver.session.show(plane=Plane(0, index)))
        place = strip.mapToGlobal(strip.place_of(index).center().toPoint())
        on_slider = slider.mapFromGlobal(place).x()
        value = slider.value()
        # A click there, which moves the handle's middle to it, leaves it where it is.
        QTest.mouseClick(slider, LEFT, pos=QPoint(on_slider, slider.height() // 2))
        assert slider.value() == value == index


def test_a_click_goes_to_a_slice_and_a_drag_along(driver, strip, closed):
    known(driver)
    index = int(of_slices(errors(closed)[0]).argmax())
    place = strip.place_of(index).center().toPoint()
    QTest.mouseClick(strip, LEFT, pos=place)
    assert here(driver) == index
    for step in (1, 2):
        to = strip.place_of(index + step).center()
        event = QMouseEvent(
            QEvent.Type.MouseMove, to, QPointF(strip.mapToGlobal(to.toPoint())),
            Qt.MouseButton.NoButton, LEFT, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(strip, event)
        assert here(driver) == index + step
    driver.answer(lambda: driver.session.show(plane=Plane(0, 12)))
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(place), QPointF(strip.mapToGlobal(place)),
        Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(strip, event)
    said = QToolTip.text().splitlines()
    assert said[0] == f"z {index}"
    assert said[1].split() == ["truth", f"{of_slices(tumour() == 1)[index]:,}", "voxels"]
    assert here(driver) == 12  # nothing was pressed


def test_keys_go_to_the_next_slice_with_the_class_or_an_error(driver, strip, closed):
    canvas = driver.canvas.native
    added, missed = errors(closed)
    for modifier, has in (
        (SHIFT, of_slices(tumour() == 1) > 0),
        (ALT, of_slices(added | missed) > 0),
    ):
        wanted = [int(each) for each in np.flatnonzero(has)]
        driver.answer(lambda: driver.session.show(plane=Plane(0, 0)))
        known(driver)
        went = []
        for _ in wanted:
            driver.press(canvas, Qt.Key.Key_Right, modifier=modifier)
            went.append(here(driver))
        assert went == [each for each in wanted if each > 0][: len(went)]
        driver.press(canvas, Qt.Key.Key_Left, modifier=modifier)
        assert here(driver) == wanted[-2]
        driver.press(canvas, Qt.Key.Key_Right, 2, modifier=modifier)
        assert here(driver) == wanted[-1]
        assert "There is no other slice with" in " ".join(driver.texts(driver.window.messages))
        driver.window.messages.hide()


def test_keys_go_from_the_largest_share_to_smaller_ones(driver, strip, closed):
    canvas = driver.canvas.native
    for loss, parts in (("cross_entropy", ["cross_entropy"]), ("total", SHOWN)):
        driver.answer(lambda loss=loss: driver.session.show(loss=loss))
        known(driver)
        order = list(np.argsort(-shares(closed, *parts)))
        driver.press(canvas, Qt.Key.Key_M, modifier=SHIFT)
        assert here(driver) == order[0]
        driver.press(canvas, Qt.Key.Key_Right, 2, modifier=SHIFT | ALT)
        assert here(driver) == order[2]
        driver.press(canvas, Qt.Key.Key_Left, modifier=SHIFT | ALT)
        assert here(driver) == order[1]
    both = of_slices(errors(closed)[0] | errors(closed)[1])
    driver.press(canvas, Qt.Key.Key_M, modifier=Qt.KeyboardModifier.ControlModifier)
    assert here(driver) == both.argmax()


def test_nothing_is_asked_of_slices_while_the_strip_is_hidden_until_a_key_asks(driver, strip):
    known(driver)
    driver.action("Slices Strip").trigger()
    assert strip.isHidden()
    assert not driver.action("Slices Strip").isChecked()
    driver.settle(lambda: driver.session.set_control("shift_z", 4 * EDGES[0]))
    record = driver.controller.records
    assert not record["slices"].is_of(driver.session.state)
    wrong = errors(Closed(shifted(tumour(), x=3, z=4), 0.9))
    last = int(np.flatnonzero(of_slices(wrong[0] | wrong[1]))[-1])
    driver.session.show(plane=Plane(0, last - 1))
    driver.press(driver.canvas.native, Qt.Key.Key_Right, modifier=ALT)
    driver.bot.waitUntil(lambda: here(driver) == last)
    assert record["slices"].is_of(driver.session.state)


def test_the_strip_follows_the_axis_and_goes_where_there_are_no_slices(driver, strip, closed):
    driver.answer(lambda: driver.action("Slices Along x (Sagittal)").trigger())
    slices = known(driver)
    np.testing.assert_allclose(slices.sums["prediction"], of_slices(closed.p[1], axis=2), rtol=1e-4)
    assert strip.count == 256
    driver.answer(driver.action("Slice or 3D").trigger)
    assert strip.isHidden()
    assert not driver.action("Next Slice with an Error").isEnabled()
    driver.answer(driver.action("Slice or 3D").trigger)
    assert strip.isVisible()
    driver.resize(1400, 480)
    assert strip.isHidden()  # the canvas needs the room


def test_a_hand_that_goes_on_has_it_drawn_once(driver, strip, monkeypatch):
    """It is pale then, and drawing every slice again would take time from the values."""
    known(driver)
    drawings = []
    monkeypatch.setattr(strip, "update", lambda: drawings.append(1))
    for voxels in (1, 2, 3):
        driver.session.set_control("shift_x", 1.5 * voxels)
    assert len(drawings) == 1
    driver.session.show(plane=Plane(0, here(driver) + 1))
    assert len(drawings) == 2
