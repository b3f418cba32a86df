"""A talk about a network that is trained, and snapshots of what is set up for it."""

from dataclasses import replace

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.core.numbers import loss_value
from lossexplorer.learning.scenarios import SCENARIOS

IN_LEARN = [name for name, each in SCENARIOS.items() if each.start.workspace == "learn"]


@pytest.fixture
def presenter(learner):
    presenter = learner.window.context.presenter
    yield presenter
    presenter.end()
    snapshots = learner.window.context.snapshots
    for each in snapshots.kept:
        snapshots.remove(each.number)


@pytest.fixture
def press(learner, presenter):
    """Presses a key while the talk is active."""

    def press(keys):
        presenter.talk.activateWindow()
        learner.bot.waitUntil(presenter.talk.isActiveWindow)
        QTest.keySequence(QApplication.focusWidget(), QKeySequence(keys))

    return press


def numbers(presenter):
    return {name: label.text() for name, label in presenter.talk.numbers.values.items()}


def test_t_trains_and_the_page_shows_losses_and_network(learner, presenter, press):
    learner.shortcut("F5")
    talk = presenter.talk
    assert numbers(presenter) == {"y1": "–", "y2": "–", "total": "–"}
    press("T")
    learner.bot.waitUntil(lambda: learner.run.step >= 3)
    press("T")
    learner.bot.waitUntil(learner.is_at_rest)
    report = learner.run.reports[-1]
    weighed = sum(w * loss for w, loss in zip(report.weights, report.losses, strict=True))
    values = [*report.losses, weighed]
    assert list(numbers(presenter).values()) == [loss_value(value) for value in values]
    assert talk.plot.widget.series("y1") == [each.losses[0] for each in learner.run.reports]
    assert talk.network.isVisible()
    assert not talk.maps.isVisible()
    learner.bot.waitUntil(lambda: len(talk.network.picture.picture.boxes) > 1)
    assert "G guess" not in talk.keys.text()
    assert "T train" in talk.keys.text()


def test_r_begins_the_training_anew(learner, presenter, press):
    learner.shortcut("F5")
    press("T")
    learner.bot.waitUntil(lambda: learner.run.step >= 2)
    press("R")
    learner.bot.waitUntil(learner.is_at_rest)
    assert learner.run.step == 0
    assert numbers(presenter)["y1"] == "–"


def test_esc_is_the_desk_and_its_run_is_where_it_was(learner, presenter, press):
    """Also if another page had another network."""
    learner.train_steps(3)
    state, losses = learner.session.state, learner.run.reports[-1].losses
    scenario = SCENARIOS["L2"]
    assert scenario.start.setup != state.experiment.setup
    learner.shortcut("F5")
    learner.session.set_up(scenario.start.setup, "Another page")
    learner.bot.waitUntil(lambda: learner.run.step == 0 and learner.is_at_rest())
    press("Esc")
    assert learner.session.state == state
    learner.bot.waitUntil(lambda: learner.run.step == 3 and learner.is_at_rest())
    assert learner.run.reports[-1].losses == losses


def test_a_run_that_was_left_for_explore_is_where_it_was_on_return(learner, presenter, press):
    learner.train_steps(2)
    losses, setup = [report.losses for report in learner.run.reports], learner.setup
    learner.shortcut("Alt+1")
    learner.shortcut("F5")
    learner.session.show(workspace="learn")
    learner.session.set_up(SCENARIOS["L2"].start.setup, "A page of Learn")
    learner.bot.waitUntil(lambda: learner.run.step == 0 and learner.is_at_rest())
    press("Esc")
    assert learner.session.state.view.workspace == "explore"
    learner.shortcut("Alt+2")
    learner.bot.waitUntil(lambda: learner.run.step == 2 and learner.is_at_rest())
    assert learner.setup == setup
    assert [report.losses for report in learner.run.reports] == losses


@pytest.mark.parametrize("before", [0, 2])
def test_esc_takes_back_what_the_talk_has_trained(learner, presenter, press, before):
    learner.train_steps(before)
    losses = [report.losses for report in learner.run.reports]
    learner.shortcut("F5")
    press("T")
    learner.bot.waitUntil(lambda: learner.run.step >= before + 2)
    press("Esc")
    learner.bot.waitUntil(lambda: learner.run.step == before and learner.is_at_rest())
    assert [report.losses for report in learner.run.reports] == losses


@pytest.mark.parametrize("name", IN_LEARN)
def test_the_playlist_has_the_scenarios_of_learn_with_their_words(name):
    from lossexplorer.app.presenter.scenario_pages import scenario_playlist

    page, scenario = scenario_playlist(name).entry.page, SCENARIOS[name]
    assert (page.title, page.claim, page.text) == (scenario.title, scenario.claim, scenario.text)
    assert page.workspace == "learn"
    outputs = [output.name for output in scenario.start.setup.outputs]
    assert page.numbers[:-1] == tuple(outputs[: len(page.numbers) - 1])


def test_a_snapshot_of_learn_keeps_the_setup_and_a_click_goes_back(learner, presenter):
    setup = learner.setup
    learner.shortcut("Ctrl+K")
    strip = learner.panels.widget("snapshots").strip
    assert strip.isVisible()
    learner.session.set_up(replace(setup, frozen=("x1_conv1",)), "Freeze")
    learner.shortcut("Alt+1")
    place = strip.place_of(1).center()
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert learner.setup == setup
    assert learner.session.state.view.workspace == "learn"


def test_a_flip_stays_in_explore(learner, presenter):
    learner.shortcut("Ctrl+K")
    learner.shortcut("Alt+1")
    learner.session.set_control("grow", 2.0)
    snapshots = learner.window.context.snapshots
    snapshots.flip()
    view = learner.session.state.view
    assert (view.workspace, learner.session.state.experiment.controls["grow"]) == ("explore", 0.0)
    snapshots.flip_back()
    learner.session.store.undo()
