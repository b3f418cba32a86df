"""The values in a voxel: listed where the pointer rests, and pinned by a click."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.engine.messages import TOTAL
from tests.app.driver import EDGES, Closed, shifted, tumour
from tests.app.test_appearance import pixels

LOSSES = ("dice", "tversky", "iou", "cross_entropy")


@pytest.fixture
def wrong(driver):
    """A prediction two voxels off along y, that is sure of itself with 0.9."""
    driver.session.set_control("shift_y", 2 * EDGES[1])
    driver.settle(lambda: driver.session.set_control("confidence", 0.9))
    yield Closed(shifted(tumour(), y=2), 0.9)
    driver.session.show(pinned=None)


@pytest.fixture
def probe(driver):
    return driver.window.stage.probe


def missed(driver, closed):
    """A voxel of slice 12 that the prediction misses, and that is the one at a pixel of each pane.

    On a small screen a pixel is more than a voxel.
    """
    for y, x in np.argwhere((tumour()[12] == 1) & (closed.p[1, 12] < 0.5)).tolist():
        if all(
            at_pixel(driver, pixel(driver, (12, y, x), pane)) == (12, y, x) for pane in range(4)
        ):
            return 12, y, x
    raise AssertionError


def pixel(driver, voxel, pane):
    """The whole pixel of the canvas that is next to a voxel's middle."""
    return QPointF(driver.canvas.places.pixel(voxel, pane).toPoint())


def at_pixel(driver, place):
    """The voxel at a pixel."""
    return tuple(map(round, driver.canvas.places.place(place)))


def move_to(driver, place):
    native = driver.canvas.native
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, native.mapToGlobal(place), Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(native, event)


def point_at(driver, place, said, voxel):
    """Move the pointer until it is heard: vispy drops moves that follow each other closely."""

    def is_heard():
        move_to(driver, place)
        return said[-1:] == [voxel]

    driver.bot.waitUntil(is_heard)


def click_on(driver, place):
    move_to(driver, place)
    QTest.mouseClick(driver.canvas.native, Qt.MouseButton.LeftButton, pos=place.toPoint())


def number(text):
    return float(text.replace("−", "-"))


def assert_lists(driver, box, voxel, closed):
    """A box lists probabilities and gradients in closed form, as far as it has digits."""
    assert box.is_current
    state = driver.session.state
    for index, name in enumerate(("background", "tumour")):
        expected = closed.p[(index, *voxel)]
        assert number(box.text_of(name)) == pytest.approx(expected, rel=6e-3)
    for loss in LOSSES:
        expected = closed.gradient(loss, "logit")[voxel]
        listed = number(box.text_of(state.experiment.title(loss)))
        assert listed == pytest.approx(expected, rel=6e-3), loss


def test_pixels_of_every_pane_are_those_that_napari_has(driver, wrong):
    said = []
    driver.canvas.pointer.probed.connect(said.append)
    for convention in ("as stored", "neurological"):
        driver.session.show(convention=convention)
        for pane in range(4):
            for voxel in ((12, 100, 100), (12, 90, 115)):
                exact = driver.canvas.places.pixel(voxel, pane)
                np.testing.assert_allclose(driver.canvas.places.place(exact), voxel, atol=1e-6)
                assert driver.canvas.places.pane(pane).contains(exact)
                place = pixel(driver, voxel, pane)
                point_at(driver, place, said, at_pixel(driver, place))
    driver.canvas.pointer.probed.disconnect(said.append)


def test_where_the_pointer_rests_every_class_and_loss_is_listed(driver, probe, wrong):
    voxel = missed(driver, wrong)
    move_to(driver, pixel(driver, voxel, 1))
    driver.bot.waitUntil(probe.resting.isVisible)
    assert_lists(driver, probe.resting, voxel, wrong)
    assert probe.resting.where.text() == f"z 12  y {voxel[1]}  x {voxel[2]}  ·  tumour"
    assert driver.session.state.view.pinned is None
    move_to(driver, pixel(driver, (12, voxel[1] + 3, voxel[2]), 1))
    driver.bot.waitUntil(probe.resting.isHidden)


