"""What is opened in threads of its own, without a window around it."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from lossexplorer.app.opener import Opener
from lossexplorer.session import Session
from lossexplorer.volumes import (
    Case,
    LabelClass,
    LabelVolume,
    PartNeededError,
    VolumeError,
    case_of,
)
from tests.patience import PATIENCE


def volume(name):
    classes = (LabelClass(0, "background", 7), LabelClass(1, "object", 1))
    labels = np.eye(2, dtype=np.uint8)[None, :, :1]
    return LabelVolume(labels, classes, (1.0, 1.0, 1.0), True, name, name)


@pytest.fixture
def opener(qapp):
    return Opener(lambda: None)


def test_the_volume_asked_for_last_stays_however_long_the_former_takes(opener, qtbot):
    go_on, readers, opened = threading.Event(), [], []
    opener.opened.connect(lambda case: opened.append(case.batch[0].path))

    def slowly():
        readers.append(threading.current_thread())
        assert go_on.wait(PATIENCE)
        return volume("slow")

    opener.open_made(slowly)
    opener.open_made(lambda: volume("fast"))
    qtbot.waitUntil(lambda: bool(opened) and bool(readers))
    go_on.set()
    readers[0].join(PATIENCE)
    QApplication.processEvents()
    assert opened == ["fast"]


# What is open is changed in a thread, and may be another one when the thread has done


CHANGES = {
    "with_classes": lambda opener: opener.choose_classes("each"),
    "with_patch": lambda opener: opener.choose_patch((1, 1, 1)),
    "with_image": lambda opener: opener.show_image("image.nii"),
    "with_prediction": lambda opener: opener.use_prediction("prediction.npy"),
}


@pytest.fixture
def session():
    """A volume is open, and seen with other classes."""
    session = Session()
    session.open(case_of(volume("first")))
    session.see(session.case.with_classes("foreground"))
    return session


@pytest.fixture
def following(session, qapp):
    """An opener that the session follows, and what it says."""
    opener, said = Opener(lambda: session.case), []
    opener.opened.connect(session.open)
    opener.changed.connect(session.see)
    for name in ("opened", "changed", "refused", "remembered", "part_needed"):
        getattr(opener, name).connect(lambda what, name=name: said.append((name, what)))
    return opener, said


class Held:
    """Holds the thread that makes something until the test lets it go on."""

    def __init__(self, make):
        self._make, self._go_on, self._threads = make, threading.Event(), []

    def __call__(self, *args):
        self._threads.append(threading.current_thread())
        assert self._go_on.wait(PATIENCE)
        return self._make(*args)

    def let_go(self, qtbot):
        qtbot.waitUntil(lambda: bool(self._threads))
        self._go_on.set()
        self._threads[0].join(PATIENCE)
        QApplication.processEvents()


def hold(monkeypatch, method, make):
    held = Held(make)

    def changed(*args):
        return held(*args)

    monkeypatch.setattr(Case, method, changed)
    return held


def patched(case, *_):
    return replace(case, patch=(1, 1, 1))


def refusing(*_):
    raise VolumeError("image.nii is no image.")


@pytest.mark.parametrize("method", CHANGES)
def test_a_change_of_what_is_open_is_an_edit(session, following, monkeypatch, qtbot, method):
    opener, said = following
    held = hold(monkeypatch, method, patched)
    CHANGES[method](opener)
    held.let_go(qtbot)
    assert said == [("changed", session.case)]
    assert session.case.patch == (1, 1, 1)
    session.store.undo()
    assert (session.case.patch, session.case.classes) == (None, "foreground")


@pytest.mark.parametrize("make", [patched, refusing])
@pytest.mark.parametrize("method", CHANGES)
def test_what_is_undone_meanwhile_stays_undone(
    session, following, monkeypatch, qtbot, method, make
):
    opener, said = following
    held = hold(monkeypatch, method, make)
    CHANGES[method](opener)
    session.store.undo()
    held.let_go(qtbot)
    assert (said, session.case.patch, session.case.classes) == ([], None, "each")
    assert session.store.redo_label


def test_other_volumes_are_opened_whatever_is_undone_meanwhile(session, following, qtbot):
    opener, said = following
    held = Held(lambda: volume("second"))
    opener.open_made(held)
    session.store.undo()
    held.let_go(qtbot)
    assert said == [("opened", session.case)]
    assert session.volume.path == "second"
    assert (session.store.undo_label, session.store.redo_label) == ("", "")


def test_a_part_that_is_chosen_too_late_changes_nothing(session, following, monkeypatch, qtbot):
    def make(case, source):
        if source.endswith("::b"):
            return patched(case)
        raise PartNeededError(f"{source} holds a and b.", ())

    opener, said = following
    held = hold(monkeypatch, "with_image", make)
    opener.show_image("several.h5")
    held.let_go(qtbot)
    ((name, question),) = said
    session.store.undo()
    question.take("b")
    qtbot.waitUntil(lambda: not any(t.name == "opener" for t in threading.enumerate()))
    QApplication.processEvents()
    assert (name, len(said), session.case.patch) == ("part_needed", 1, None)


def test_a_file_of_instances_is_one_class_and_says_so(tmp_path, qapp, qtbot):
    cells = np.arange(300, dtype=np.uint16).repeat(2).reshape(1, 1, -1)
    np.save(tmp_path / "cells.npy", cells)
    opener, opened = Opener(lambda: None), []
    opener.opened.connect(opened.append)
    with qtbot.waitSignal(opener.grouped) as grouped:
        opener.open([str(tmp_path / "cells.npy")])
    assert opened[0].batch.names == ("background", "foreground")
    assert "299 ids without names. They are taken for instances" in grouped.args[0]
    with qtbot.waitSignal(opener.ended):
        opener.open([str(tmp_path / "cells.npy")], classes="each")
    assert len(opened[1].batch.names) == 300
