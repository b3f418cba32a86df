"""What is opened in threads of its own, without a window around it."""

import threading

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from lossexplorer.app.opener import Opener
from lossexplorer.volumes import LabelClass, LabelVolume
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
