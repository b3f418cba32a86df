"""What is set aside for a talk, and comes back without a trace of it."""

from dataclasses import replace

from lossexplorer.engine.messages import Reference
from lossexplorer.session import State
from lossexplorer.session.store import Store


def grown(state, by):
    return replace(state, experiment=state.experiment.with_value(Reference("grow"), by))


def store_with_history():
    """Two edits, the second of which is undone."""
    store = Store()
    store.change(grown(State(), 1.0), "one")
    store.change(grown(State(), 2.0), "two")
    store.undo()
    return store


def test_state_and_edits_come_back():
    store = store_with_history()
    before = store.state
    store.set_aside()
    store.change(grown(State(), 5.0), "five")
    store.change(grown(State(), 6.0), "six", begins_anew=True)
    store.put_back("back")
    assert store.state == before
    assert (store.undo_label, store.redo_label) == ("one", "two")
    store.redo()
    assert store.state.experiment.controls["grow"] == 2
    store.undo()
    store.undo()
    assert store.state == State()


def test_what_lasts_is_what_was_set_aside_and_nothing_begins_anew():
    store, heard = store_with_history(), []
    before = store.state
    store.changed.connect(heard.append)
    store.set_aside()
    store.change(grown(State(), 5.0), "another volume", begins_anew=True)
    assert store.lasting == before != store.state
    store.put_back("back")
    assert store.lasting == store.state == before
    assert [change.begins_anew for change in heard] == [False, False]
    store.change(grown(State(), 5.0), "another volume", begins_anew=True)
    assert heard[-1].begins_anew


def test_a_flip_is_not_what_is_set_aside():
    store = store_with_history()
    before = store.state
    store.flip_to(grown(State(), 9.0), "snapshot 1")
    store.set_aside()
    assert store.state == store.lasting == before


def test_nothing_comes_back_where_nothing_was_set_aside():
    store = store_with_history()
    before = store.state
    store.put_back("back")
    assert (store.state, store.undo_label) == (before, "one")
