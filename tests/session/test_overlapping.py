"""What the session leaves out where classes overlap, and what it refuses."""

import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.session import Session
from lossexplorer.session.course import order_of
from lossexplorer.volumes import LabelClass, LabelVolume, case_of
from lossexplorer.volumes.model.overlapping import overlapping_labels
from tests.session import volumes


def overlapping():
    masks = np.random.default_rng(0).random((2, 3, 4, 5)) < 0.5
    labels, overlap = overlapping_labels(masks)
    classes = tuple(LabelClass(k, str(k), 1) for k in range(3))
    return case_of(LabelVolume(labels, classes, (1.0, 1.0, 1.0), True, "o", "o", overlap=overlap))


@pytest.fixture
def session():
    """A loss and a control that need exclusive classes, with curves against the latter."""
    made = Session()
    made.open(volumes.case(shape=(3, 4, 5), classes=3))
    made.add_loss("topk_cross_entropy")
    made.set_control("swap", 0.5)
    return made


def test_what_is_not_defined_gives_way_and_comes_back_with_undo(session):
    before = session.state.experiment
    session.see(overlapping())
    experiment = session.state.experiment
    assert experiment.shown == tuple(n for n in before.shown if n != "topk_cross_entropy")
    assert experiment.controls["swap"] == 0
    assert session.state.view.against.name != "swap"
    session.store.undo()
    assert session.state.experiment == before


def test_if_no_loss_shown_is_defined_those_of_the_start_are_shown():
    session = Session()
    session.add_loss("topk_cross_entropy")
    for name in session.state.experiment.shown:
        if name != "topk_cross_entropy":
            session.remove_loss(name)
    session.open(overlapping())
    assert session.state.experiment.shown == Session().state.experiment.shown
    assert session.state.view.loss in session.state.experiment.shown


def test_what_is_not_defined_cannot_be_set():
    session = Session()
    session.open(overlapping())
    state = session.state
    for refused in (
        lambda: session.add_loss("topk_cross_entropy"),
        lambda: session.set_control("swap", 0.5),
        lambda: session.set_parameter("dice", "include_background", False),
        lambda: session.set_scene({"swap": 0.5}, (), "scene"),
        lambda: session.show(class_index=0),
    ):
        with pytest.raises(ParameterError):
            refused()
    assert session.state == state


def test_a_network_is_trained_whichever_classes_overlap_or_are_ignored():
    session = Session()
    assert order_of(session.state) is None  # nothing is open
    session.open(volumes.case(shape=(3, 4, 5), classes=3))
    assert order_of(session.state) is not None
    session.see(session.case.with_ignored(2))
    assert order_of(session.state) is not None
    session.open(overlapping())
    assert order_of(session.state) is not None


def test_an_edit_of_what_is_ignored_has_its_name():
    session = Session()
    session.open(volumes.case(shape=(3, 4, 5), classes=3))
    session.see(session.case.with_ignored(2).with_ignored(None))
    assert session.store.undo_label == ""  # nothing is seen otherwise
    session.see(session.case.with_ignored(2))
    assert session.store.undo_label == "Ignore class 2"
    session.see(session.case.with_ignored(None))
    assert session.store.undo_label == "Ignore nothing"
