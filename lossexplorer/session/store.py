"""The store: one state, one way to change it, and its edit history."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

from psygnal import Signal

from lossexplorer.session.state import Change, Experiment, State

_MOST_EDITS = 200
# Of the same volumes: each may hold labels of its own, and a prediction of many classes.
_MOST_CASES = 4


@dataclass(frozen=True)
class Edit:
    """An edit of the history, which can be undone.

    Attributes
    ----------
    before, after : Experiment
        What was set.
    label : str
        What was done.
    merge : hashable or None
        Changes with the same key that follow each other are one edit: a drag of a slider.
    """

    before: Experiment
    after: Experiment
    label: str
    merge: Hashable | None = None


@dataclass(frozen=True)
class SetAside:
    """A state with its edit history, to come back to after a talk.

    Attributes
    ----------
    state : State
        What was set.
    done, undone : tuple of Edit
        What could be undone, and done again.
    """

    state: State
    done: tuple[Edit, ...]
    undone: tuple[Edit, ...]


@dataclass(frozen=True)
class _Left:
    """The state that was left for a flip to another one, and what the flip is called."""

    state: State
    label: str
    begins_anew: bool


class Store:
    """Holds what the user has set, as frozen states that follow each other.

    Changes of the experiment are edits that can be undone; changes of the view alone are none.
    A history is about one set of volumes: where others are opened, it begins anew.

    Attributes
    ----------
    changed : Signal(Change)
        The state is another one.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from lossexplorer.engine.messages import Reference
    >>> store = Store()
    >>> grown = store.state.experiment.with_value(Reference("grow"), 2.0)
    >>> store.change(replace(store.state, experiment=grown), "Grow 0 → +2 mm")
    >>> store.undo_label, store.undo(), store.state == State()
    ('Grow 0 → +2 mm', None, True)
    """

    changed = Signal(Change)

    def __init__(self) -> None:
        self._state = State()
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self._left: _Left | None = None
        self._aside: SetAside | None = None

    @property
    def state(self) -> State:
        """What is set."""
        return self._state

    def change(
        self,
        state: State,
        label: str,
        merge: Hashable | None = None,
        *,
        begins_anew: bool = False,
    ) -> None:
        """Replace the state; nothing happens if it is the same.

        Parameters
        ----------
        state : State
            The new one.
        label : str
            What was done.
        merge : hashable, optional
            A change with the key of the edit before it continues that edit.
        begins_anew : bool
            Whether the edit history ends here: nothing before can be undone, nor this change.
        """
        old = self._state
        if state == old:
            return
        if self._left is not None and state.experiment != old.experiment:
            self._stay(self._left)
        if begins_anew:
            self._done, self._undone = [], []
        else:
            self._remember(Edit(old.experiment, state.experiment, label, merge))
        self._become(state, label, begins_anew=begins_anew)

    def flip_to(self, state: State, label: str, *, begins_anew: bool = False) -> None:
        """Show another state for a while, until `flip_back`: that is no edit.

        If something is set meanwhile, the flip becomes an edit, and what was set is the next one.

        Parameters
        ----------
        state : State
            What to show.
        label : str
            What it is called, and what the edit would be.
        begins_anew : bool
            Whether the edit history would end here.
        """
        left = self._left or _Left(self._state, label, begins_anew)
        self._left = replace(left, label=label, begins_anew=begins_anew)
        if state != self._state:
            self._become(state, label)

    def flip_back(self) -> None:
        """Show what was left for a flip, if there is one."""
        if self._left is not None:
            left, self._left = self._left, None
            if left.state != self._state:
                self._become(left.state, left.label)

    @property
    def lasting(self) -> State:
        """What is set: during a flip or a talk, what it goes back to."""
        if self._aside is not None:
            return self._aside.state
        return self._state if self._left is None else self._left.state

    @property
    def left(self) -> State | None:
        """What was left for a flip to another state, and is what is set; None without a flip."""
        return None if self._left is None else self._left.state

    def _stay(self, left: _Left) -> None:
        """Make an edit of a flip."""
        self._left = None
        if left.begins_anew:
            self._done, self._undone = [], []
        else:
            self._remember(Edit(left.state.experiment, self._state.experiment, left.label))

    def before(self, merge: Hashable | None) -> Experiment:
        """Return the experiment that a change with this key is seen against.

        It is the one before the edit that the change would continue, or else the present one.
        """
        last = self._continued(merge)
        return self._state.experiment if last is None else last.before

    @property
    def undo_label(self) -> str:
        """What `undo` would take back; empty if there is nothing."""
        return self._done[-1].label if self._done else ""

    @property
    def redo_label(self) -> str:
        """What `redo` would do again; empty if there is nothing."""
        return self._undone[-1].label if self._undone else ""

    def undo(self) -> None:
        """Take the last edit back, if there is one; what is looked at stays where it can."""
        self.flip_back()
        if self._done:
            edit = self._done.pop()
            self._undone.append(edit)
            self._restore(edit.before, f"Undo {edit.label}")

    def redo(self) -> None:
        """Do again what was undone last, if there is something."""
        self.flip_back()
        if self._undone:
            edit = self._undone.pop()
            self._done.append(edit)
            self._restore(edit.after, f"Redo {edit.label}")

    def set_aside(self) -> None:
        """Set state and edit history aside until `put_back`: what is done meanwhile is not kept."""
        self.flip_back()
        self._aside = SetAside(self._state, tuple(self._done), tuple(self._undone))

    def put_back(self, label: str) -> None:
        """Come back to what was set aside; what was done since leaves no trace.

        Parameters
        ----------
        label : str
            What is done.
        """
        aside, self._aside = self._aside, None
        if aside is None:
            return
        self._done, self._undone, self._left = list(aside.done), list(aside.undone), None
        if aside.state != self._state:
            self._become(aside.state, label)

    def _remember(self, edit: Edit) -> None:
        if edit.before == edit.after:
            return
        last = self._continued(edit.merge)
        self._undone.clear()
        if last is not None:
            edit = replace(edit, before=last.before)
            self._done.pop()
        if edit.before != edit.after:
            self._done.append(edit)
            self._forget_the_oldest()

    def _forget_the_oldest(self) -> None:
        """Keep so many edits, and of what is open so many forms."""
        del self._done[:-_MOST_EDITS]
        while len({id(edit.before.case) for edit in self._done}) >= _MOST_CASES:
            del self._done[0]

    def _continued(self, merge: Hashable | None) -> Edit | None:
        """Return the last edit if a change with this key continues it."""
        if merge is None or not self._done or self._undone or self._done[-1].merge != merge:
            return None
        return self._done[-1]

    def _restore(self, experiment: Experiment, label: str) -> None:
        old = self._state
        view = old.view.fitted(old.experiment, experiment)
        self._become(State(experiment, view), label)

    def _become(self, state: State, label: str, *, begins_anew: bool = False) -> None:
        old, self._state = self._state, state
        begins_anew = begins_anew and self._aside is None
        self.changed.emit(Change(old, state, label, begins_anew))
