"""The store: every change is said once, with a label, and experiments can be undone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossexplorer.engine.messages import TOTAL, Reference
from lossexplorer.losses import LOSSES
from lossexplorer.session import Session
from lossexplorer.session.state import State
from lossexplorer.session.store import Store
from lossexplorer.volumes import case_of
from tests.session.volumes import case, volume


@pytest.fixture
def session():
    return Session()


def experiment(session):
    return session.state.experiment


def test_what_is_undone_is_what_was_set_before(session):
    before = experiment(session)
    session.set_control("grow", 2.0)
    session.set_parameter("tversky", "alpha", 0.7)
    assert session.store.undo_label == "Tversky α 0.3 → 0.7"
    session.store.undo()
    assert experiment(session).setting("tversky").parameters["alpha"] == 0.3
    assert experiment(session).controls["grow"] == 2.0
    assert (session.store.undo_label, session.store.redo_label) == (
        "Grow 0 → +2 mm",
        "Tversky α 0.3 → 0.7",
    )
    session.store.undo()
    assert experiment(session) == before
    session.store.undo()  # there is nothing
    assert experiment(session) == before
    session.store.redo()
    session.store.redo()
    assert experiment(session).setting("tversky").parameters["alpha"] == 0.7
    session.store.redo()
    assert session.store.redo_label == ""


LABELS = [
    (lambda s: s.set_control("shift_x", 3.125), "Shift x 0 → +3.12 mm"),
    (lambda s: s.set_control("confidence", 0.9), "1 − confidence 0 → 0.1"),
    (lambda s: s.set_control("noise_seed", 7.0), "Logit noise, seed 0 → 7"),
    (lambda s: s.set_parameter("dice", "form", "-D"), "Dice Form 1-D → -D"),
    (lambda s: s.set_weight("iou", 0.5), "IoU λ 1 → 0.5"),
    (lambda s: s.add_loss("focal"), "Add Focal"),
    (lambda s: s.remove_loss("iou"), "Remove IoU"),
    (lambda s: s.reset_controls(), "Reset the prediction"),
    (lambda s: s.reset(["grow"]), "Reset controls"),
]


@pytest.mark.parametrize(("act", "label"), LABELS, ids=[label for _, label in LABELS])
def test_a_step_says_what_was_done(session, act, label):
    session.set_control("grow", 1.0)
    act(session)
    assert session.store.undo_label == label


def test_what_a_session_starts_with_cannot_be_undone(session):
    session.start_with({"grow": 1.0, "shift_y": 2.0})
    assert experiment(session).controls["grow"] == 1.0
    assert session.state.view.against == Reference("shift_y")
    assert session.store.undo_label == ""


def test_a_drag_is_one_step_from_where_it_began(session):
    session.set_control("grow", 1.0)
    for value in (1.5, 2.0, 3.0):
        session.set_control("grow", value, merge="first drag")
    assert session.store.undo_label == "Grow +1 → +3 mm"
    for value in (4.0, 5.0):
        session.set_control("grow", value, merge="second drag")
    assert session.store.undo_label == "Grow +3 → +5 mm"
    session.store.undo()
    assert experiment(session).controls["grow"] == 3.0
    session.store.undo()
    assert experiment(session).controls["grow"] == 1.0


def test_a_drag_that_returns_is_no_step(session):
    session.set_control("grow", 2.0, merge="drag")
    session.set_control("grow", 0.0, merge="drag")
    assert session.store.undo_label == ""


def test_a_drag_of_one_slider_does_not_continue_that_of_another(session):
    session.set_control("grow", 1.0, merge=("grow", 1))
    session.set_control("blur", 1.0, merge=("blur", 1))
    session.set_control("grow", 2.0, merge=("grow", 1))
    session.store.undo()
    assert experiment(session).controls["grow"] == 1.0


def test_after_an_undo_a_change_with_the_same_key_is_a_step_of_its_own(session):
    session.set_control("grow", 1.0, merge="drag")
    session.set_control("blur", 1.0)
    session.store.undo()
    session.set_control("grow", 2.0, merge="drag")
    assert session.store.redo_label == ""
    session.store.undo()
    assert experiment(session).controls["grow"] == 1.0


def test_what_is_looked_at_is_no_step_and_stays(session):
    session.set_control("grow", 1.0)
    session.show(loss=TOTAL, wrt="probability")
    assert session.store.undo_label == "Grow 0 → +1 mm"
    session.store.undo()
    assert session.state.view.loss == TOTAL
    assert session.state.view.wrt == "probability"


def test_undoing_that_a_loss_was_added_paints_its_neighbour(session):
    session.add_loss("focal")
    session.show(loss="focal")
    session.set_parameter("focal", "gamma", 3.0)
    session.store.undo()
    session.store.undo()
    assert session.state.view.loss in experiment(session).shown
    assert session.state.view.against == State().view.against


def test_other_classes_can_be_undone_and_another_file_begins_anew(session):
    opened = case(classes=3)
    session.open(opened)
    assert session.store.undo_label == ""
    session.set_control("grow", 1.0)
    session.see(opened.with_classes("foreground"))
    assert session.state.view.class_index == 1
    session.store.undo()
    assert experiment(session).case is opened
    session.store.redo()
    assert experiment(session).case.classes == "foreground"
    session.open(opened)  # the same file again
    assert (session.store.undo_label, session.store.redo_label) == ("", "")


def test_a_prediction_from_a_file_can_be_undone(session):
    opened = case()
    session.open(opened)
    given = replace(opened, given=(opened.batch[0].labels,), given_name="p.npy")
    session.set_control("grow", 1.0)
    session.see(given)
    assert session.store.undo_label == "Open prediction p.npy"
    session.store.undo()
    assert experiment(session).case is opened
    assert experiment(session).controls["grow"] == 1.0


def test_of_the_volumes_only_so_many_forms_are_kept(session):
    opened = case(shape=(8, 8, 8))
    session.open(opened)
    for edge in range(1, 8):
        session.see(opened.with_patch((edge, edge, edge)))
        session.set_control("grow", edge / 10)
    held = set()
    while session.store.undo_label:
        session.store.undo()
        held.add(experiment(session).case.patch)
    assert held == {(edge, edge, edge) for edge in (5, 6, 7)}


def test_a_view_fits_the_patches_that_an_undo_returns_to(session):
    opened = case(shape=(6, 8, 8))
    session.open(opened.with_patch((3, 4, 4)))
    session.show(sample=7)
    session.see(opened)
    session.show(plane=replace(session.state.view.plane, axis=0, index=5))
    session.store.undo()
    assert session.state.view.plane.index <= 2
    assert session.volume.shape == (3, 4, 4)


def test_every_change_is_said_once_with_its_label():
    store, heard = Store(), []
    store.changed.connect(heard.append)
    grown = replace(
        store.state, experiment=store.state.experiment.with_value(Reference("grow"), 1.0)
    )
    old = store.state
    store.change(grown, "grow")
    store.change(grown, "nothing")
    store.undo()
    assert [(change.old, change.new, change.label) for change in heard] == [
        (old, grown, "grow"),
        (grown, old, "Undo grow"),
    ]


def test_only_so_many_steps_are_kept(session):
    for number in range(1, 301):
        session.set_control("grow", number / 100)
    for _ in range(300):
        session.store.undo()
    assert experiment(session).controls["grow"] == pytest.approx(1.0)


ACTS = st.one_of(
    st.tuples(st.just("control"), st.sampled_from(["grow", "blur"]), st.sampled_from([0.0, 1, 2])),
    st.tuples(st.just("weight"), st.sampled_from(["dice", "iou"]), st.sampled_from([0.0, 1, 2])),
    st.tuples(st.sampled_from(["add", "remove"]), st.sampled_from(list(LOSSES)), st.none()),
    st.tuples(st.just("show"), st.sampled_from([TOTAL, "dice", "iou"]), st.none()),
    st.tuples(st.sampled_from(["undo", "redo"]), st.none(), st.none()),
)


@given(st.lists(ACTS, max_size=30))
def test_undoing_all_and_doing_it_again_leads_back(acts):
    """Whatever was done: all steps back is the beginning, all steps forth is the end."""
    session = Session()
    session.open(case_of(volume()))
    begun = experiment(session)
    for kind, name, value in acts:
        shown = experiment(session).shown
        if kind == "control":
            session.set_control(name, value)
        elif kind == "weight" and name in shown:
            session.set_weight(name, value)
        elif kind == "add" and name not in shown:
            session.add_loss(name)
        elif kind == "remove" and name in shown and len(shown) > 1:
            session.remove_loss(name)
        elif kind == "show" and name in (TOTAL, *shown):
            session.show(loss=name)
        elif kind in ("undo", "redo"):
            getattr(session.store, kind)()
        view, shown = session.state.view, experiment(session).shown
        assert view.loss in (TOTAL, *shown)
        assert view.against.loss in (None, *shown)
    while session.store.redo_label:
        session.store.redo()
    end = experiment(session)
    while session.store.undo_label:
        session.store.undo()
    assert experiment(session) == begun
    while session.store.redo_label:
        session.store.redo()
    assert experiment(session) == end


def test_seeing_the_same_in_the_same_way_is_no_edit(session):
    opened = case(classes=3)
    session.open(opened)
    session.set_control("grow", 1.0)
    session.store.undo()
    session.see(opened.with_classes("each"))
    assert session.case is opened
    assert session.store.redo_label == "Grow 0 → +1 mm"
