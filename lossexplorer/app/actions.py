"""The menus as data: each command once, with its words, shortcut and effect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qtpy.QtGui import QAction, QActionGroup, QKeySequence
from qtpy.QtWidgets import QMainWindow, QMenu


@dataclass(frozen=True)
class Command:
    """A menu entry.

    Attributes
    ----------
    text : str
        As in the menu, with & before its key.
    run : callable
        What it does.
    shortcut : str
        In Qt's notation, such as ``"Ctrl+O"``.
    tip : str
        For the status line.
    checked : bool, optional
        Whether it starts as the chosen one of its group; None if it is no choice.
    group : str
        Choices of one group exclude each other.
    enabled : bool or callable
        Whether it can be chosen; a function is asked whenever the menu is about to be shown.
    """

    text: str
    run: Callable[[], object]
    shortcut: str = ""
    tip: str = ""
    checked: bool | None = None
    group: str = ""
    enabled: bool | Callable[[], bool] = True


@dataclass(frozen=True)
class Heading:
    """Words above the entries that follow."""

    text: str


Entries = Sequence["Command | Menu | Heading | None"]


@dataclass(frozen=True)
class Menu:
    """A menu: its title and its entries; None is a line.

    Attributes
    ----------
    entries : sequence or callable
        What returns them is asked every time the menu is about to be shown.
    """

    title: str
    entries: Entries | Callable[[], Entries]


def build_menus(window: QMainWindow, menus: Sequence[Menu]) -> None:
    """Fill the window's menu bar."""
    for menu in menus:
        _build(window.menuBar().addMenu(menu.title), menu.entries)


def _build(target: QMenu, entries: Entries | Callable[[], Entries]) -> None:
    if not callable(entries):
        _fill(target, entries)
        return

    def refill() -> None:
        target.clear()
        _fill(target, entries())

    # Its first entries are there before it is shown: a menu without any would not open.
    refill()
    target.aboutToShow.connect(refill)


def _fill(target: QMenu, entries: Entries) -> None:
    groups: dict[str, QActionGroup] = {}
    for entry in entries:
        if entry is None:
            target.addSeparator()
        elif isinstance(entry, Menu):
            _build(target.addMenu(entry.title), entry.entries)
        elif isinstance(entry, Heading):
            target.addAction(entry.text).setEnabled(False)
        else:
            target.addAction(_action(target, entry, groups))


def _action(menu: QMenu, command: Command, groups: dict[str, QActionGroup]) -> QAction:
    action = QAction(command.text, menu)
    action.setStatusTip(command.tip)
    enabled = command.enabled
    if callable(enabled):
        action.setEnabled(enabled())
        menu.aboutToShow.connect(lambda: action.setEnabled(enabled()))
    else:
        action.setEnabled(enabled)
    if command.shortcut:
        action.setShortcut(QKeySequence(command.shortcut))
    if command.checked is not None:
        action.setCheckable(True)
        action.setChecked(command.checked)
        group = groups.setdefault(command.group, QActionGroup(menu))
        group.addAction(action)
    # The signal's argument, whether it is checked, is no argument of the command.
    action.triggered.connect(lambda _checked=False: command.run())
    return action
