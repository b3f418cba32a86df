"""The menu of scenarios: each opens with one click, in its workspace, and says what it claims."""

import json
import math

import numpy as np
import pytest
from qtpy.QtTest import QTest
from scipy import ndimage

from lossexplorer.app.menus import offers
from lossexplorer.app.scenarios.menu import scenario_action
from lossexplorer.app.scenarios.saving import MEASURED, SaveScenarioDialog
from lossexplorer.app.widgets.term_rows import TermRow
from lossexplorer.core.numbers import loss_value
from lossexplorer.documents.scenario_list import (
    built_in_scenarios,
    own_folder,
    read_scenario,
)
from lossexplorer.engine.messages import Descent, LossSetting
from lossexplorer.headless.checking import check
from lossexplorer.learning.scenarios import SCENARIOS
from lossexplorer.losses import LOSSES
from lossexplorer.session.slices import fullest_plane
from lossexplorer.volumes import open_case, open_sample_volume

SHIPPED = {each.name: each for each in built_in_scenarios() if each.origin == "shipped"}
IN_LEARN = [
    name
    for name, each in SCENARIOS.items()
    if (each.start.workspace, each.start.sample) == ("learn", "tumour")
]
IN_EXPLORE = [name for name, each in SCENARIOS.items() if each.start.workspace == "explore"]
BY_SAMPLE = sorted(SHIPPED, key=lambda name: SHIPPED[name].document.volumes[0].path)
"""Those of one sample follow each other, so that few volumes are opened."""

NODULE = {
    name for name, each in SHIPPED.items() if each.document.volumes[0].path == "sample:nodule"
}
IN_WINDOW = [
    # The window computes curves and norms, too, of 12.6 million voxels.
    pytest.param(name, marks=[pytest.mark.slow] if name in NODULE else [])
    for name in BY_SAMPLE
]

CARD_DIGITS = 5e-5
"""Half of the last digit of what a card shows."""


def entry(learner, name):
    return learner.action(f"{SCENARIOS[name].title} ({name})")


def test_every_scenario_is_in_the_menu_under_its_group(learner):
    learner.shortcut("Alt+1")
    found = {offer.action.id: offer.path for offer in offers(learner.window.context)}
    for each in built_in_scenarios():
        assert found[scenario_action(each.name)] == ("Scenarios", each.document.group)
    assert found["scenario.save"] == ("Scenarios",)
    assert len(IN_LEARN) > 5


@pytest.mark.parametrize("name", IN_LEARN)
def test_a_scenario_of_learn_sets_the_run_up_and_says_what_it_claims(learner, name):
    scenario = SCENARIOS[name]
    learner.shortcut("Alt+1")
    entry(learner, name).trigger()
    view = learner.session.state.view
    assert (view.workspace, view.output) == ("learn", scenario.start.shown)
    assert learner.setup == scenario.start.setup
    said = learner.window.messages.text.text()
    assert learner.window.messages.isVisible()
    assert learner.window.messages.title.text() == f"{name} · {scenario.title}"
    assert scenario.claim in said
    assert scenario.source in said
    learner.session.store.undo()
    assert learner.setup != scenario.start.setup or scenario.start.setup == type(learner.setup)()


def test_a_scenario_of_learn_has_taken_its_steps_each_time_it_is_opened(learner):
    trainer = learner.window.context.trainer
    for _ in range(2):
        entry(learner, "L17").trigger()
        learner.bot.waitUntil(lambda: trainer.run.status == "ready" and trainer.run.step == 3)
        assert [report.step for report in trainer.run.reports] == [1, 2, 3]
        trainer.step()


