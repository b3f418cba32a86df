"""Actions: what is enabled and checked follows the state; they are found, listed and run."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.app.actions import ACTIONS, Action, plain
from lossexplorer.app.menus import offers
from lossexplorer.app.widgets.command_palette import CommandPalette
from lossexplorer.app.widgets.shortcuts import ShortcutsDialog
from lossexplorer.session.state import WORKSPACES
from tests.app.driver import tumour

# Menus

SHORTCUTS = {
    "Present": "F5",
    "Open…": "Ctrl+O",
    "Picture…": "Ctrl+Shift+E",
    "Volumes…": "Ctrl+Alt+E",
    "Copy as Command": "Ctrl+Alt+D",
    "Copy a Picture of the Window": "Ctrl+Shift+C",
    "Open Session…": "Ctrl+Shift+O",
    "Save Session": "Ctrl+S",
    "Save Session As…": "Ctrl+Shift+S",
    "Copy Session": "Ctrl+Alt+C",
    "Paste Session": "Ctrl+Alt+V",
    "Quit": "Ctrl+Q",
    "Rename Dice…": "F2",
    "Keep a Snapshot": "Ctrl+K",
    "Flip to the Other Snapshot": "B",
    "Follow the Gradient": "Space",
    "Step of the Descent": "N",
    "Rewind the Descent": "Home",
    "Reset: the prediction is the truth": "Ctrl+R",
    "Explore": "Alt+1",
    "Learn": "Alt+2",
    "Side by Side": "Ctrl+1",
    "Overlaid": "Ctrl+2",
    "Three Planes": "Ctrl+4",
    "Look at the Labels": "Ctrl+L",
    "Look at the Whole Volume": "Ctrl+0",
    "Slice or 3D": "Ctrl+3",
    "Begin the Profile's Line Here": "L",
    "End the Profile's Line Here": "Shift+L",
    "Layers…": "O",
    "Outline the Truth in Every Pane": "Shift+T",
    "Outline the Prediction in Every Pane": "Shift+O",
    "Unpin the Values, or Remove the Ruler": "Esc",
    "Add or Remove a Pane…": "P",
    "Gradients of All Losses": "Shift+G",
    "The Four Usual Panes": "Shift+P",
    "Slices Along z (Axial)": "Z",
    "Slices Along y (Coronal)": "Y",
    "Slices Along x (Sagittal)": "X",
    "Slices Along Another Axis": "A",
    "Swap Rows and Columns": "T",
    "Next Slice": "Right",
    "Previous Slice": "Left",
    "Next Slice with the Class": "Shift+Right",
    "Previous Slice with the Class": "Shift+Left",
    "Next Slice with an Error": "Alt+Right",
    "Previous Slice with an Error": "Alt+Left",
    "Slice with Most Errors": "Ctrl+M",
    "Slice with the Largest Share of ‖g‖²": "Shift+M",
    "Slice with the Next Smaller Share of ‖g‖²": "Alt+Shift+Right",
    "Slice with the Next Larger Share of ‖g‖²": "Alt+Shift+Left",
    "Next Class": ".",
    "Previous Class": ",",
    "Slice with Most of the Class": "M",
    "Controls": "F7",
    "Plots": "F8",
    "Losses": "F9",
    "Next Panel": "F6",
    "Previous Panel": "Shift+F6",
    "Manual": "F1",
    "Command Palette…": "Ctrl+Shift+P",
}


def test_every_action_is_in_one_menu(driver):
    driver.files.recent.add(("/data/labels.nii",))  # else its menu is empty
    offered = [o for o in offers(driver.window.context) if o.action.id in ACTIONS]
    here = [name for name, action in ACTIONS.items() if "explore" in action.workspaces]
    assert sorted(o.action.id for o in offered) == sorted(here)
    assert all(offer.path for offer in offered)


@pytest.mark.parametrize("workspace", WORKSPACES)
def test_no_two_actions_of_a_workspace_have_one_shortcut(workspace):
    actions = [action for action in ACTIONS.values() if workspace in action.workspaces]
    shortcuts = [action.shortcut for action in actions if action.shortcut]
    assert len(shortcuts) == len(set(shortcuts))


def marked_twice(menu):
    """Return the letters that choose more than one entry of a menu, and of those in it."""
    menu.aboutToShow.emit()  # it is filled with what there is now
    entries = [entry for entry in menu.actions() if entry.isVisible()]
    keys = [QKeySequence.mnemonic(entry.text()).toString() for entry in entries]
    found = {(menu.title(), key) for key in keys if key and keys.count(key) > 1}
    for entry in entries:
        if entry.menu() is not None:
            found |= marked_twice(entry.menu())
    return found


@pytest.mark.parametrize("hand", ["driver", "learner"])  # in Explore, and in Learn
def test_no_letter_chooses_two_entries_of_a_menu(request, hand):
    bar = request.getfixturevalue(hand).window.menuBar()
    menus = [entry.menu() for entry in bar.actions() if entry.isVisible() and entry.menu()]
    assert len(menus) == 6
    assert set().union(*map(marked_twice, menus)) == set()


# What holds, without any menu being opened


def checked(driver, *titles):
    return [driver.action(title).isChecked() for title in titles]


def test_the_layout_is_checked_whoever_changes_it(driver):
    assert checked(driver, "Side by Side", "Overlaid") == [True, False]
    driver.session.show(layout="overlaid")
    assert checked(driver, "Side by Side", "Overlaid") == [False, True]
    driver.action("Overlaid").trigger()  # again: it stays what holds
    assert checked(driver, "Side by Side", "Overlaid") == [False, True]
    driver.shortcut("Ctrl+1")
    assert checked(driver, "Side by Side", "Overlaid") == [True, False]


def test_the_theme_is_checked_whoever_changes_it(driver):
    driver.window.context.themes.use("light")
    assert checked(driver, "Dark", "Light") == [False, True]
    driver.window.context.themes.use("dark")
    assert checked(driver, "Dark", "Light") == [True, False]


def test_leaving_a_given_prediction_is_offered_while_there_is_one(driver, tmp_path):
    entry = driver.action("Simulate the Prediction")
    assert not entry.isEnabled()
    path = tmp_path / "prediction.npy"
    np.save(path, tumour().astype(np.uint8))
    driver.opening(lambda: driver.files.opener.use_prediction(str(path)))
    assert entry.isEnabled()
    driver.opening(entry.trigger)
    assert not entry.isEnabled()


def test_after_a_change_of_controls_every_entry_is_as_its_action_says(driver):
    """Only actions that say so are asked again then: no other one may look otherwise."""
    session = driver.session
    for name, value in [("softness", 2.0), ("shift_x", 0.0), ("noise", 0.5), ("softness", 1.6)]:
        session.set_control(name, value)
        assert outdated(driver) == []
    session.store.undo()
    assert outdated(driver) == []


def outdated(driver):
    """The actions whose entries do not show what the actions say now."""
    context = driver.window.context
    found = []
    for (name, action), entry in zip(ACTIONS.items(), driver.window.actions(), strict=True):
        offered = action.is_offered_in(context)
        check = action.checked is not None and action.checked(context)
        said = (action.title_in(context), offered and action.enabled(context), check)
        if said != (entry.text(), entry.isEnabled(), entry.isChecked()):
            found.append(name)
    return found


def test_a_title_may_follow_the_state(driver):
    action = Action(
        id="view.layout",
        title=lambda context: f"Leave {context.session.state.view.layout}",
        run=lambda context: context.session.show(layout="overlaid"),
    )
    assert action.title_in(driver.window.context) == "Leave side by side"
    action.run(driver.window.context)
    assert action.title_in(driver.window.context) == "Leave overlaid"


# The command palette


@pytest.fixture
def palette(driver):
    """The palette, opened by its keys."""
    driver.shortcut("Ctrl+Shift+P")
    return found(driver)


def found(driver):
    (palette,) = [p for p in driver.window.findChildren(CommandPalette) if p.isVisible()]
    return palette


def closed(driver):
    return not [p for p in driver.window.findChildren(CommandPalette) if p.isVisible()]


def titles(palette):
    return [palette.list.item(row).text() for row in range(palette.list.count())]


def test_every_action_is_in_the_palette_with_its_menu_and_shortcut(driver, palette):
    here = [action for action in ACTIONS.values() if "explore" in action.workspaces]
    assert {plain(a.title_in(driver.window.context)) for a in here} - set(titles(palette)) <= {
        "Clear"
    }
    QTest.keyClicks(palette.line, "overlaid")
    item = palette.list.item(0)
    assert [item.data(Qt.ItemDataRole.UserRole + n) for n in (1, 2)] == ["View", "Ctrl+2"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("overl", "Overlaid"),
        ("ovrlaid", "Overlaid"),  # a letter is missing
        ("picture export", "Picture…"),
        ("nuclei", "Cell nuclei"),
        ("theme dark", "Dark"),
        ("float pl", "Float Plots"),
    ],
)
def test_it_finds_what_is_meant(palette, typed, first):
    QTest.keyClicks(palette.line, typed)
    assert titles(palette)[0] == first


def test_what_is_like_nothing_finds_nothing(driver, palette):
    QTest.keyClicks(palette.line, "xyzzy")
    assert titles(palette) == []
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert not closed(driver)


def test_enter_runs_and_closes(driver, palette):
    QTest.keyClicks(palette.line, "overlaid")
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert driver.session.state.view.layout == "overlaid"
    assert closed(driver)


def test_arrow_keys_choose(driver, palette):
    QTest.keyClicks(palette.line, "Float ")
    assert titles(palette)[:3] == ["Float Controls", "Float Losses", "Float Plots"]
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(palette.line, key)
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert driver.panels.floats("plots")


def test_escape_closes_and_runs_nothing(driver, palette):
    before = driver.session.state
    QTest.keyClicks(palette.line, "overlaid")
    QTest.keyClick(palette.line, Qt.Key.Key_Escape)
    assert closed(driver)
    assert driver.session.state is before


def test_what_is_disabled_is_there_and_is_not_run(driver, palette):
    opened = []
    driver.files.opener.started.connect(lambda: opened.append(True))
    QTest.keyClicks(palette.line, "simulate")
    item = palette.list.item(0)
    assert item.text() == "Simulate the Prediction"
    assert not item.flags() & Qt.ItemFlag.ItemIsEnabled
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    QTest.mouseClick(
        palette.list.viewport(),
        Qt.MouseButton.LeftButton,
        pos=palette.list.visualItemRect(item).center(),
    )
    assert not closed(driver)
    assert not opened


def test_a_click_runs(driver, palette):
    QTest.keyClicks(palette.line, "overlaid")
    place = palette.list.visualItemRect(palette.list.item(0)).center()
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert driver.session.state.view.layout == "overlaid"


# The list of shortcuts


def test_the_list_of_shortcuts_has_each(driver):
    driver.action("Keyboard Shortcuts").trigger()
    QApplication.processEvents()
    (dialog,) = [d for d in driver.window.findChildren(ShortcutsDialog) if d.isVisible()]
    rows = [dialog.table.topLevelItem(n) for n in range(dialog.table.topLevelItemCount())]
    of_history = {"Ctrl+Z", "Ctrl+Shift+Z"}  # whose titles say what would be undone
    assert {row.text(0): row.text(2) for row in rows if row.text(2) not in of_history} == SHORTCUTS
    assert {row.text(2) for row in rows} >= of_history
    assert {row.text(1) for row in rows} == {
        "File",
        "File › Export",
        "Edit",
        "Prediction",
        "View",
        "View › Panes",
        "View › Panels",
        "View › Plane and Slice",
        "View › Slice Where",
        "View › Pin, Ruler and Line",
        "View › Layers",
        "Help",
    }
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


@pytest.mark.parametrize("title", SHORTCUTS)
def test_each_entry_has_the_shortcut_that_the_list_says(driver, title):
    assert driver.action(title).shortcut() == QKeySequence(SHORTCUTS[title])


@pytest.mark.parametrize("hand", ["driver", "learner"])  # in Explore, and in Learn
def test_each_menu_is_one_column_on_a_screen_of_720_pixels(request, hand):
    """Qt breaks a menu that is higher than the screen into columns."""
    driver = request.getfixturevalue(hand)
    for entry in driver.window.menuBar().actions():
        if entry.isVisible() and entry.menu():
            entry.menu().aboutToShow.emit()
            assert entry.menu().sizeHint().height() < 720, entry.text()
