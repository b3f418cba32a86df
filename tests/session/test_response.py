"""What response curves are drawn against."""

import numpy as np
import pytest

from lossexplorer.engine.messages import Reference
from lossexplorer.engine.questions import CurvePoint
from lossexplorer.session import Session, response_of
from lossexplorer.volumes import LabelClass, LabelVolume, case_of


def opened():
    """A session with a volume of 6.5 × 0.5 × 0.25 mm (z, y, x)."""
    labels = np.zeros((2, 3, 4), np.uint8)
    labels[1, 1, 1:3] = 1
    classes = (LabelClass(0, "background", 22), LabelClass(1, "one", 2))
    session = Session()
    session.open(case_of(LabelVolume(labels, classes, (6.5, 0.5, 0.25), True, "v", "v")))
    return session


def test_at_first_curves_are_drawn_against_a_control():
    response = response_of(opened().state, 5)
    assert response.reference == Reference("shift_x")


def test_curves_are_drawn_against_what_was_moved_last():
    session = opened()
    session.set_parameter("tversky", "alpha", 0.5)
    response = response_of(session.state, 5)
    assert response.reference == Reference("alpha", "tversky")
    assert response.positions == (0.0, 0.5, 1.0, 1.5, 2.0)
    session.set_control("grow", 1.0)
    assert response_of(session.state, 5).number.name == "grow"


def test_a_choice_leaves_the_curves_as_they_are():
    session = opened()
    session.set_control("grow", 1.0)
    session.set_parameter("dice", "form", "-D")
    assert response_of(session.state, 5).number.name == "grow"


@pytest.mark.parametrize("count", [2, 5, 33, 50])
def test_every_place_is_asked_for_once_and_all_else_stays(count):
    session = opened()
    session.set_parameter("tversky", "alpha", 0.5)
    session.set_control("grow", 3.0)
    response = response_of(session.state, count)
    requests = response.requests(session.state.experiment)
    values = [response.value(request.question) for request in requests]
    assert values[0] == -1.5  # the middle width of the volume
    assert sorted(values) == pytest.approx([-1.5 + 3 * i / (count - 1) for i in range(count)])
    for request in requests:
        question = request.question
        assert isinstance(question, CurvePoint)
        assert question.volume == session.case.key
        assert question.losses == session.state.experiment.losses
        assert {**question.controls, "grow": 3.0} == session.state.experiment.controls


def test_curves_are_drawn_of_the_losses_shown():
    session = opened()
    session.remove_loss("iou")
    session.add_loss("focal")
    response = response_of(session.state, 3)
    assert response.shown == tuple(setting.name for setting in session.state.experiment.losses)
    assert "focal" in response.shown
    assert "iou" not in response.shown


def test_where_losses_need_the_whole_field_the_curves_of_the_others_come_first():
    session = opened()
    session.add_loss("hausdorff")
    response = response_of(session.state, 5)
    requests = response.requests(session.state.experiment)
    assert [request.effort.whole_field for request in requests] == [False] * 5 + [True] * 5
    first, second = ([r.question for r in half] for half in (requests[:5], requests[5:]))
    assert first == second


def test_a_request_made_without_the_loss_that_moves_does_not_concern_the_curves():
    session = opened()
    of_control = response_of(session.state, 3)
    session.set_parameter("tversky", "alpha", 0.5)
    of_tversky = response_of(session.state, 3)
    assert of_tversky.concerns(session.state.maps())
    session.remove_loss("tversky")
    assert not of_tversky.concerns(session.state.maps())
    assert of_control.concerns(session.state.maps())


def test_coarse_comes_before_fine():
    session = opened()
    session.set_control("grow", 3.0)
    response = response_of(session.state, 9)
    values = [response.value(r.question) for r in response.requests(session.state.experiment)]
    assert values[:3] == [-1.5, 1.5, 0.0]
    assert set(values[:5]) == {-1.5, -0.75, 0.0, 0.75, 1.5}


def test_a_parameter_moves_in_its_loss_alone():
    session = opened()
    session.set_parameter("iou", "eps", 1e-3)
    response = response_of(session.state, 4)
    for request in response.requests(session.state.experiment):
        assert request.question.controls == session.state.experiment.controls
        for setting, before in zip(
            request.question.losses, session.state.experiment.losses, strict=True
        ):
            same = {**setting.parameters, "eps": 0} == {**before.parameters, "eps": 0}
            assert same
            assert (setting.parameters == before.parameters) == (
                setting.name != "iou" or setting.parameters["eps"] == 1e-3
            )


def test_points_of_a_whole_number_lie_where_its_values_are():
    session = opened()
    session.set_control("holes", 2.0)
    response = response_of(session.state, 41)
    points = [request.question for request in response.requests(session.state.experiment)]
    assert {point.controls["holes"] for point in points} <= set(map(float, range(51)))
    for point in points:
        assert point.position == response.scale.position(point.controls["holes"])
