"""Snapshots are part of a session: saved with it, and back in the strip when it is opened."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from lossexplorer.core.numbers import loss_value
from lossexplorer.core.resources import resource
from lossexplorer.documents import read_document
from tests.app.driver import EDGES, NO_MODIFIER, Closed, shifted, tumour
from tests.app.sessions.test_session_files import choose, driver, save, sessions, settling

__all__ = ["driver"]
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def snapshots(driver):
    return driver.window.context.snapshots


@pytest.fixture
def strip(driver):
    return driver.panels.widget("snapshots").strip


def click(strip, number, modifier=NO_MODIFIER):
    place = strip.place_of(number).center()
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def keep(driver, voxels):
    """Shift by so many voxels, and keep a snapshot."""
    driver.answer(lambda: driver.session.set_control("shift_x", voxels * EDGES[2]))
    driver.shortcut("Ctrl+K")


def open_session(driver, monkeypatch, path):
    choose(monkeypatch, path)
    settling(driver, driver.action("Open Session…").trigger)


def test_snapshots_are_back_when_a_session_is_opened(
    driver, snapshots, strip, monkeypatch, tmp_path
):
    path = tmp_path / "two.lossx"
    for voxels in (2, 4):
        keep(driver, voxels)
    snapshots.rename(1, "Small shift")
    before = [(each.name, each.picture, each.kept_at) for each in snapshots.kept]
    save(driver, monkeypatch, path)
    assert [each.name for each in read_document(path).snapshots] == ["Small shift", "Snapshot 2"]
    sessions(driver)._take_name(None)
    driver.reset()
    assert not strip.isVisible()
    open_session(driver, monkeypatch, path)
    assert strip.isVisible()
    assert [(each.name, each.picture, each.kept_at) for each in snapshots.kept] == before
    assert strip.itemDelegate().here == 2
    driver.answer(lambda: click(strip, 1))
    assert driver.session.store.undo_label == "Back to Small shift"
    assert driver.card_text("dice") == loss_value(Closed(shifted(tumour(), x=2)).value("dice"))


def test_values_that_are_not_stored_are_computed_for_the_comparison(
    driver, snapshots, strip, monkeypatch, tmp_path
):
    path = tmp_path / "two.lossx"
    for voxels in (2, 4):
        keep(driver, voxels)
    save(driver, monkeypatch, path)
    open_session(driver, monkeypatch, path)
    assert snapshots[1].answer is None
    click(strip, 1, CTRL)
    driver.bot.waitUntil(lambda: snapshots[1].answer is not None)
    closed = [Closed(shifted(tumour(), x=x)).value("dice") for x in (4, 2)]
    table = driver.plots.widgets["compare"].values.texts()
    assert table[1][:3] == ["Dice", *map(loss_value, closed)]


def test_volumes_of_a_stored_snapshot_are_opened_when_it_is_gone_back_to(
    driver, snapshots, strip, monkeypatch, tmp_path
):
    path = tmp_path / "other.lossx"
    keep(driver, 2)
    driver.open("sample:plate")
    save(driver, monkeypatch, path)
    open_session(driver, monkeypatch, path)
    assert driver.session.volume.path == "sample:plate"
    assert snapshots[1].state.experiment.case is None
    assert snapshots.other is None  # it cannot be flipped to before it is open
    save(driver, monkeypatch, path)  # as it was
    assert read_document(path).snapshots[0].volumes[0].path == "sample:tumour"
    driver.wait(
        driver.controller.answered,
        lambda: click(strip, 1),
        check=lambda answer: (
            driver.is_current(answer) and driver.session.volume.path == "sample:tumour"
        ),
    )
    assert driver.card_text("dice") == loss_value(Closed(shifted(tumour(), x=2)).value("dice"))


def test_a_snapshot_is_a_change_that_is_not_saved_and_a_flip_is_none(
    driver, snapshots, monkeypatch, tmp_path
):
    path = tmp_path / "changed.lossx"
    keep(driver, 2)
    save(driver, monkeypatch, path)
    assert not sessions(driver).is_modified
    driver.session.show(class_index=0)
    driver.shortcut("Ctrl+K")
    assert sessions(driver).is_modified
    save(driver, monkeypatch, path)
    assert not sessions(driver).is_modified
    snapshots.rename(1, "first")
    assert sessions(driver).is_modified
    keep(driver, 4)
    save(driver, monkeypatch, path)
    snapshots.choose(1)
    snapshots.flip()
    assert not sessions(driver).is_modified
    assert sessions(driver).document().controls["shift_x"] == 4 * EDGES[2]
    snapshots.flip_back()


def test_a_scenario_leaves_the_snapshots(driver, snapshots):
    keep(driver, 2)
    path = next(iter(sorted(resource("scenarios").glob("*.lossx"))))
    settling(driver, lambda: sessions(driver).open(str(path)))
    assert [each.name for each in snapshots.kept] == ["Snapshot 1"]
