"""The first use of a control compiles: total, cards, status line and engine say so."""

import re

import pytest
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QEnterEvent
from qtpy.QtWidgets import QApplication

from lossexplorer.app.widgets.engine_label import EngineLabel
from lossexplorer.engine.questions import Maps, Warm
from tests.app.driver import small_labels, write_nifti


def engine_text(driver):
    label = driver.window.findChild(EngineLabel)
    return re.sub("<[^>]*>|&nbsp;|●", "", label.text())


@pytest.fixture
def fresh(make_driver, tmp_path):
    """A window whose engine has compiled nothing but what a softness needs."""
    driver = make_driver()
    driver.start(write_nifti(tmp_path / "small.nii.gz", small_labels()))
    driver.settle(lambda: driver.session.set_control("softness", 2.0))
    for softness in (2.25, 2.5):
        driver.settle(lambda softness=softness: driver.session.set_control("softness", softness))
    return driver


@pytest.mark.slow  # an engine of its own, which has not compiled it for another test
def test_the_first_move_of_a_control_says_that_it_compiles_and_the_second_does_not(fresh):
    driver = fresh
    total, card = driver.losses.total, driver.losses.cards["dice"]
    seen = []

    def look(found):
        why = total.title.toolTip() if found else ""
        marked = bool(card.value.property("pending"))
        status = driver.window.statusBar().currentMessage()
        seen.append((why, total.title.text(), marked, status, engine_text(driver)))

    driver.controller.client.compiling.connect(look)  # the last that hears it
    former = engine_text(driver)
    assert re.fullmatch(r"CPU · [\d.]+ m?s a step", former)
    slider = driver.row("", "temperature").slider
    answer = driver.answer(lambda: driver.press(slider, Qt.Key.Key_Right))
    sentence = "Compiling for temperature: answers take longer for 1 to 4 s."
    assert seen[0] == (sentence, "Total Σ λ L · compiling…", True, sentence, "CPU · compiling…")
    assert answer.compiled
    assert total.title.text() == "Total Σ λ L · preview"  # answered meanwhile, by other steps
    assert not card.value.property("pending")
    assert driver.window.statusBar().currentMessage() == ""
    assert engine_text(driver) == f"{former} · preview"  # nobody waits for what comes at rest

    driver.settle(lambda: driver.press(slider, Qt.Key.Key_Right))
    assert total.title.text() == "Total Σ λ L"
    del seen[:]
    driver.answer(lambda: driver.press(slider, Qt.Key.Key_Right))
    assert not [why for why, *_ in seen if why]


@pytest.mark.slow  # as above
def test_the_first_move_where_the_pointer_rested_compiles_nothing(fresh, qtbot):
    driver = fresh
    client, warm, compiled_for = driver.controller.client, [], []
    client.explored.connect(lambda answers: warm.extend(each.question for each in answers))
    client.compiling.connect(lambda found: compiled_for.extend(found.requests if found else ()))
    said = set()
    client.compiling.connect(lambda _: said.add(engine_text(driver)))  # the last that hears it
    row = driver.row("", "temperature")
    before = driver.session.state
    middle = QPointF(row.rect().center())
    QApplication.sendEvent(row, QEnterEvent(middle, middle, middle))
    qtbot.waitUntil(lambda: any(isinstance(q, Warm) and q.control == "temperature" for q in warm))
    assert not [text for text in said if "compiling" in text]  # nobody waits for it
    assert driver.session.state == before
    driver.settle(lambda: driver.press(row.slider, Qt.Key.Key_Right))
    assert driver.session.state != before
    of_hand = [each for each in compiled_for if not each.effort.exact]
    assert not [each for each in of_hand if isinstance(each.question, Maps)]
