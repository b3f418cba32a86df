"""Starting, and haste."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent
from qtpy.QtTest import QTest

from lossexplorer.app import engine_bridge, main
from lossexplorer.app.settings import SettingsStore
from tests.app.driver import evaluated, small_labels, write_nifti
from tests.app.undo.hand import RIGHT, VOXEL, offered, redo, undo
from tests.app.undo.shown import SHIFTED, answered, assert_same, settled


def test_there_is_nothing_to_undo_when_the_window_has_started(driver, monkeypatch, qapp, tmp_path):
    monkeypatch.setattr(main, "_report_exceptions", lambda _: None)
    window = main.make_window("dark", engine_bridge.engine_client(), SettingsStore())
    try:
        for name, value in main._START.items():
            window.context.session.set_control(name, value)
        path = write_nifti(tmp_path / "boxes.nii.gz", small_labels())
        driver.wait(window.context.files.opened, lambda: window.context.files.open([str(path)]))
        store = window.context.session.store
        assert (store.undo_label, store.redo_label) == ("", "")
        store.undo()
        assert window.context.session.state.experiment.controls["shift_x"] == 3.125
    finally:
        window.close()
        window.deleteLater()
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_undone_while_the_engine_computes_the_former_values_are_shown(driver):
    before, _ = answered(driver, lambda: driver.press(driver.row("", "shift_x").slider, RIGHT))
    slider = driver.row("", "softness").slider
    for _ in range(3):
        driver.press(slider, RIGHT, 3)
        QTest.qWait(40)  # so that it is asked
    again, _ = answered(driver, lambda: undo(driver, 9))
    assert driver.value("", "softness") == 0
    assert_same(again, before)
    assert driver.card_text("dice") == f"{SHIFTED.value('dice'):.4f}"


@pytest.mark.slow
def test_after_fifty_quick_undos_and_redos_the_window_shows_what_evaluate_prints(driver):
    """Of eleven edits, the first five are left."""
    driver.press(driver.row("", "shift_x").slider, RIGHT, 6)
    driver.press(driver.row("", "grow").slider, RIGHT, 4)
    driver.type(driver.expand("tversky").rows["alpha"].line, "0.7")

    def haste():
        for number in range(50):
            (undo if number % 5 < 3 else redo)(driver)
        redo(driver, 50)
        undo(driver, 6)

    found, rows = settled(driver, haste)
    assert driver.value("", "shift_x") == 5 * VOXEL
    assert driver.value("", "grow") == 0
    assert rows["shift_x"] == ("+3.91", 5 * VOXEL)
    assert rows["tversky alpha"][0] == "0.3"
    printed = evaluated("sample:tumour", "--set", "shift_x=5vox")
    for loss in printed["losses"]:
        value = np.inf if loss["value"] is None else loss["value"]
        assert found["cards"][loss["name"]] == pytest.approx(value, rel=1e-9)
    redo(driver, 50)
    assert offered(driver) == ("Tversky α 0.3 → 0.7", "")
