"""Every scenario shows the numbers that it must, measured from a run of the program's own code."""

import re

import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import LossSetting
from lossexplorer.learning.loss_choices import checked, misfit
from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.scenarios import SCENARIOS, Expectation, scenario_named, scenarios
from lossexplorer.learning.targets import target_named
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls
from lossexplorer.volumes.sample_volumes import SAMPLE_VOLUMES, open_sample_volume

SLOW = {
    "L13": "traces a network of four levels for two optimizers, and reads 12.6 million voxels",
    "L14": "differentiates two losses over 12.6 million voxels",
}
"""The scenarios that take more than about five seconds, with the reason."""

EVERY = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
MEASURED = [
    pytest.param(scenario, id=name, marks=[pytest.mark.slow] if name in SLOW else [])
    for name, scenario in SCENARIOS.items()
]


def test_there_are_seventeen_in_order():
    assert [scenario.id for scenario in scenarios()] == [f"L{number}" for number in range(1, 18)]
    assert scenario_named("L5").title == "The total falls, loss 1 rises"
    with pytest.raises(ParameterError, match="There is no scenario 'L99'"):
        scenario_named("L99")


@pytest.mark.parametrize("scenario", MEASURED)
def test_the_numbers_that_it_must_show(scenario):
    measured = scenario.measure()
    assert set(measured) == {expectation.name for expectation in scenario.expected}
    wrong = [each for each in scenario.expected if not each.holds(measured[each.name])]
    assert not wrong, {each.name: (measured[each.name], each.value) for each in wrong}


@EVERY
def test_it_says_what_it_claims(scenario):
    assert scenario.title
    assert scenario.source
    assert len(re.findall(r"[.!?](?= [A-ZΣ]|$)", scenario.text)) == 2, scenario.text
    names = [expectation.name for expectation in scenario.expected]
    assert len(set(names)) == len(names)


def test_a_number_that_is_off_or_none_does_not_hold():
    exact, near = Expectation("a", "", 0.0, 0.0), Expectation("b", "", 2.0, 0.1)
    assert exact.holds(0.0)
    assert not exact.holds(1e-30)
    assert near.holds(2.05)
    assert not near.holds(2.2)
    assert not near.holds(float("nan"))


@EVERY
def test_its_start_can_be_opened(scenario):
    start = scenario.start
    assert start.sample in SAMPLE_VOLUMES
    if start.workspace == "explore":
        complete_controls(start.controls)
        for shown in start.losses:
            LOSSES[shown.loss.name].complete(shown.loss.parameters)
        assert start.shown in {"total", *(shown.loss.name for shown in start.losses)}
        assert start.setup is None
    else:
        assert start.shown in {output.name for output in start.setup.outputs}
        for output in start.setup.outputs:
            assert not misfit(checked(output.loss), target_named(output.target))
        training = start.setup.training
        METHODS[training.method].settle([[1.0]], [1.0], [1.0], values=training.method_values)


def learning_starts():
    """One scenario for each training run that scenarios open."""
    by_setup = {repr(s.start.setup): s for s in SCENARIOS.values() if s.start.setup}
    return by_setup.values()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:You are using a softmax")  # of one channel, as L17 is about
@pytest.mark.filterwarnings("ignore:In loss categorical_crossentropy:SyntaxWarning")
@pytest.mark.parametrize("scenario", learning_starts(), ids=lambda scenario: scenario.id)
def test_its_run_can_be_trained(scenario):
    """Slow, because each start is a network that is traced for its full patches."""
    from lossexplorer.learning.training import Trainer

    report = Trainer(scenario.start.setup, open_sample_volume(scenario.start.sample)).train()
    assert report.step == 1
    assert report.table is not None


@pytest.mark.slow
def test_the_conflict_is_there_in_the_first_step_of_its_run():
    """Slow, because a network is traced for its full patches."""
    from lossexplorer.learning.training import Trainer

    start = SCENARIOS["L5"].start
    methods = Trainer(start.setup, open_sample_volume(start.sample)).train().methods
    rising = {each.name: each.rising for each in methods}
    assert rising["weighted_sum"] == (True, False)
    for name in ("pcgrad", "mgda", "imtl_g", "nash_mtl"):
        assert rising[name] == (False, False)


@pytest.mark.slow
def test_explore_shows_the_norms_of_dice_and_cross_entropy():
    """Slow, because it evaluates 12.6 million voxels; a norm is over both classes' logits."""
    from lossexplorer.engine.messages import Request
    from lossexplorer.engine.pipeline import Pipeline
    from lossexplorer.engine.questions import Norms
    from lossexplorer.engine.volume import Volume

    start = SCENARIOS["L14"].start
    volume = open_sample_volume(start.sample)
    settings = tuple(
        LossSetting(
            shown.loss.name,
            LOSSES[shown.loss.name].complete(shown.loss.parameters),
            shown.weight,
        )
        for shown in start.losses
    )
    names = tuple(each.name for each in volume.classes)
    pipeline = Pipeline(Volume(volume.labels, names, volume.spacing))
    question = Norms("nodule", complete_controls(start.controls), settings)
    norms = [each.gradient_norm for each in pipeline.answer(Request(question)).losses]
    expected = {each.name: each.value for each in SCENARIOS["L14"].expected}
    assert norms[1] / norms[0] == pytest.approx(expected["nodule_ratio"], abs=5e-4)
    assert norms[0] == pytest.approx(2**0.5 * expected["nodule_dice"], rel=5e-4)
