"""A slider's way: its values, and what is refused."""

import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import Reference
from lossexplorer.session.state import Experiment, State
from lossexplorer.session.sweep import parse_sweep, reference_named, sweep_of


def test_values_are_evenly_spaced_on_a_linear_slider():
    sweep = sweep_of(Experiment(), Reference("alpha", "tversky"), "0.1", "0.9", 5)
    assert sweep.values == pytest.approx((0.1, 0.3, 0.5, 0.7, 0.9))


def test_values_of_a_slider_of_decades_are_a_geometric_series():
    sweep = sweep_of(Experiment(), Reference("confidence"), "0.9", "0.999", 3)
    assert [1 - value for value in sweep.values] == pytest.approx((1e-1, 1e-2, 1e-3))


def test_all_else_stays():
    state = State()
    sweep = sweep_of(state.experiment, Reference("alpha", "tversky"), "0", "1", 3)
    states = sweep.states(state)
    alphas = [each.experiment.setting("tversky").parameters["alpha"] for each in states]
    assert alphas == [0, 0.5, 1]
    assert {each.view.against for each in states} == {Reference("alpha", "tversky")}
    assert all(each.experiment.controls == state.experiment.controls for each in states)


@pytest.mark.parametrize("text", ["shift_x", "shift_x=1:2", "shift_x=1:2:x", "shift_x=1::3"])
def test_what_is_no_sweep(text):
    with pytest.raises(ParameterError, match="CONTROL=FIRST:LAST:FRAMES"):
        parse_sweep(text)


@pytest.mark.parametrize(
    ("name", "ends", "count", "why"),
    [
        ("shift", ("0", "1"), 3, "shift_x"),
        ("tversky:alfa", ("0", "1"), 3, "alpha"),
        ("dice:form", ("0", "1"), 3, "one number"),
        ("tversky:alpha", ("0.5", "0.5"), 3, "does not move"),
        ("tversky:alpha", ("0", "1"), 1, "2 to 200"),
        ("confidence", ("0.5", "2"), 3, "confidence"),
    ],
)
def test_what_is_refused(name, ends, count, why):
    experiment = Experiment()
    with pytest.raises(ParameterError, match=why):
        sweep_of(experiment, reference_named(name, experiment), *ends, count)
