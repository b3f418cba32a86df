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
    """

    text: str
    run: Callable[[], object]
    shortcut: str = ""
    tip: str = ""
    checked: bool | None = None
    group: str = ""


@dataclass(frozen=True)
class Menu:
    """A menu: its title and its entries; None is a line."""

    title: str
    entries: Sequence[Command | Menu | None]


def build_menus(window: QMainWindow, menus: Sequence[Menu]) -> None:
    """Fill the window's menu bar."""
    for menu in menus:
        _fill(window, window.menuBar().addMenu(menu.title), menu.entries)


def _fill(window: QMainWindow, target: QMenu, entries: Sequence[Command | Menu | None]) -> None:
    groups: dict[str, QActionGroup] = {}
    for entry in entries:
        if entry is None:
            target.addSeparator()
        elif isinstance(entry, Menu):
            _fill(window, target.addMenu(entry.title), entry.entries)
        else:
            target.addAction(_action(window, entry, groups))


def _action(window: QMainWindow, command: Command, groups: dict[str, QActionGroup]) -> QAction:
    action = QAction(command.text, window)
    action.setStatusTip(command.tip)
    if command.shortcut:
        action.setShortcut(QKeySequence(command.shortcut))
    if command.checked is not None:
        action.setCheckable(True)
        action.setChecked(command.checked)
        group = groups.setdefault(command.group, QActionGroup(window))
        group.addAction(action)
    # The signal's argument, whether it is checked, is no argument of the command.
    action.triggered.connect(lambda _checked=False: command.run())
    return action
