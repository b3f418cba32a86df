"""What response curves are drawn against."""

import pytest

from lossexplorer.session import Session, response_of

SPACING = (6.5, 0.5, 0.25)


def test_at_first_curves_are_drawn_against_a_control():
    response = response_of(Session().state, SPACING, 5)
    assert (response.reference.loss, response.number.name) == ("", "shift_x")


def test_curves_are_drawn_against_what_was_moved_last():
    session = Session()
    session.set_parameter("tversky", "alpha", 0.5)
    response = response_of(session.state, SPACING, 5)
    assert (response.reference.loss, response.number.name) == ("tversky", "alpha")
    assert response.positions == (0.0, 0.5, 1.0, 1.5, 2.0)
    session.set_control("grow", 1.0)
    assert response_of(session.state, SPACING, 5).number.name == "grow"


def test_a_choice_leaves_the_curves_as_they_are():
    session = Session()
    session.set_control("grow", 1.0)
    session.set_parameter("dice", "form", "-D")
    assert response_of(session.state, SPACING, 5).number.name == "grow"


@pytest.mark.parametrize("count", [2, 5, 33, 50])
def test_every_place_is_asked_for_once_and_all_else_stays(count):
    session = Session()
    session.set_parameter("tversky", "alpha", 0.5)
    session.set_control("grow", 3.0)
    response = response_of(session.state, SPACING, count)
    requests = response.requests(session.state, "key")
    values = [response.value(request) for request in requests]
    assert values[0] == -10.0
    assert sorted(values) == pytest.approx([-10 + 20 * i / (count - 1) for i in range(count)])
    for request in requests:
        assert request.painted is None
        assert request.volume == "key"
        assert request.losses == session.state.experiment.losses
        assert {**request.controls, "grow": 3.0} == session.state.experiment.controls


def test_curves_are_drawn_of_the_losses_shown():
    session = Session()
    session.remove_loss("iou")
    session.add_loss("focal")
    response = response_of(session.state, SPACING, 3)
    assert response.shown == tuple(setting.name for setting in session.state.experiment.losses)
    assert "focal" in response.shown
    assert "iou" not in response.shown


def test_where_losses_need_the_whole_field_the_curves_of_the_others_come_first():
    session = Session()
    session.add_loss("hausdorff")
    response = response_of(session.state, SPACING, 5)
    requests = response.requests(session.state, "key")
    assert [request.whole_field for request in requests] == [False] * 5 + [True] * 5
    first, second = (list(map(response.value, part)) for part in (requests[:5], requests[5:]))
    assert first == second


def test_a_request_made_without_the_loss_that_moves_does_not_concern_the_curves():
    session = Session()
    of_control = response_of(session.state, SPACING, 3)
    session.set_parameter("tversky", "alpha", 0.5)
    of_tversky = response_of(session.state, SPACING, 3)
    assert of_tversky.concerns(session.state.request("key"))
    session.remove_loss("tversky")
    assert not of_tversky.concerns(session.state.request("key"))
    assert of_control.concerns(session.state.request("key"))


def test_coarse_comes_before_fine():
    session = Session()
    session.set_control("grow", 3.0)
    response = response_of(session.state, SPACING, 9)
    values = [response.value(request) for request in response.requests(session.state, "key")]
    assert values[:3] == [-10.0, 10.0, 0.0]
    assert set(values[:5]) == {-10.0, -5.0, 0.0, 5.0, 10.0}


def test_a_parameter_moves_in_its_loss_alone():
    session = Session()
    session.set_parameter("iou", "eps", 1e-3)
    response = response_of(session.state, SPACING, 4)
    for request in response.requests(session.state, "key"):
        assert request.controls == session.state.experiment.controls
        for setting, before in zip(request.losses, session.state.experiment.losses, strict=True):
            same = {**setting.parameters, "eps": 0} == {**before.parameters, "eps": 0}
            assert same
            assert (setting.parameters == before.parameters) == (
                setting.name != "iou" or setting.parameters["eps"] == 1e-3
            )
