"""What is shown in small pieces: each once, in order, and the screen only after all."""

import itertools

import pytest
from qtpy.QtCore import QCoreApplication, QEvent, QObject, QTimer
from qtpy.QtWidgets import QWidget

from lossexplorer.viewer.time_slices import TimeSlices


class Screen(QWidget):
    """A widget that counts how often it was painted."""

    painted = 0

    def paintEvent(self, event):
        self.painted += 1
        super().paintEvent(event)


@pytest.fixture
def screen(qapp, qtbot):
    made = Screen()
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_each_has_a_turn_and_the_screen_is_drawn_after_all(screen, qtbot):
    done = []

    def act(name):
        for piece in (name, name.upper()):
            done.append((piece, screen.painted))
            screen.update()
            yield

    qtbot.waitUntil(lambda: screen.painted > 0)
    before = screen.painted
    slices = TimeSlices(act, screen)
    slices.add(["a", "b"])
    slices.add(["c", "a"])  # waits already
    assert done == []
    qtbot.waitUntil(lambda: screen.painted > before)
    assert done == [(piece, before) for piece in "aAbBcC"]


def test_until_then_the_screen_is_not_even_asked_to_be_drawn(screen, qtbot):
    """Qt would put its former picture on the screen again."""
    asked, during = [], []

    class Asked(QObject):
        def eventFilter(self, _watched, event):
            asked.append(event.type() == QEvent.Type.Paint)
            return False

    def act(name):
        screen.update()
        QCoreApplication.sendEvent(screen, QEvent(QEvent.Type.UpdateRequest))
        during.append(any(asked))
        yield

    qtbot.waitUntil(lambda: screen.painted > 0)
    filtered = Asked()
    slices = TimeSlices(act, screen)
    screen.installEventFilter(filtered)  # it has events before the slices
    slices.add(["a", "b"])
    qtbot.waitUntil(lambda: any(asked))
    assert during == [False, False]


def test_a_number_that_comes_when_all_is_done_is_drawn_before_the_screen(screen, qtbot):
    def act(name):
        del name
        yield

    qtbot.waitUntil(lambda: screen.painted > 0)
    slices, before = TimeSlices(act, screen), screen.painted
    slices.add(["a"])
    while not slices._due.isActive():
        slices._next()
    QCoreApplication.sendEvent(screen, QEvent(QEvent.Type.UpdateRequest))
    assert screen.painted == before
    qtbot.waitUntil(lambda: screen.painted == before + 1)


def test_however_fast_names_come_the_screen_is_drawn_with_each_batch(screen, qtbot):
    """The window system may have it drawn once more between two batches, never in one."""
    qtbot.waitUntil(lambda: screen.painted > 0)
    before, done, paints = screen.painted, [], []

    def act(name):
        done.append(name)
        paints.append(screen.painted)
        if len(done) < 8:
            slices.add(["a", "b"])  # one of which may still wait in this batch
        yield

    slices = TimeSlices(act, screen)
    slices.add(["a", "b"])
    qtbot.waitUntil(lambda: len(done) == 9 and screen.painted > paints[-1])
    assert done == [name for _ in range(5) for name in "ab"][:9]
    batches = [set(paints[first : first + 2]) for first in range(0, 9, 2)]
    drawn = [count for (count,) in batches]  # none was drawn in the middle
    assert drawn[0] == before
    assert all(later > earlier for earlier, later in itertools.pairwise(drawn))


def test_a_screen_whose_size_changes_is_drawn_before_that(screen, qtbot):
    """What it showed is lost, and nothing would be there until all have had their turn."""
    qtbot.waitUntil(lambda: screen.painted > 0)
    before = screen.painted
    slices = TimeSlices(lambda _: iter([None]), screen)
    slices.add(["a"])
    screen.repaint()
    assert screen.painted == before
    screen.resize(screen.width() + 10, screen.height())
    screen.repaint()
    assert screen.painted > before


def test_a_screen_on_which_something_has_moved_is_drawn_once_in_between(screen, qtbot):
    qtbot.waitUntil(lambda: screen.painted > 0)
    slices = TimeSlices(lambda _: iter([None]), screen)
    slices.add(["a"])
    slices.let_through()
    slices.add(["b"])
    before = screen.painted
    for _ in range(2):
        screen.repaint()
        assert screen.painted == before + 1


def test_what_waits_is_done_at_once_or_forgotten(screen, qtbot):
    done = []

    def act(name):
        done.append(name)
        yield

    slices = TimeSlices(act, screen)
    slices.add(["a", "b"])
    slices.finish()
    assert done == ["a", "b"]
    slices.add(["c"])
    slices.forget()
    slices.finish()
    assert done == ["a", "b"]
    before = screen.painted
    screen.update()
    qtbot.waitUntil(lambda: screen.painted > before)


def test_of_a_hidden_screen_all_waits_until_it_is_shown_or_needed(screen, qtbot):
    done, inner, other = [], Screen(screen), []

    def act(name):
        done.append(name)
        yield

    slices = TimeSlices(act, inner)
    inner.hide()
    slices.add(["a", "b"])
    QTimer.singleShot(0, lambda: QTimer.singleShot(0, lambda: other.append("c")))
    qtbot.waitUntil(lambda: other == ["c"])
    assert done == []
    inner.show()
    qtbot.waitUntil(lambda: done == ["a", "b"] and inner.painted > 0)
    inner.hide()
    slices.add(["d", "e"])
    slices.finish()  # for a picture of it
    assert done == ["a", "b", "d", "e"]


def test_the_screen_waits_for_what_comes_before_it_and_is_then_drawn_at_once(screen, qtbot):
    done, holds = [], []

    def act(name):
        done.append(name)
        yield

    qtbot.waitUntil(lambda: screen.painted > 0)
    slices = TimeSlices(act, screen)
    slices.add(["a"])
    qtbot.waitUntil(lambda: done == ["a"])
    slices.finish()  # the time from drawing to drawing counts from here
    qtbot.waitUntil(lambda: not slices._holds)
    slices.is_preceded = lambda: holds.append(slices._holds) or True
    slices.add(["b"])
    while not holds:  # asked once, when all is done
        slices._next()
    before = screen.painted
    slices.add(["c"])  # which waits, too: it belongs to the next picture
    screen.update()
    screen.window().repaint()
    assert (done, holds, screen.painted) == (["a", "b"], [True], before)
    slices.draw()
    assert screen.painted == before + 1
    slices.draw()  # nothing waits
    assert screen.painted == before + 1
    slices.is_preceded = lambda: False
    qtbot.waitUntil(lambda: done == ["a", "b", "c"] and screen.painted > before + 1)


def test_whatever_is_to_come_the_screen_is_drawn_in_the_end(screen, qtbot):
    def act(name):
        del name
        yield

    qtbot.waitUntil(lambda: screen.painted > 0)
    slices = TimeSlices(act, screen)
    slices.is_preceded = lambda: True
    for _ in range(2):
        before = screen.painted
        slices.add(["a"])
        qtbot.waitUntil(lambda before=before: screen.painted > before)
