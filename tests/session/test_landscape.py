"""A landscape's places, coarse to fine, the way of the hand, and the way down."""

from dataclasses import replace

import numpy as np
import pytest

from lossexplorer.engine.messages import TOTAL, Effort, Reference
from lossexplorer.session import Session, agenda
from lossexplorer.session.records import RECORDS, Records
from lossexplorer.session.records.landscape import Landscape
from lossexplorer.session.steepest import steepest_descent
from tests.session.volumes import answer, case

RECORD = RECORDS["landscape"]


@pytest.fixture
def session():
    made = Session()
    made.open(case())
    return made


def places(requests):
    return [place for request in requests for place, _ in request.question.points]


def answered(request, value):
    """An answer in which every loss has the value of a function of both numbers."""
    found = {
        place: {name: value(*numbers) for name in ("dice", TOTAL)}
        for place, numbers in request.question.points
    }
    return replace(answer(request), found=found)


def test_each_place_is_asked_once_from_coarse_to_fine(session):
    asked = places(RECORD.requests(session.state, Effort()))
    assert len(asked) == len(set(asked)) == 33 * 33
    assert {i for place in asked[:25] for i in place} == {0, 8, 16, 24, 32}
    assert {i % 4 for place in asked[:81] for i in place} == {0}


def test_where_the_hand_is_makes_no_difference(session):
    before = RECORD.requests(session.state, Effort())
    session.set_control("shift_x", 2.0)
    session.set_control("shift_y", -1.0)
    assert RECORD.requests(session.state, Effort()) == before
    session.set_control("grow", 1.0)
    assert RECORD.requests(session.state, Effort()) != before


def test_a_loss_of_the_whole_field_is_asked_where_it_is_chosen(session):
    session.add_loss("lovasz_softmax")
    for chosen, has_field in (("dice", False), ("lovasz_softmax", True), (TOTAL, True)):
        session.show(loss=chosen)
        first = RECORD.requests(session.state, Effort())[0]
        assert first.question.has_field_loss is has_field


def test_another_sample_of_the_batch_has_the_same_landscape(session):
    """What is asked is the same, so that nothing would be asked again."""
    records = Records()
    records.begin("landscape", session.state)
    records.answer({"landscape": [answered(RECORD.requests(session.state, Effort())[0], min)]})
    before = records["landscape"]
    assert before.known.any()
    records.open(session.case.batch)
    assert records["landscape"] is before
    records.open(session.case.batch, of_other_case=True)
    assert records["landscape"].known.size == 0


def test_nothing_is_asked_before_a_plot_of_it_is_seen(session):
    knowledge, begun = agenda.at_rest(session.state, agenda.Knowledge())
    assert "landscape" not in begun
    assert knowledge.of_plots == ()
    knowledge, begun = agenda.at_rest(session.state, knowledge, frozenset({"landscape"}))
    assert "landscape" in begun
    assert len(places(knowledge.of_plots)) == 33 * 33
    first = knowledge.of_plots[0]
    knowledge, by_record, _ = agenda.after_explored(knowledge, [answer(first)])
    assert list(by_record) == ["landscape"]
    hidden, begun = agenda.at_rest(session.state, knowledge)
    assert (hidden.of_plots, begun) == ((), ())
    again, begun = agenda.at_rest(session.state, hidden, frozenset({"landscape"}))
    assert (again.of_plots, begun) == (knowledge.of_plots, ())  # what is known is not asked again


def test_what_was_stopped_is_not_wanted_until_it_is_something_else(session):
    seen = frozenset({"landscape"})
    knowledge, _ = agenda.at_rest(session.state, agenda.Knowledge(), seen)
    stopped = replace(knowledge, stopped=seen)
    stopped, _ = agenda.at_rest(session.state, stopped, seen)
    assert stopped.of_plots == ()
    session.set_control("grow", 1.0)
    assert agenda.at_rest(session.state, stopped, seen)[0].of_plots


def test_places_become_known_where_their_values_are(session):
    landscape = Landscape().begun(session.state)
    requests = RECORD.requests(session.state, Effort())
    found = [answered(each, lambda x, y: x + 10 * y) for each in requests]
    coarse = landscape.with_answers(found[:4])  # 32 places, of which 25 are the coarsest
    assert coarse.stride == 8
    assert coarse.known.sum() == 32
    # What is not known is shown as the nearest coarse place.
    across, along = (np.array([a.scale.value(p) for p in a.positions]) for a in coarse.axes)
    assert coarse.filled("dice")[9, 15] == pytest.approx(across[16] + 10 * along[8])
    whole = landscape.with_answers(found)
    assert whole.stride == 1
    np.testing.assert_allclose(whole.values["dice"], across[None] + 10 * along[:, None])
    assert not landscape.known.any()


