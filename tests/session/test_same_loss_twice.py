"""The same loss shown twice: its names, its titles, and what is done to one of them."""

from dataclasses import replace

import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import (
    TOTAL,
    LossSetting,
    Reference,
    free_name,
    loss_of,
    number_of,
    title_of,
)
from lossexplorer.losses import LOSSES
from lossexplorer.session import Session, State
from lossexplorer.volumes import LabelClass, LabelVolume, case_of


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def open_session(session):
    labels = np.zeros((2, 3, 4), np.uint8)
    labels[0, 0] = 1
    classes = (LabelClass(0, "background", 20), LabelClass(1, "liver", 4))
    volume = LabelVolume(labels, classes, (1.0, 1.0, 1.0), True, "v", "v")
    session.open(case_of(volume))
    return session


def shown(session):
    return session.state.experiment.shown


def test_names_say_the_loss_and_a_number_from_2():
    assert [number_of(name) for name in LOSSES] == [1] * len(LOSSES)
    assert [loss_of(f"{name}_12") for name in LOSSES] == list(LOSSES.values())
    assert [number_of(f"{name}_12") for name in LOSSES] == [12] * len(LOSSES)
    assert title_of("f_beta_2") == f"{LOSSES['f_beta'].title} 2"
    assert free_name("iou", {"iou", "iou_3"}) == "iou_2"


@pytest.mark.parametrize("name", ["tversky_1", "tversky_0", "tversky_02", "tversky_x", "tversky_"])
def test_other_names_name_no_loss(name):
    with pytest.raises(ParameterError, match="did you mean 'tversky'"):
        loss_of(name)
    with pytest.raises(ParameterError, match="names no loss 'tversky'"):
        LossSetting("tversky", {}, name=name)


def test_a_setting_is_not_named_as_another_loss():
    with pytest.raises(ParameterError, match="'dice' names no loss 'tversky'"):
        LossSetting("tversky", {}, name="dice")


def test_another_one_comes_after_the_one_that_is_shown(session):
    before = shown(session)
    assert [session.add_loss("tversky"), session.add_loss("tversky")] == ["tversky_2", "tversky_3"]
    place = before.index("tversky") + 1
    assert shown(session) == (*before[:place], "tversky_2", "tversky_3", *before[place:])
    assert session.state.experiment.title("tversky_3") == "Tversky 3"
    assert session.store.undo_label == "Add Tversky 3"


def test_another_one_has_the_parameters_of_the_one_shown_and_its_own_weight(session):
    session.set_parameter("tversky", "smooth", 2.0)
    session.set_weight("tversky", 0.25)
    session.set_weight("tversky", 0.25)
    session.add_loss("tversky")
    first, second = (session.state.experiment.setting(n) for n in ("tversky", "tversky_2"))
    assert second.parameters == first.parameters
    assert second.parameters["smooth"] == 2.0
    assert (first.weight, second.weight) == (0.25, 1.0)


def test_what_is_set_of_one_is_not_set_of_the_other(session):
    session.add_loss("tversky")
    session.set_parameter("tversky_2", "alpha", 0.7)
    session.set_weight("tversky_2", 3)
    experiment = session.state.experiment
    assert experiment.value(Reference("alpha", "tversky")) == 0.3
    assert experiment.value(Reference("alpha", "tversky_2")) == 0.7
    assert [experiment.setting(n).weight for n in ("tversky", "tversky_2")] == [1.0, 3.0]
    assert session.state.view.against == Reference("alpha", "tversky_2")
    assert session.store.undo_label == "Tversky 2 λ 1 → 3"
    session.store.undo()
    assert session.store.undo_label == "Tversky 2 α 0.3 → 0.7"


