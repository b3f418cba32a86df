"""The menu of scenarios: each opens with one click, in its workspace, and says what it claims."""

import pytest

from lossexplorer.app.actions.scenarios import scenario_action
from lossexplorer.app.menus import offers
from lossexplorer.engine.messages import Descent, LossSetting
from lossexplorer.learning.scenarios import SCENARIOS
from lossexplorer.losses import LOSSES

IN_LEARN = [
    name
    for name, each in SCENARIOS.items()
    if (each.start.workspace, each.start.sample) == ("learn", "tumour")
]
IN_EXPLORE = [name for name, each in SCENARIOS.items() if each.start.workspace == "explore"]


def entry(learner, name):
    return learner.action(f"{SCENARIOS[name].title} ({name})")


def test_every_scenario_is_in_the_menu(learner):
    found = {offer.action.id: offer.path for offer in offers(learner.window.context)}
    assert all(found[scenario_action(name)] == ("Scenarios",) for name in SCENARIOS)
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
    assert said.startswith(f"{name} · {scenario.title}.")
    assert scenario.claim in said
    assert scenario.source in said
    learner.session.store.undo()
    assert learner.setup != scenario.start.setup or scenario.start.setup == type(learner.setup)()


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
    if start.losses:
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
