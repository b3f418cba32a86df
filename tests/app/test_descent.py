"""Follow the gradient in the window: keys, buttons, settings, canvas, cards and plots."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from lossexplorer.app.widgets.engine_label import EngineLabel
from lossexplorer.engine.questions import Descended
from tests.app.driver import tumour

UNSURE = {"shift_y": 4.6875, "softness": 1.6, "confidence": 0.9996}


@pytest.fixture
def unsure(driver):
    """A prediction that errs and is certain nowhere."""

    def set_all():
        for name, value in UNSURE.items():
            driver.session.set_control(name, value)

    driver.answer(set_all)
    return driver


def bar(driver):
    from lossexplorer.app.widgets.descent_bar import DescentBar

    return driver.window.findChild(DescentBar)


def status(driver):
    return driver.window.context.descent.status


def until_step(driver, number):
    driver.bot.waitUntil(lambda: status(driver).number >= number)


def paused(driver):
    """Pause, and wait until the step that was reached is what is asked about."""
    driver.shortcut("Space")
    driver.bot.waitUntil(lambda: not status(driver).is_playing)
    return status(driver).number


def test_space_plays_and_pauses_and_everything_follows(unsure):
    driver = unsure
    start = driver.answers[-1]
    before = driver.painted("prediction").copy()
    driver.shortcut("Space")
    until_step(driver, 3)
    known = list(driver.answers)
    number = paused(driver)
    # The step that it goes back to is answered once more, for all that waits for the next one.
    driver.bot.waitUntil(
        lambda: (
            driver.answers[-1] is not known[-1]
            and driver.answers[-1].question == driver.session.state.maps()
        )
    )
    label = driver.window.findChild(EngineLabel)
    driver.bot.waitUntil(lambda: "computing" not in label.text())
    answer = driver.answers[-1]
    assert answer.descent.number == number == driver.session.state.view.descended
    assert answer.total < start.total
    driver.window.stage.paint()
    assert driver.card_text("dice") == f"{answer.losses[0].value:.4f}"
    painted = driver.painted("prediction")
    np.testing.assert_array_equal(painted, answer.maps.probability)
    assert abs(painted - before).max() > 0.1
    # The truth is a sample of the program: the prediction has come nearer to it.
    truth = np.take(tumour(), answer.maps.request.plane.index, axis=0) == 1
    assert abs(painted - truth).sum() < abs(before - truth).sum()
    assert bar(driver).words.text() == f"Total · step {number}"
    history = driver.controller.records["history"].series("total")
    assert history[-number:] == [s.total for s in driver.controller.records["descent"].first[1:]]
    assert history[-number - 1] == start.total


def test_the_buttons_step_and_rewind(unsure):
    driver, buttons = unsure, bar(unsure)
    start = driver.answers[-1]
    assert (buttons.play.text(), buttons.rewind.isEnabled()) == ("▶ Follow the gradient", False)
    driver.answer(lambda: driver.click(buttons.step))
    driver.answer(lambda: driver.click(buttons.step))
    assert status(driver).number == 2
    assert buttons.rewind.isEnabled()
    driver.answer(lambda: driver.click(buttons.rewind))
    assert status(driver).number == 0
    assert [r.value for r in driver.answers[-1].losses] == pytest.approx(
        [r.value for r in start.losses], rel=1e-6
    )
    driver.click(buttons.play)
    assert buttons.play.text() == "❚❚ Pause"
    driver.click(buttons.play)
    assert buttons.play.text() == "▶ Follow the gradient"


def test_a_plot_about_the_start_says_so(unsure):
    driver = unsure
    driver.plots.look_at("confusion")
    assert driver.plots.start.isHidden()
    driver.answer(lambda: driver.shortcut("N"))
    assert driver.plots.start.isVisible()
    driver.plots.look_at("history")
    assert driver.plots.start.isHidden()
    driver.plots.look_at("conventions")
    assert driver.plots.start.isVisible()
    driver.answer(lambda: driver.session.set_control("shift_x", 1.0))
    assert driver.plots.start.isHidden()


def test_a_moved_control_begins_it_anew_and_pauses(unsure):
    driver = unsure
    driver.shortcut("Space")
    until_step(driver, 2)
    row = driver.row(None, "shift_x")
    answer = driver.answer(lambda: driver.press(row.slider, Qt.Key.Key_Right))
    assert answer.descent is None
    assert not isinstance(answer.question, Descended)
    assert (status(driver).number, status(driver).is_playing) == (0, False)
    assert driver.action("Follow the Gradient").isEnabled()


def test_another_slice_of_a_descent_is_painted_at_the_same_step(unsure):
    driver = unsure
    driver.answer(lambda: driver.shortcut("N"))
    index = driver.session.state.view.plane.index
    answer = driver.answer(lambda: driver.viewer.dims.set_current_step(0, index + 1))
    assert answer.descent.number == 1
    assert answer.maps.request.plane.index == index + 1
    driver.window.stage.paint()
    np.testing.assert_array_equal(driver.painted("prediction"), answer.maps.probability)


def test_settings_are_rows_that_can_be_undone(unsure):
    driver, section = unsure, unsure.controls.descent
    section.group.open()
    driver.answer(lambda: driver.shortcut("N"))
    driver.answer(lambda: driver.type(section.rows["rate"].line, "0.5"))
    assert driver.session.state.experiment.descent.rate == 0.5
    assert driver.session.state.view.descended == 0
    assert driver.action("Undo Descent, rate 0.01 → 0.5").isEnabled()
    assert section.rows["momentum"].isHidden()
    driver.session.set_descent("optimizer", "momentum")
    assert not section.rows["momentum"].isHidden()
    driver.shortcut("Ctrl+Z")
    driver.shortcut("Ctrl+Z")
    assert driver.session.state.experiment.descent.rate == 0.01
    assert section.rows["rate"].line.text() == "0.01"


def test_two_descents_are_shown_beside_each_other(unsure):
    driver, section = unsure, unsure.controls.descent
    section.group.open()

    def choose(box, text):
        box.setCurrentIndex(box.findText(text))
        box.activated.emit(box.currentIndex())

    choose(section.follows, "Dice")
    choose(section.beside, "Cross-entropy")
    driver.session.set_descent("rate", 0.1)
    answer = driver.answer(lambda: driver.shortcut("N"))
    driver.window.stage.paint()
    driver.canvas.maps.finish()
    for name, maps in (("prediction", answer.maps), ("beside", answer.maps_beside)):
        np.testing.assert_array_equal(driver.painted(name), maps.probability)
    shown = {layer.name for layer in driver.viewer.layers if layer.visible}
    assert {"Dice, step 1", "Cross-entropy, step 1", "Truth"} <= shown
    assert not any(name.startswith("Error") for name in shown)
    curves = driver.controller.records["descent"]
    assert curves.first[0].values == curves.second[0].values
    assert bar(driver).words.text() == "Dice beside Cross-entropy · step 1"
    driver.answer(lambda: driver.shortcut("Home"))
    shown = {layer.name for layer in driver.viewer.layers if layer.visible}
    assert any(name.startswith("Error") for name in shown)
    assert "Cross-entropy, step 1" not in shown


def test_it_says_why_it_stops(driver):
    """Shifted and certain: voxels of the tumour have the probability 0, whose log is −∞."""
    driver.answer(lambda: driver.session.set_control("shift_y", 4.6875))
    driver.answer(lambda: driver.shortcut("Space"))
    driver.bot.waitUntil(lambda: bool(status(driver).ended))
    words = bar(driver).words.text()
    assert words.startswith(
        "Total · step 0 · stopped: Cross-entropy is infinite: background: log 0"
    )
    assert "; 1 − confidence = 1e-6 makes it finite" in words  # as its slider shows it
    assert not bar(driver).play.isEnabled()


def test_the_plot_draws_both_descents(unsure):
    driver = unsure
    plot = driver.plots.widgets["descent"]
    driver.plots.setCurrentIndex(driver.plots.indexOf(plot))
    driver.session.set_descent("beside", "dice")
    driver.session.set_descent("steps", 4)
    driver.shortcut("Space")
    until_step(driver, 8)
    number = paused(driver)
    curves = driver.controller.records["descent"]
    steps, values = plot.items_of["dice"].getData()
    assert list(steps) == list(range(number + 1))
    assert list(values) == [step.values[0] for step in curves.first]
    assert list(plot._second["dice"].getData()[1]) == [step.values[0] for step in curves.second]
    assert list(plot._totals[0].getData()[1]) == [step.total for step in curves.first]
    assert plot._totals[1].getData()[0] is None or not len(plot._totals[1].getData()[0])


def test_learn_has_none_of_it(driver):
    driver.session.show(workspace="learn")
    assert bar(driver).isHidden()
    assert not driver.action("Step of the Descent").isVisible()
    driver.session.show(workspace="explore")
    assert not bar(driver).isHidden()
