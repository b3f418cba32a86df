"""What the window keeps on the disk, and what its dialog offers; windows of this process."""

import json
import shutil

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog, QPushButton

from lossexplorer.app.sessions.recovery_dialog import RecoveryDialog


@pytest.fixture
def make_keeping(make_driver, tmp_path):
    """Make windows that have a volume open and keep their sessions in one folder."""

    def make():
        driver = make_driver(prepare=False)
        driver.window.context.recovery.begin(tmp_path / "sessions")
        driver.wait(driver.files.opened, lambda: driver.files.open(["sample:tumour"]))
        return driver

    return make


def on_disk(folder):
    """The documents that are on the disk, by folder."""
    found = {path.parent: path.read_text("ascii") for path in folder.glob("*/session.json")}
    return {path: json.loads(json.loads(text)["document"]) for path, text in found.items()}


def cut_off(folder):
    """Have what is on the disk be there once more, as of a window that is gone."""
    (path,) = on_disk(folder)
    shutil.copytree(path, folder / "gone")


def dialog_of(driver):
    return next((d for d in driver.window.findChildren(RecoveryDialog) if d.isVisible()), None)


def test_each_change_reaches_the_disk_while_nothing_waits_for_it(make_keeping, tmp_path):
    driver, sessions = make_keeping(), tmp_path / "sessions"
    driver.press(driver.row("", "shift_x").slider, Qt.Key.Key_Right, 4)
    driver.bot.waitUntil(
        lambda: [d["controls"]["shift_x"] for d in on_disk(sessions).values()] == [4 * 0.78125]
    )
    driver.session.show(wrt="probability")  # of the view, too
    driver.bot.waitUntil(
        lambda: [d["view"]["wrt"] for d in on_disk(sessions).values()] == ["probability"]
    )


def test_what_was_cut_off_is_offered_and_restored_as_it_was(make_keeping, tmp_path):
    first, sessions = make_keeping(), tmp_path / "sessions"
    first.session.set_control("grow", 2.0)
    first.session.set_parameter("tversky", "alpha", 0.75)
    first.session.set_weight("dice", 0.5)
    first.window.context.snapshots.keep(name="before the view")
    first.session.show(loss="tversky", wrt="probability")
    assert first.window.context.recovery.flush()
    cut_off(sessions)
    second = make_keeping()
    assert second.session.state != first.session.state
    second.window.context.recovery.offer()
    dialog = dialog_of(second)
    item = dialog.table.topLevelItem(0)
    assert dialog.table.topLevelItemCount() == 1
    assert dialog.table.horizontalScrollBar().maximum() == 0  # everything is seen at once
    assert (item.text(0), item.text(2)) == ("tumour", "1 control and 2 losses changed")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    second.bot.waitUntil(lambda: second.session.state.view == first.session.state.view)
    now, then = second.session.state.experiment, first.session.state.experiment
    assert (now.controls, now.losses, now.descent) == (then.controls, then.losses, then.descent)
    assert [each.name for each in second.window.context.snapshots.kept] == ["before the view"]
    # The window's own folder has it now.
    second.bot.waitUntil(lambda: not (sessions / "gone").exists())
    assert len(on_disk(sessions)) == 2


def test_snapshots_alone_are_offered_too(make_keeping, tmp_path):
    first = make_keeping()
    first.window.context.snapshots.keep(name="as it opens")
    assert first.window.context.recovery.flush()
    cut_off(tmp_path / "sessions")
    second = make_keeping()
    second.window.context.recovery.offer()
    assert dialog_of(second).table.topLevelItem(0).text(2) == "the snapshots changed"
    QTest.keyClick(dialog_of(second), Qt.Key.Key_Return)
    kept = second.window.context.snapshots
    second.bot.waitUntil(lambda: [each.name for each in kept.kept] == ["as it opens"])


def test_what_was_saved_as_a_file_comes_back_with_its_name_and_what_is_not_saved(
    make_keeping, tmp_path, monkeypatch
):
    path = tmp_path / "Vortrag über Dice.lossx"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    first = make_keeping()
    first.session.set_control("grow", 2.0)
    first.action("Save Session &As…".replace("&", "")).trigger()
    first.session.set_control("shift_x", 0.78125)
    assert first.window.context.recovery.flush()
    cut_off(tmp_path / "sessions")
    second = make_keeping()
    second.window.context.recovery.offer()
    item = dialog_of(second).table.topLevelItem(0)
    assert (item.text(0), item.text(2)) == (path.name, "1 control changed")
    QTest.keyClick(dialog_of(second), Qt.Key.Key_Return)
    sessions = second.window.context.sessions
    second.bot.waitUntil(lambda: sessions.path == path)
    assert sessions.is_modified
    controls = second.session.state.experiment.controls
    assert (controls["grow"], controls["shift_x"]) == (2.0, 0.78125)


