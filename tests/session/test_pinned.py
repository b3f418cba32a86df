"""A pinned voxel, a drawn line and a ruler stay only where the volume has them."""

import pytest

from lossexplorer.session import Session
from lossexplorer.session.appearance import Appearance
from tests.session.volumes import case


@pytest.fixture
def session():
    session = Session()
    session.open(case(shape=(4, 6, 8)))
    appearance = Appearance(contrast=(1.0, 2.0), error=0.5)
    ruler = ((0.0, 0.5, 0.25), (0.0, 5.25, 7.0))
    session.show(pinned=(3, 5, 7), line=((0, 0, 0), (3, 5, 7)), ruler=ruler, appearance=appearance)
    return session


def test_the_pinned_voxel_is_part_of_the_question_and_of_nothing_else(session):
    pinned = session.state.maps()
    assert pinned.painted.voxel == (3, 5, 7)
    session.show(pinned=None)
    assert session.state.maps() != pinned
    assert session.state.maps().subject == pinned.subject
    assert session.state.maps().shows_as(pinned)
    assert session.state.maps().is_another_slice_of(pinned)
    assert session.state.at((3, 5, 7)).maps().shows_as(pinned) is (
        session.state.view.plane.index == 3
    )


def test_another_volume_has_no_place_that_was_marked(session):
    session.open(case(shape=(4, 6, 8), name="other"))
    view = session.state.view
    assert (view.pinned, view.ruler) == (None, None)
    # What is black in another image is another number; how maps look is no matter of the image.
    assert view.appearance == Appearance(error=0.5)


def test_no_place_is_outside_the_volume(session):
    view = session.state.view
    kept = view.within((4, 6, 8))
    assert (kept.pinned, kept.line, kept.ruler) == (view.pinned, view.line, view.ruler)
    smaller = view.within((3, 6, 8))
    assert (smaller.pinned, smaller.line, smaller.ruler) == (None, None, view.ruler)
    assert view.within((4, 5, 8)).ruler is None


def test_marks_are_no_edits(session):
    assert session.store.undo_label is None or "pinned" not in session.store.undo_label
    session.set_control("grow", 1.0)
    label = session.store.undo_label
    session.show(pinned=(0, 0, 0))
    assert session.store.undo_label == label