def test_the_way_of_the_hand_is_what_was_set(session):
    landscape = Landscape().begun(session.state)
    for x, y in ((0.0, 0.0), (0.5, 0.0), (0.5, 0.0), (0.5, -0.25)):
        session.set_values({Reference("shift_x"): x, Reference("shift_y"): y})
        landscape = landscape.with_step(answer(agenda.now(session.state)))
    assert landscape.path == [(0.0, 0.0), (0.5, 0.0), (0.5, -0.25)]


def test_two_values_are_one_edit(session):
    session.set_values({Reference("shift_x"): 3.0, Reference("alpha", "tversky"): 0.7}, merge=1)
    session.set_values({Reference("shift_x"): 4.0, Reference("alpha", "tversky"): 0.6}, merge=1)
    assert session.store.undo_label == "Shift x 0 → +4 mm, Tversky α 0.3 → 0.6"
    session.store.undo()
    assert session.state.experiment.controls["shift_x"] == 0
    assert session.state.experiment.setting("tversky").parameters["alpha"] == 0.3


def test_the_way_down_an_elliptic_bowl_ends_at_its_lowest_place():
    """−∇(u² + 4v²) leads along v = v₀ (u/u₀)⁴, since dv/du = 4v/u."""
    row, column = np.indices((65, 65), dtype=float)
    way = np.array(steepest_descent((column - 32) ** 2 + 4 * (row - 32) ** 2, (60.0, 40.0)))
    assert np.abs(way[-1] - 32).max() < 0.3
    u, v = (way - 32).T
    on_the_way = u > 10  # towards the end both are shorter than a step
    assert np.abs(v - 8 * (u / 28) ** 4)[on_the_way].max() < 0.35


def test_the_way_down_stops_at_the_border_and_where_nothing_falls():
    _, column = np.indices((9, 9), dtype=float)
    assert steepest_descent(column, (4.0, 4.0))[-1] == (0.0, 4.0)
    assert steepest_descent(np.zeros((9, 9)), (4.0, 4.0)) == [(4.0, 4.0)]


@pytest.mark.parametrize(("side", "beside"), [(0, 1.0), (8, 7.0)])
def test_the_way_down_goes_on_beside_places_without_a_number(side, beside):
    _, column = np.indices((9, 9), dtype=float)
    column[side] = np.nan
    assert steepest_descent(column, (8.0, beside))[-1] == (0.0, beside)
    assert steepest_descent(column.T, (beside, 8.0))[-1] == (beside, 0.0)
    assert steepest_descent(column, (8.0, float(side))) == [(8.0, side)]


def test_how_much_is_to_come_of_what_is_seen(session):
    seen = frozenset({"landscape"})
    knowledge, _ = agenda.at_rest(session.state, agenda.Knowledge(), seen)
    count = len(knowledge.asked["landscape"])
    assert agenda.to_come(knowledge, "landscape") == agenda.ToCome(0, count, is_stopped=False)
    assert agenda.to_come(knowledge, "slices") is None
    first = knowledge.asked["landscape"][0]
    knowledge, _, _ = agenda.after_explored(knowledge, [answered(first, min)])
    assert agenda.to_come(knowledge, "landscape") == agenda.ToCome(1, count, is_stopped=False)
    stopped = replace(knowledge, stopped=seen)
    assert agenda.to_come(stopped, "landscape") == agenda.ToCome(1, count, is_stopped=True)
    every = [answered(each, min) for each in knowledge.asked["landscape"]]
    assert agenda.to_come(agenda.after_explored(stopped, every)[0], "landscape") is None


def test_of_a_large_volume_each_place_is_known_by_itself(session, monkeypatch):
    """The step of a request is that of its first place, so that one place takes one step."""
    monkeypatch.setattr("lossexplorer.session.records.landscape._LARGE", 1)
    requests = RECORD.requests(session.state, Effort())
    assert len(requests) == 17 * 17
    for request in requests:
        ((_, values),) = request.question.points
        controls = request.question.controls
        assert (controls["shift_x"], controls["shift_y"]) == values
