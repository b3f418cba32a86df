"""What one event of a slider costs: how often it is set, and when the engine is asked."""

from collections import Counter

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from lossexplorer.app.panels.controls import ControlsPanel
from lossexplorer.app.scheduler import Scheduler
from lossexplorer.app.widgets.message_bar import MessageBar
from lossexplorer.engine.client import EngineClient
from lossexplorer.session import Session
from tests.session.volumes import case


class QuietClient(EngineClient):
    """A client without an engine, which notes what it is asked."""

    def __init__(self):
        super().__init__(lambda _: None)
        self.asked = []

    def ask(self, request):
        self.asked.append(request)


@pytest.fixture
def session():
    made = Session()
    made.open(case(shape=(4, 5, 6)))
    return made


@pytest.fixture
def panel(session, qtbot):
    panel = ControlsPanel(session)
    qtbot.addWidget(panel)
    with qtbot.waitActive(panel):
        panel.show()
        panel.activateWindow()
    return panel


def test_a_key_sets_its_slider_and_no_other(panel, session, monkeypatch):
    counts = Counter()
    for name, row in panel.prediction.rows.items():
        if hasattr(row, "slider"):
            set_value = row.slider.setValue

            def counted(value, name=name, set_value=set_value):
                counts[name] += 1
                set_value(value)

            monkeypatch.setattr(row.slider, "setValue", counted)
    row = panel.prediction.rows["shift_y"]
    row.slider.setFocus()
    QTest.keyClick(row.slider, Qt.Key.Key_Right)
    assert session.state.experiment.controls["shift_y"] > 0
    # By the key, and in the middle of a notch by the row, which shows the value that it stands for.
    assert counts == {"shift_y": 2}
    session.store.undo()
    assert session.state.experiment.controls["shift_y"] == 0
    assert counts == {"shift_y": 3}
    assert row.slider.value() == 0


def test_what_the_session_makes_of_a_value_is_shown(panel, session):
    """It is not what the row has said, so it is no echo."""
    row = panel.prediction.rows["shift_y"]
    panel.prediction.changed.disconnect()
    panel.prediction.changed.connect(lambda name, value: session.set_control(name, 2 * value))
    row.slider.setFocus()
    QTest.keyClick(row.slider, Qt.Key.Key_Right)
    shown = session.state.experiment.controls["shift_y"]
    assert row.slider.value() == pytest.approx(shown)
    assert row.line.text() == f"+{shown:g}"


def test_every_event_is_asked_about_at_once(session, qtbot):
    """So the newest one is there once the engine is free."""
    client = QuietClient()
    messages = MessageBar()
    qtbot.addWidget(messages)
    scheduler = Scheduler(session, client, messages)
    for value in (0.1, 0.2, 0.3):
        session.set_control("grow", value)
    assert [each.question.controls["grow"] for each in client.asked] == [0.1, 0.2, 0.3]
    scheduler.close()