@pytest.mark.parametrize("name", IN_EXPLORE)
def test_a_scenario_of_explore_sets_prediction_and_losses(learner, name):
    start = SCENARIOS[name].start
    if learner.session.volume.path != f"sample:{start.sample}":
        with learner.bot.waitSignal(learner.files.opened):
            entry(learner, name).trigger()
    else:
        entry(learner, name).trigger()
    learner.bot.waitUntil(lambda: learner.session.state.view.workspace == "explore")
    experiment = learner.session.state.experiment
    assert {control: experiment.controls[control] for control in start.controls} == dict(
        start.controls
    )
    assert {setting.name: setting for setting in experiment.losses} == {
        each.loss.name: LossSetting(
            each.loss.name, LOSSES[each.loss.name].complete(each.loss.parameters), each.weight
        )
        for each in start.losses
    }
    assert experiment.descent == Descent(**start.descent)
    assert learner.session.state.view.loss == start.shown
    if learner.session.volume.path != "sample:tumour":
        with learner.bot.waitSignal(learner.files.opened):
            learner.files.open(["sample:tumour"])
    learner.session.store.undo()


@pytest.mark.parametrize("scenario", built_in_scenarios(), ids=lambda each: each.name)
def test_a_scenario_shows_a_slice_that_has_its_class_or_its_prediction(scenario):
    document = scenario.document
    case = open_case([source.path for source in document.volumes])
    plane, sample = document.view.plane, document.view.sample
    assert plane is not None
    if document.measured and SCENARIOS[document.measured].start.slice is None:
        assert plane == fullest_plane(case, 0)
    labels = case.batch[sample].labels
    assert labels.take(plane.index, axis=plane.axis).any()


def test_confident_mistakes_shows_the_object_that_is_missed():
    start = SCENARIOS["L15"].start
    objects, count = ndimage.label(open_sample_volume(start.sample).labels, np.ones((3, 3, 3)))
    assert start.controls["missing"] * count == 1
    of_slices = (objects == 1 + np.argmin(np.bincount(objects.ravel())[1:])).sum(axis=(1, 2))
    assert start.slice == np.argmax(of_slices)


@pytest.mark.parametrize(("name", "width"), [("L6", 1600), *((name, 1280) for name in IN_LEARN)])
def test_a_scenario_of_learn_shows_the_plot_that_has_what_it_claims(learner, name, width):
    learner.resize(width, 800)
    entry(learner, name).trigger()
    learner.rest()
    plot = SCENARIOS[name].start.plot or "run_losses"
    beside = [widget for (_, shown), widget in learner.curves.beside.items() if shown == plot]
    assert any(widget.isVisible() for widget in [learner.curves.widgets[plot], *beside])


@pytest.fixture
def explorer(driver):
    """The shared window; afterwards the losses and the volume of other tests."""
    yield driver
    driver.window.messages.hide()


@pytest.mark.parametrize("name", IN_WINDOW)
def test_a_shipped_scenario_shows_its_numbers_on_the_cards(explorer, name):
    document = SHIPPED[name].document
    opener = explorer.action(document.title)
    whole = any(setting.loss in ("boundary", "hausdorff") for setting in document.losses)
    (explorer.settle if whole else explorer.opening)(opener.trigger)
    state = explorer.session.state
    messages = explorer.window.messages
    assert messages.title.text() == document.title
    assert messages.text.text().startswith(document.text)
    assert document.claim in messages.text.text()
    assert set(state.experiment.shown) == {each.name for each in document.losses}
    assert state.view.loss == document.view.loss
    for each in document.losses:
        if each.title:
            assert state.experiment.setting(each.name).heading == each.title
    stated = [e for e in document.expected if not (e.controls or e.parameters)]
    seen = 0
    for each in stated:
        text = shown(explorer, each.what)
        if text is not None:
            seen += 1
            assert agrees(text, each.value), (each.what, text, each.value)
    assert seen
    tabs = explorer.plots
    assert tabs.currentIndex() == [plot.id for plot in tabs._plots].index(document.shows.plot)


def shown(driver, what):
    """What the window shows of a number; None of one that no card has."""
    if what == "total":
        return driver.losses.total.value.text()
    loss, _, index = what.partition(".class.")
    card = driver.losses.cards.get(loss)
    if card is None or not index:
        return None if card is None else card.value.text()
    rows = [row for row in card.classes.findChildren(TermRow) if row.isVisible()]
    return next((row.number.text() for row in rows if row.index == int(index)), None)