def test_esc_leaves_it_where_it_is_and_start_empty_only_offers_it_no_more(make_keeping, tmp_path):
    driver, sessions = make_keeping(), tmp_path / "sessions"
    driver.session.set_control("grow", 2.0)
    recovery = driver.window.context.recovery
    assert recovery.flush()
    cut_off(sessions)
    kept = (sessions / "gone/session.json").read_text("ascii")
    recovery.offer()
    QTest.keyClick(dialog_of(driver), Qt.Key.Key_Escape)
    assert (sessions / "gone/session.json").read_text("ascii") == kept
    recovery.offer()
    driver.click(dialog_of(driver).start_empty)
    assert dialog_of(driver) is None
    recovery.offer()
    assert dialog_of(driver) is None
    driver.action("Recover Session…").trigger()
    assert dialog_of(driver).table.topLevelItemCount() == 1
    assert not dialog_of(driver).start_empty.isVisible()


def test_what_a_session_replaces_is_kept_and_one_click_goes_back_to_it(
    make_keeping, tmp_path, monkeypatch
):
    """Controls, losses and snapshots that have no file are not lost to a session that is opened."""
    driver, sessions = make_keeping(), tmp_path / "sessions"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a.lossx"), ""))
    driver.action("Save Session As…").trigger()
    driver.window.context.sessions._take_name(None)
    driver.session.set_control("grow", 2.0)
    driver.session.set_parameter("tversky", "alpha", 0.75)
    driver.window.context.snapshots.keep(name="made by hand")
    before = driver.session.state.experiment
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "a.lossx"), ""))
    driver.action("Open Session…").trigger()
    driver.bot.waitUntil(lambda: driver.session.state.experiment.controls["grow"] == 0.0)
    assert driver.window.context.snapshots.kept == ()
    messages = driver.window.messages
    assert messages.property("informs")
    assert "1 control and 1 loss changed" in messages.text.text()
    assert driver.window.context.recovery.flush()
    statuses = [json.loads(each.read_text("ascii"))["status"] for each in sessions.glob("*/*.json")]
    assert sorted(statuses) == ["left", "open"]
    (button,) = [b for b in messages.findChildren(QPushButton) if b.text() == "Go Back to It"]
    driver.click(button)
    driver.bot.waitUntil(lambda: driver.session.state.experiment.controls["grow"] == 2.0)
    now = driver.session.state.experiment
    assert (now.controls, now.losses) == (before.controls, before.losses)
    assert [each.name for each in driver.window.context.snapshots.kept] == ["made by hand"]
    # Nothing of the session that was opened had been changed, so that it is not kept.
    assert driver.window.context.recovery.flush()
    driver.bot.waitUntil(lambda: len(on_disk(sessions)) == 1)


def test_what_was_left_is_not_offered_unasked(make_keeping, tmp_path):
    driver = make_keeping()
    driver.session.set_control("grow", 2.0)
    document = driver.window.context.sessions.document()
    driver.session.set_control("grow", 3.0)
    driver.window.context.sessions.open_document(document)
    recovery = driver.window.context.recovery
    assert recovery.flush()
    recovery.offer()
    assert dialog_of(driver) is None
    driver.action("Recover Session…").trigger()
    assert dialog_of(driver).table.topLevelItem(0).text(2) == "1 control changed"


def test_without_a_volume_and_an_edit_there_is_nothing_to_keep(make_driver, tmp_path):
    driver = make_driver(prepare=False)
    driver.session.start_with({"grow": 1.5})  # as the program does
    driver.window.context.recovery.begin(tmp_path)
    driver.session.show(wrt="probability")
    assert driver.window.context.recovery.flush()
    assert list(tmp_path.iterdir()) == []
    driver.session.set_control("grow", 2.0)
    assert driver.window.context.recovery.flush()
    assert [d["controls"]["grow"] for d in on_disk(tmp_path).values()] == [2.0]


def test_a_window_in_which_nothing_was_changed_is_not_offered(make_keeping, tmp_path):
    driver = make_keeping()
    assert driver.window.context.recovery.flush()
    cut_off(tmp_path / "sessions")
    driver.window.context.recovery.offer()
    assert dialog_of(driver) is None


def test_a_window_that_is_closed_leaves_its_session_to_be_reopened(make_keeping, tmp_path):
    driver = make_keeping()
    driver.session.set_control("grow", 2.0)
    driver.window.close()
    driver = make_keeping()
    driver.window.context.recovery.offer()
    assert dialog_of(driver) is None
    driver.action("Reopen Last Session").trigger()
    driver.bot.waitUntil(lambda: driver.session.state.experiment.controls["grow"] == 2.0)


def test_what_the_disk_refuses_is_said_and_sliders_go_on(make_driver, tmp_path):
    (tmp_path / "file").write_text("no folder", "utf-8")
    driver = make_driver(prepare=False)
    driver.window.context.recovery.begin(tmp_path / "file" / "sessions")
    driver.wait(driver.files.opened, lambda: driver.files.open(["sample:tumour"]))
    driver.press(driver.row("", "shift_x").slider, Qt.Key.Key_Right, 4)
    driver.bot.waitUntil(driver.window.messages.isVisible)
    assert str(tmp_path / "file" / "sessions") in driver.window.messages.text.text()
    driver.press(driver.row("", "shift_x").slider, Qt.Key.Key_Right, 4)
    assert driver.value("", "shift_x") == 8 * 0.78125