def test_removing_one_leaves_the_other_its_name_and_frees_the_number(session):
    session.add_loss("tversky")
    session.set_parameter("tversky_2", "alpha", 0.7)
    session.show(loss="tversky_2")
    session.remove_loss("tversky")
    assert "tversky" not in shown(session)
    assert session.state.experiment.value(Reference("alpha", "tversky_2")) == 0.7
    assert session.state.view.loss == "tversky_2"
    assert session.add_loss("tversky") == "tversky"
    assert shown(session).index("tversky") + 1 == shown(session).index("tversky_2")
    session.remove_loss("tversky_2")
    assert session.state.view.loss != "tversky_2"
    assert session.store.undo_label == "Remove Tversky 2"


def test_what_was_moved_and_followed_gives_way_with_it(session):
    session.add_loss("tversky")
    session.set_parameter("tversky_2", "alpha", 0.7)
    session.set_descent("follows", "tversky_2")
    assert session.store.undo_label == "Descent, follows: Total → Tversky 2"
    session.remove_loss("tversky_2")
    assert session.state.view.against.loss is None
    assert session.state.experiment.descent.follows == TOTAL


def test_a_title_is_an_edit(session):
    session.add_loss("tversky")
    session.rename_loss("tversky_2", "  Few   misses ")
    experiment = session.state.experiment
    assert experiment.title("tversky_2") == "Few misses"
    assert experiment.setting("tversky_2").heading == "Few misses"
    assert shown(session).count("tversky_2") == 1
    assert session.store.undo_label == "Rename Tversky 2 to Few misses"
    session.set_parameter("tversky_2", "alpha", 0.1)
    assert session.store.undo_label == "Few misses α 0.3 → 0.1"
    session.store.undo()
    session.store.undo()
    assert session.state.experiment.title("tversky_2") == "Tversky 2"
    session.store.redo()
    assert session.state.experiment.title("tversky_2") == "Few misses"


@pytest.mark.parametrize("title", ["", "   ", "Tversky 2"])
def test_without_a_title_it_is_called_as_before(session, title):
    session.add_loss("tversky")
    session.rename_loss("tversky_2", "Mine")
    session.rename_loss("tversky_2", title)
    assert session.state.experiment.setting("tversky_2").title == ""
    assert session.state.experiment.title("tversky_2") == "Tversky 2"


def test_titles_differ_and_are_short(session):
    session.add_loss("tversky")
    session.rename_loss("tversky_2", "x" * 40)
    before = session.state
    for title, words in (("Tversky", "Another loss is called Tversky"), ("x" * 41, "at most 40")):
        with pytest.raises(ParameterError, match=words):
            session.rename_loss("tversky_2", title)
    with pytest.raises(ParameterError, match="Focal is not shown"):
        session.rename_loss("focal", "Mine")
    assert session.state == before


def test_one_more_has_no_title_that_the_user_gave_to_another(session):
    session.rename_loss("dice", "Tversky 2")
    session.rename_loss("iou", "Focal")
    assert session.add_loss("tversky") == "tversky_3"
    assert session.add_loss("focal") == "focal_2"
    titles = [setting.heading for setting in session.state.experiment.losses]
    assert len(set(titles)) == len(titles)


def test_a_title_is_part_of_the_state_and_not_of_what_is_asked(open_session):
    session = open_session
    session.add_loss("tversky")
    before = session.state
    session.rename_loss("tversky_2", "Mine")
    assert session.state != before
    assert session.state.maps().subject == before.maps().subject
    assert session.state.experiment.descends_as(before.experiment)


def test_a_scene_may_have_a_loss_twice(session):
    alphas = {"tversky": 0.3, "tversky_2": 0.7}
    losses = [
        LossSetting("tversky", LOSSES["tversky"].complete({"alpha": alpha}), name=name)
        for name, alpha in alphas.items()
    ]
    session.set_scene({}, losses[::-1], "Scene")
    assert session.state.experiment.losses == tuple(losses)
    with pytest.raises(ParameterError, match="Two losses have the name tversky_2"):
        session.set_scene({}, [losses[1], replace(losses[1], weight=2.0)], "Scene")


def test_the_start_shows_each_loss_once():
    assert [each.name for each in State().experiment.losses] == [
        each.loss for each in State().experiment.losses
    ]
