"""Taking a convention's parameters over, and which convention a loss equals."""

import pytest

from lossexplorer.conventions import CONVENTIONS, conventions_of
from lossexplorer.core.parameters import ParameterError
from lossexplorer.session import Session
from lossexplorer.session.convention_words import equalled
from tests.session.volumes import case


@pytest.fixture
def session():
    made = Session()
    made.open(case())
    return made


def test_it_is_one_edit_of_the_loss_whose_gradient_is_painted(session):
    second = session.add_loss("dice")
    session.show(loss=second)
    before = session.state.experiment
    monai = next(each for each in conventions_of("dice") if each.library.name == "MONAI")
    assert session.take_over("dice", monai.values, "As MONAI") == second
    parameters = session.state.experiment.setting(second).parameters
    assert parameters["smooth"] == 1e-5  # smooth_nr and smooth_dr of DiceLoss
    assert monai in equalled("dice", parameters)
    assert session.state.experiment.setting("dice") == before.setting("dice")
    assert session.store.undo_label == "As MONAI"
    session.store.undo()
    assert session.state.experiment == before


def test_a_loss_that_is_not_shown_is_shown_in_the_same_edit(session):
    (convention,) = conventions_of("sensitivity_specificity")
    before = session.state.experiment
    name = session.take_over(convention.loss, convention.values, "As NiftyNet")
    assert session.state.experiment.setting(name).parameters == convention.values
    session.store.undo()
    assert session.state.experiment == before


def test_each_convention_is_found_by_its_own_parameters():
    for convention in CONVENTIONS:
        assert convention in equalled(convention.loss, convention.values)


def test_class_weights_that_do_not_fit_are_refused(session):
    values = {**conventions_of("dice")[0].values, "class_weights": (1.0, 2.0, 3.0)}
    before = session.state
    with pytest.raises(ParameterError, match="class"):
        session.take_over("dice", values, "As nothing")
    assert session.state is before