def agrees(text, value):
    """Whether a text is a number, to its digits."""
    if not math.isfinite(value):
        return text == loss_value(value)
    found = float(text.replace("−", "-"))
    if abs(value) < 5e-4:  # two digits and a power of ten
        return found == float(f"{value:.1e}")
    return abs(found - value) <= CARD_DIGITS * 1.01


def test_undo_leads_back_from_a_scenario_of_the_same_volume(explorer):
    if not explorer.has_open("sample:tumour"):
        explorer.open("sample:tumour")
    before = explorer.session.state.experiment
    explorer.answer(explorer.action(SHIPPED["minus-dice"].document.title).trigger)
    assert explorer.session.state.experiment.shown == ("dice", "dice_2")
    assert explorer.session.store.undo_label == "Open Why is my loss negative?"
    explorer.answer(explorer.session.store.undo)
    assert explorer.session.state.experiment == before


def save_dialog(driver):
    driver.action("Save as Scenario…").trigger()
    return next(d for d in driver.window.findChildren(SaveScenarioDialog) if d.isVisible())


def test_what_is_on_screen_is_saved_as_a_scenario_that_opens_and_is_checked(
    explorer, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "ä folder"))
    explorer.answer(lambda: explorer.session.set_control("shift_x", 1.5625))
    dialog = save_dialog(explorer)
    assert not dialog.accept_button.isEnabled()
    assert MEASURED in dialog.numbers.text()
    explorer.bot.waitUntil(dialog.title.hasFocus)  # and not Cancel, which a blank would press
    QTest.keyClicks(dialog.title, "Two pixels to the right")
    QTest.keyClicks(dialog.text, "Look at the error.")
    assert not dialog.accept_button.isEnabled()
    QTest.keyClicks(dialog.claim, "A shift by two pixels costs a tenth.")
    assert dialog.accept_button.isEnabled()
    explorer.click(dialog.accept_button)
    (file,) = own_folder().iterdir()
    assert file.name == "two-pixels-to-the-right.scenario.lossx"
    assert str(file) in explorer.window.messages.text.text()
    document = read_scenario(file)
    assert document.claim == "A shift by two pixels costs a tenth."
    stated = {each.what: each for each in document.expected}
    assert stated["dice.class.1"].value == pytest.approx(0.10079768, abs=1e-6)
    assert {each.source for each in document.expected} == {MEASURED}
    assert document.shows.controls[0] == "shift_x"
    finite = [each for each in document.expected if math.isfinite(each.value)]
    assert check(document.model_copy(update={"expected": tuple(finite[:3])})).is_right

    explorer.answer(lambda: explorer.session.set_control("shift_x", 0.0))
    own = next(
        offer.action
        for offer in offers(explorer.window.context)
        if offer.path == ("Scenarios", "Your Own")
    )
    assert own.title == "Two pixels to the right"
    explorer.answer(lambda: own.run(explorer.window.context))
    assert explorer.session.state.experiment.controls["shift_x"] == 1.5625
    assert explorer.card_text("dice") == loss_value(stated["dice"].value)


def test_a_folder_that_refuses_is_said_and_nothing_is_lost(explorer, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    (tmp_path / "lossexplorer").write_text("a file where the folder would be", "utf-8")
    dialog = save_dialog(explorer)
    QTest.keyClicks(dialog.title, "Nowhere")
    QTest.keyClicks(dialog.claim, "It cannot be written.")
    explorer.click(dialog.accept_button)
    said = explorer.window.messages.text.text()
    assert "nowhere.scenario.lossx could not be written" in said


def test_a_damaged_scenario_of_ones_own_is_left_out_of_the_menu(explorer, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    own_folder().mkdir(parents=True)
    content = json.loads(SHIPPED["thin-plate"].path.read_text("utf-8"))
    (own_folder() / "good.scenario.lossx").write_text(json.dumps(content), "utf-8")
    (own_folder() / "bad.scenario.lossx").write_text("{", "utf-8")
    found = [o for o in offers(explorer.window.context) if o.path == ("Scenarios", "Your Own")]
    assert [offer.action.id for offer in found] == ["scenario.own.good"]