def test_a_click_pins_it_and_it_follows_the_sliders(driver, probe, wrong):
    voxel = missed(driver, wrong)
    driver.settle(lambda: click_on(driver, pixel(driver, voxel, 2)))
    assert driver.session.state.view.pinned == voxel
    assert_lists(driver, probe.pinned, voxel, wrong)
    width = probe.pinned.width()
    # Before the answer comes, the values are those of before, and that is said.
    driver.session.set_control("shift_y", 0.0)
    assert not probe.pinned.is_current
    assert "former state" in probe.pinned.note.text()
    probe.pinned.note.setText("Preview: the last digits may change. " * 3)
    probe.pinned.adjustSize()
    assert probe.pinned.width() == width  # the sentence is in lines below
    assert probe.pinned.note.height() >= 2 * probe.pinned.note.fontMetrics().lineSpacing()
    driver.settle(lambda: driver.session.set_control("confidence", 0.8))
    assert_lists(driver, probe.pinned, voxel, Closed(tumour(), 0.8))
    # In another slice the same place is listed.
    driver.answer(lambda: driver.viewer.dims.set_current_step(0, 14))
    assert_lists(driver, probe.pinned, voxel, Closed(tumour(), 0.8))
    assert driver.canvas.marks.isVisible()


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_it_is_light_on_dark_in_both_themes(driver, probe, theme):
    """napari's own style sheet had it light in the light theme, and its numbers nearly white."""
    driver.answer(lambda: click_on(driver, pixel(driver, (12, 100, 100), 2)))
    driver.action(theme).trigger()
    shown = pixels(probe.pinned.grab().toImage()).max(axis=2)
    assert np.median(shown) < 40
    assert (shown > 200).mean() > 0.005


def test_it_is_unpinned_by_escape_and_by_its_button(driver, probe, wrong):
    for unpin in (
        lambda: driver.press(driver.canvas.native, Qt.Key.Key_Escape),
        lambda: driver.click(probe.pinned.close_button),
    ):
        driver.answer(lambda: click_on(driver, pixel(driver, (12, 100, 100), 0)))
        assert probe.pinned.isVisible()
        unpin()
        assert driver.session.state.view.pinned is None
        assert probe.pinned.isHidden()
        assert driver.canvas.marks.isHidden()


def test_it_says_what_belongs_to_another_class_no_more(driver, probe, wrong):
    voxel = missed(driver, wrong)
    driver.answer(lambda: click_on(driver, pixel(driver, voxel, 0)))
    driver.session.show(class_index=0)
    assert {row.text for row in probe.pinned.rows} == {"…"}
    driver.answer(lambda: None)
    expected = wrong.gradient("dice", "logit", 0)[voxel]
    assert number(probe.pinned.text_of("Dice")) == pytest.approx(expected, rel=6e-3)


def test_the_total_is_the_weighted_sum(driver, probe, wrong):
    voxel = missed(driver, wrong)
    driver.session.set_weight("dice", 3.0)
    for name in set(driver.session.state.experiment.shown) - set(LOSSES):
        driver.session.remove_loss(name)
    driver.answer(lambda: click_on(driver, pixel(driver, voxel, 0)))
    weights = dict.fromkeys(LOSSES, 1.0) | {"dice": 3.0}
    total = sum(w * wrong.gradient(loss, "logit")[voxel] for loss, w in weights.items())
    title = driver.session.state.experiment.title(TOTAL)
    assert number(probe.pinned.text_of(title)) == pytest.approx(total, rel=6e-3)


def test_of_another_volume_nothing_is_asked_where_it_may_not_reach(
    driver, probe, monkeypatch, tmp_path
):
    """The pointer was in the thirteenth slice of the volume before."""
    np.save(tmp_path / "flat.npy", np.eye(8, dtype=np.uint8).reshape(1, 8, 8).repeat(6, axis=0))
    asked = []
    monkeypatch.setattr(driver.controller, "look_at", asked.append)
    driver.canvas.pointer.probed.emit((12, 100, 100))
    try:
        driver.open(tmp_path / "flat.npy")
        assert driver.session.volume.shape == (6, 8, 8)
        probe._rest.timeout.emit()
        assert asked[-1] is None
        assert probe.resting.isHidden()
    finally:
        driver.open("sample:tumour")
