"""The controller of a training run with a stub for the engine: what is done, in which order."""

from dataclasses import replace

import pytest

from lossexplorer.engine.messages import OutputMaps
from lossexplorer.session import Session
from lossexplorer.session.run_controller import RunController
from tests.session.stub_lane import StubLane
from tests.session.volumes import case


class Bench:
    """A run whose engine, timer and clock are the test's."""

    def __init__(self, opened=True):
        self.session, self.lane = Session(), StubLane()
        self.now, self.timers = 0.0, []
        self.runs = []
        self.trainer = RunController(
            self.session, self.lane, lambda s, do: self.timers.append((s, do)), lambda: self.now
        )
        self.trainer.changed.connect(self.runs.append)
        if opened:
            self.session.open(case())

    @property
    def run(self):
        return self.trainer.run

    def learn(self):
        self.session.show(workspace="learn")
        self.lane.settle()
        return self


@pytest.fixture
def bench():
    return Bench()


def test_nothing_is_prepared_for_users_who_stay_in_explore(bench):
    bench.session.set_up(bench.session.state.experiment.setup, "nothing")
    bench.trainer.train()
    bench.trainer.step()
    bench.trainer.rewind()
    assert (bench.lane.order, bench.lane.turns, bench.run.status) == (None, [], "empty")


def test_learn_prepares_and_paints(bench):
    bench.session.show(workspace="learn")
    assert bench.run.status == "preparing"
    bench.lane.prepare()
    assert (bench.run.status, bench.run.memory) == ("ready", 2**20)
    assert bench.run.graph.trunk == ("x1",)
    bench.lane.do()
    assert bench.lane.in_flight is None
    assert bench.lane.turns[-1].painted == OutputMaps("y1", 1, bench.session.state.view.plane)
    assert bench.run.maps is not None


def test_a_step_has_a_table_while_one_is_shown(bench):
    bench.learn().trainer.wants_table = True
    bench.lane.settle()
    assert bench.run.table.trunk.norms == (3.0 * 0.5, 4.0 * 0.3)
    bench.trainer.step()
    bench.lane.settle()
    assert [report.total for report in bench.run.reports] == [0.5 * 1 + 0.3 * 2]
    assert bench.run.reports[0].table is bench.run.table


def test_rewind_takes_the_steps_back(bench):
    bench.learn().trainer.train()
    bench.lane.do()
    assert bench.run.step == 3
    bench.trainer.rewind()
    bench.lane.settle()
    assert (bench.run.step, bench.run.status, bench.lane.steps) == (0, "ready", 0)


def test_another_rate_goes_on_and_another_patch_begins_anew(bench):
    bench.learn().trainer.step()
    bench.lane.settle()
    setup = bench.session.state.experiment.setup
    faster = replace(setup, training=replace(setup.training, rate=0.1))
    bench.session.set_up(faster, "rate")
    bench.lane.settle()
    assert bench.run.step == 1
    bench.session.set_up(replace(setup, training=replace(setup.training, batch=1)), "batch")
    assert (bench.run.step, bench.run.status) == (0, "preparing")
