"""What to ask next, as pure functions of a state and of what is known."""

from dataclasses import replace

import pytest

from lossexplorer.engine.messages import PREVIEW, Effort, Request
from lossexplorer.session import Change, Session, agenda
from lossexplorer.session.agenda import Knowledge
from tests.session.volumes import answer, case

NOTHING = Knowledge()


@pytest.fixture
def session():
    made = Session()
    made.open(case())
    return made


def kept(knowledge):
    """That it was not changed in place is seen by a copy of its values."""
    return replace(knowledge, asked=dict(knowledge.asked), outstanding=dict(knowledge.outstanding))


def test_nothing_is_asked_about_nothing():
    assert agenda.now(Session().state) is None


def test_now_is_a_preview_of_the_maps(session):
    assert agenda.now(session.state) == Request(session.state.maps(), PREVIEW)


def test_rest_wants_what_every_record_needs_once(session):
    knowledge, begun = agenda.at_rest(session.state, NOTHING)
    assert begun == ("curves", "norms")
    assert len(knowledge.wanted) == 42
    again, begun = agenda.at_rest(session.state, knowledge)
    assert (again, begun) == (knowledge, ())


def test_answers_are_taken_off_and_given_to_their_record(session):
    knowledge, _ = agenda.at_rest(session.state, NOTHING)
    before = kept(knowledge)
    answers = [answer(request) for request in knowledge.wanted[:3]]
    left, by_record, refined = agenda.after_explored(knowledge, answers)
    assert {name: len(found) for name, found in by_record.items()} == {"norms": 1, "curves": 2}
    assert refined is None
    assert left.wanted == knowledge.wanted[3:]
    assert knowledge == before
    assert agenda.after_explored(left, answers) == (left, {}, None)


def test_a_preview_is_refined_and_an_exact_answer_is_not(session):
    request = agenda.now(session.state)
    exact = Request(request.question, Effort())
    for preview, refinements in (("Preview: few classes.", (exact,)), ("", ())):
        known = agenda.after_answer(NOTHING, answer(request, preview=preview))
        assert agenda.at_rest(session.state, known)[0].refinements == refinements
    known = agenda.after_answer(NOTHING, answer(exact, preview="Preview: without."))
    assert agenda.at_rest(session.state, known)[0].refinements == ()


def test_a_generation_makes_no_other_request(session):
    request = agenda.now(session.state)
    later = Request(request.question, replace(request.effort, generation=7))
    assert later == request
    assert later.effort.generation == 7


def test_what_was_given_up_is_not_wanted(session):
    knowledge, _ = agenda.at_rest(session.state, NOTHING)
    assert agenda.after_abandoned(knowledge, knowledge.wanted[1:]).wanted == knowledge.wanted[:1]


def test_it_is_settled_once_maps_and_rest_are_answered(session):
    state = session.state
    knowledge, _ = agenda.at_rest(state, NOTHING)
    assert not agenda.is_settled(state, knowledge)
    knowledge, *_ = agenda.after_explored(knowledge, map(answer, knowledge.wanted))
    assert not agenda.is_settled(state, knowledge)
    knowledge = agenda.after_answer(knowledge, answer(agenda.now(state)))
    assert agenda.is_settled(state, knowledge)
    session.set_control("grow", 1.0)
    assert not agenda.is_settled(session.state, knowledge)


def test_another_volume_leaves_nothing_wanted(session):
    old = session.state
    knowledge, _ = agenda.at_rest(old, NOTHING)
    session.open(case(seed=7))
    change = Change(old, session.state, "Open v")
    assert agenda.after_change(knowledge, change).wanted == ()


def test_points_that_left_something_out_are_asked_for_exactly_behind_the_others(session):
    state = session.state
    knowledge, _ = agenda.at_rest(state, NOTHING)
    points = [each for each in knowledge.wanted if each.question.numbers_alone]
    assert len(points) == 41
    previews = [answer(each, preview="Preview.", left_out=True) for each in points[:2]]
    knowledge, by_record, _ = agenda.after_explored(knowledge, previews)
    assert by_record == {"curves": tuple(previews)}
    exact = [Request(each.question, Effort()) for each in points[:2]]
    left = [each for each in knowledge.wanted if each.question.numbers_alone]
    assert (left, knowledge.exact_points) == (points[2:], tuple(exact))
    assert agenda.at_rest(state, knowledge) == (knowledge, ())
    knowledge, *_ = agenda.after_explored(knowledge, map(answer, knowledge.wanted))
    knowledge = agenda.after_answer(knowledge, answer(agenda.now(state)))
    assert not agenda.is_settled(state, knowledge)
    knowledge, *_ = agenda.after_explored(knowledge, map(answer, exact))
    assert agenda.is_settled(state, knowledge)


def test_what_waits_for_previews_of_points_does_not_count_them_twice(session):
    session.add_loss("hausdorff")
    request = agenda.now(session.state)
    known = agenda.after_answer(NOTHING, answer(request, preview="Preview: without Hausdorff."))
    knowledge, _ = agenda.at_rest(session.state, known)
    assert agenda.waited_for(knowledge) == (0, 41)
    first = next(each for each in knowledge.wanted if each.question.numbers_alone)
    preview = answer(first, preview="Preview.", left_out=True)
    knowledge, *_ = agenda.after_explored(knowledge, [preview])
    assert agenda.waited_for(knowledge) == (1, 41)
    exact = Request(first.question, replace(first.effort, exact=True))
    assert knowledge.exact_points == (exact,)
    knowledge, *_ = agenda.after_explored(knowledge, [answer(exact)])
    assert knowledge.exact_points == ()
