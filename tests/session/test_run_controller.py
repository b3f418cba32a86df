"""The controller of a training run with a stub for the engine: what is done, in which order."""

from dataclasses import replace

import numpy as np
import pytest

from lossexplorer.engine.messages import OutputMaps, Plane
from lossexplorer.session import Session
from lossexplorer.session.run_controller import RunController
from lossexplorer.session.setup_editor import SetupEditor
from lossexplorer.volumes.model.batch import Batch
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


def test_only_the_last_step_keeps_its_table(bench):
    bench.learn().trainer.wants_table = True
    bench.trainer.train()
    bench.lane.do()
    bench.lane.do()
    tables = [report.table is not None for report in bench.run.reports]
    assert tables == [False] * (len(tables) - 1) + [True]
    assert bench.run.reports[-1].table is bench.run.table


def test_steps_follow_one_another_until_there_is_a_pause(bench):
    bench.learn().trainer.train()
    assert bench.run.status == "training"
    for _ in range(3):
        bench.lane.do()
    bench.trainer.pause()
    assert bench.run.status == "ready"
    steps = bench.run.step
    bench.lane.settle()
    # The turn that was in flight still counts, and then there are maps of what it left.
    assert bench.run.step == bench.lane.steps == steps + 3
    assert [report.step for report in bench.run.reports] == list(range(1, steps + 4))
    assert bench.lane.turns[-1].painted is not None


def test_a_step_wanted_when_a_painting_is_done_already_is_one_step(bench, monkeypatch):
    bench.learn().trainer.step()
    while bench.lane.turns[-1].painted is None:
        bench.lane.do()
    monkeypatch.setattr(bench.lane, "end", lambda _: False)  # its report is on the way
    before, asked = bench.run.step, len(bench.lane.turns)
    bench.trainer.step()
    assert len(bench.lane.turns) == asked
    bench.lane.settle()
    assert bench.run.step == bench.lane.steps == before + 1


def test_maps_say_of_which_step_they_are(bench):
    bench.learn().trainer.train()
    for _ in range(3):
        bench.lane.do(seconds=0.01)
    assert bench.run.step > bench.run.painted_step == 0
    bench.trainer.pause()
    bench.lane.settle()
    assert bench.run.painted_step == bench.run.step == bench.lane.steps


def test_while_it_trains_maps_come_at_times_and_no_more_than_a_quarter_of_the_time(bench):
    bench.learn().trainer.train()

    def painted_after(seconds):
        bench.now += seconds
        bench.lane.do(seconds=seconds)
        return bench.lane.turns[-1].painted is not None

    assert not painted_after(0.15)
    assert painted_after(0.1)
    assert not painted_after(1.0)  # the painting itself takes a second
    assert not painted_after(2.5)
    assert painted_after(1.0)


def test_a_pause_ends_a_step_that_takes_longer_than_a_second(bench):
    bench.learn().trainer.step()
    bench.lane.settle()
    bench.trainer.train()
    bench.trainer.pause()
    assert bench.run.status == "ready"  # at once
    seconds, insist = bench.timers[-1]
    assert seconds == 1.0
    insist()
    assert bench.lane.turns[bench.lane.ended[-1]].steps
    assert bench.lane.in_flight is None
    bench.trainer.step()
    bench.lane.settle()
    assert bench.run.step == 2


@pytest.mark.parametrize("wants_table", [False, True])
@pytest.mark.parametrize("cancel", ["pause", "rewind", "new_seed"])
def test_the_first_step_has_no_longer_although_it_is_compiled(bench, wants_table, cancel):
    bench.learn().trainer.wants_table = wants_table
    bench.lane.settle()
    bench.trainer.train()
    number = bench.lane.in_flight
    getattr(bench.trainer, cancel)()
    bench.lane.in_flight = number  # which a stub of a new run forgets
    seconds, insist = bench.timers[-1]
    assert seconds == 1.0
    insist()
    assert bench.lane.ended[-1] == number
    bench.lane.settle()
    bench.trainer.step()
    bench.lane.settle()
    assert [report.step for report in bench.run.reports] == [1]


def test_a_rewind_before_the_first_step_leaves_a_first_look_alone(bench):
    bench.learn().trainer.wants_table = True
    assert bench.lane.turns[-1].looks
    bench.trainer.rewind()
    bench.trainer.come_to(0)
    assert not bench.timers
    bench.trainer.come_to(2)
    assert not bench.timers
    bench.lane.settle()
    assert (bench.run.step, bench.lane.ended) == (2, [])


def test_a_look_has_no_longer_than_a_step_although_the_first_is_compiled(bench):
    bench.learn().trainer.wants_table = True
    number = bench.lane.in_flight
    assert bench.lane.turns[number].looks
    bench.trainer.new_seed()
    bench.lane.in_flight = number  # which a stub of a new run forgets
    seconds, insist = bench.timers[-1]
    assert seconds == 1.0
    insist()
    assert bench.lane.ended == [number]
    bench.lane.settle()
    assert bench.run.table is not None
    bench.trainer.step()
    bench.lane.settle()
    SetupEditor(bench.session).set_weight("y1", 0.1)
    bench.lane.prepare()
    assert bench.lane.turns[-1].looks
    bench.trainer.rewind()
    assert bench.timers[-1][0] == 1.0


def test_a_pause_leaves_a_turn_that_is_done_and_a_later_one_alone(bench):
    bench.learn().trainer.train()
    bench.trainer.pause()
    bench.lane.do()
    bench.trainer.train()
    for _, insist in bench.timers:
        insist()
    # Only the painting of what the first turn left, which training does not wait for.
    assert [bench.lane.turns[number].only_paints for number in bench.lane.ended] == [True]


def test_a_turn_that_is_wanted_again_is_left_alone_and_one_of_a_run_that_is_over_is_not(bench):
    bench.learn().trainer.train()
    bench.trainer.pause()
    bench.trainer.train()
    _, insist = bench.timers[-1]
    insist()
    assert bench.lane.ended == []
    bench.trainer.new_seed()
    bench.lane.in_flight, (_, insist) = 1, bench.timers[-1]  # it is still being done
    insist()
    assert bench.lane.ended == [1]


def test_single_steps_are_counted_and_end_a_training(bench):
    bench.learn()
    for _ in range(3):
        bench.trainer.step()
    assert bench.run.status == "training"
    bench.lane.settle()
    assert (bench.run.step, bench.run.status) == (3, "ready")
    assert [turn.steps for turn in bench.lane.turns[1:4]] == [1, 1, 1]


def test_a_limit_has_the_steps_one_by_one(bench):
    bench.learn().trainer.limit = 4
    bench.trainer.train()
    waited = []
    for _ in range(3):
        if bench.lane.turns[-1].only_paints:
            bench.lane.do()
        assert bench.lane.turns[-1].steps == 1
        bench.now += 0.05  # what the step takes
        bench.lane.do()
        assert bench.lane.in_flight is None
        seconds, go_on = bench.timers.pop()
        waited.append(seconds)
        bench.now += seconds
        go_on()
    assert waited == pytest.approx([0.2, 0.2, 0.2])
    with pytest.raises(ValueError, match="must be positive, not 0"):
        bench.trainer.limit = 0
    bench.trainer.pause()
    bench.trainer.limit = None
    bench.lane.settle()
    bench.trainer.train()
    assert bench.lane.turns[-1].steps > 1


def test_steps_that_a_rewind_has_overtaken_do_not_count(bench):
    bench.learn().trainer.train()
    bench.lane.do()
    bench.trainer.rewind()
    assert bench.run.reports == ()
    bench.lane.do()  # the turn that was in flight
    assert bench.run.reports == ()
    bench.lane.settle()
    bench.trainer.step()
    bench.lane.settle()
    assert [report.step for report in bench.run.reports] == [1]


def test_a_table_is_of_the_setup_that_is_set(bench):
    bench.learn().trainer.wants_table = True
    bench.lane.settle()
    bench.trainer.step()
    bench.lane.settle()
    setup = bench.session.state.experiment.setup
    louder = setup.with_output(replace(setup.output("y2"), weight=3.0))
    bench.session.set_up(louder, "λ")
    assert bench.lane.at_once
    bench.lane.settle()
    assert bench.run.table.trunk.norms == (3.0 * 0.5, 4.0 * 3.0)
    assert bench.run.reports[-1].total == 0.5 * 1 + 0.3 * 2  # what it was
    bench.session.store.undo()
    bench.lane.settle()
    assert bench.run.table.trunk.norms == (3.0 * 0.5, 4.0 * 0.3)
    assert bench.run.step == 1


def test_a_new_seed_is_an_edit_that_begins_anew(bench):
    bench.learn().trainer.step()
    bench.lane.settle()
    bench.trainer.new_seed()
    assert (bench.session.store.undo_label, bench.run.status) == ("Seed 7 → 8", "preparing")
    bench.lane.settle()
    assert (bench.run.step, bench.run.status) == (0, "ready")
    bench.session.store.undo()
    assert bench.lane.order.setup.training.seed == 7
    assert bench.run.status == "preparing"


def test_after_the_largest_seed_comes_the_smallest(bench):
    bench.learn()
    SetupEditor(bench.session).set_seed(2**31 - 1)
    bench.trainer.new_seed()
    assert bench.lane.order.setup.training.seed == 0


def test_a_loss_that_is_not_finite_stops_it_until_it_is_rewound(bench):
    bench.learn().trainer.train()
    bench.lane.do(problem="Step 3: the loss of y2 is NaN.")
    assert (bench.run.status, bench.run.message) == ("stopped", "Step 3: the loss of y2 is NaN.")
    bench.lane.settle()
    assert bench.run.status == "stopped"
    turns = len(bench.lane.turns)
    bench.trainer.train()
    bench.trainer.step()
    assert len(bench.lane.turns) == turns
    bench.trainer.rewind()
    bench.lane.settle()
    assert (bench.run.status, bench.run.message) == ("ready", "")
    bench.trainer.step()
    bench.lane.settle()
    assert bench.run.step == 1


def test_leaving_learn_pauses_and_keeps_the_run(bench):
    bench.learn().trainer.train()
    bench.lane.do()
    bench.session.show(workspace="explore")
    assert bench.run.status == "ready"
    bench.lane.settle()
    turns, steps = len(bench.lane.turns), bench.run.step
    bench.session.set_control("grow", 1.0)
    bench.session.show(class_index=0)
    assert len(bench.lane.turns) == turns
    bench.session.show(workspace="learn")
    bench.lane.settle()
    assert bench.run.step == bench.lane.steps == steps
    bench.trainer.step()
    bench.lane.settle()
    assert bench.run.step == steps + 1


def test_other_volumes_free_the_network_in_explore_and_begin_anew_in_learn(bench):
    bench.learn()
    first = bench.lane.order
    bench.session.open(case(seed=5))
    assert bench.lane.order.volume != first.volume
    assert bench.run.status == "preparing"
    bench.lane.settle()
    bench.session.show(workspace="explore")
    bench.session.open(case(seed=6))
    assert (bench.lane.order, bench.run.status) == (None, "empty")


def test_another_sample_and_another_image_begin_anew():
    bench = Bench(opened=False)
    opened = case(shape=(6, 8, 8))
    bench.session.open(opened.with_patch((3, 8, 8)))
    bench.learn().trainer.step()
    bench.lane.settle()
    bench.session.show(sample=1)
    assert (bench.lane.order.sample, bench.run.step, bench.run.status) == (1, 0, "preparing")
    bench.lane.settle()
    whole = bench.session.case
    pictured = Batch(tuple(v.with_image(np.zeros(v.shape)) for v in whole.originals))
    bench.session.see(replace(whole, originals=pictured))
    assert bench.run.status == "preparing"
    assert bench.lane.volume.image is not None


def test_maps_follow_what_is_looked_at(bench):
    bench.learn()
    shown = bench.run.maps
    bench.session.show(plane=Plane(2, 3))
    assert bench.run.maps is shown  # until there are others
    bench.lane.settle()
    assert bench.run.maps.request.plane == Plane(2, 3)
    bench.session.show(output="y2")
    assert bench.run.maps is None
    bench.lane.settle()
    assert bench.lane.turns[-1].painted.output == "y2"
    assert bench.run.maps is not None


def test_what_the_user_does_ends_a_painting_that_is_in_the_way(bench):
    bench.learn()
    bench.session.show(plane=Plane(1, 1))
    bench.session.show(plane=Plane(1, 0))
    assert bench.lane.ended == [1]
    bench.trainer.step()
    assert bench.lane.ended == [1, 2]
    assert bench.lane.turns[-1].steps == 1


def test_a_network_that_cannot_be_made_is_tried_again_when_something_is_done(bench):
    bench.session.show(workspace="learn")
    bench.lane.refuse("The patch is too large.", has_network=False)
    assert (bench.run.status, bench.run.message) == ("failed", "The patch is too large.")
    bench.session.show(plane=Plane(0, 0))
    assert not bench.lane.turns
    setup = bench.session.state.experiment.setup
    smaller = replace(setup, training=replace(setup.training, patch=(1, 2, 2)))
    bench.session.set_up(smaller, "patch")
    assert (bench.run.status, bench.run.message) == ("preparing", "")
    bench.lane.refuse("There is no such layer.", has_network=False)
    bench.trainer.train()
    assert bench.run.status == "preparing"
    bench.lane.prepare()
    assert bench.run.status == "training"


def test_a_turn_that_was_not_done_pauses_and_is_not_tried_again_by_itself(bench):
    bench.learn().trainer.wants_table = True
    bench.lane.refuse("Too little memory.", has_network=True)
    assert (bench.run.status, bench.run.message) == ("ready", "Too little memory.")
    bench.lane.prepare()  # the network is made again
    assert bench.lane.in_flight is None
    assert bench.run.message == "Too little memory."
    bench.trainer.train()
    assert bench.run.message == ""
    bench.lane.refuse("Too little memory.", has_network=True)
    assert bench.run.status == "ready"


def test_a_volume_is_awaited_until_it_is_on_the_canvas(bench):
    bench.learn()
    assert not bench.run.awaits_volume  # a slice is there in a moment
    bench.session.show(plane=None)
    assert bench.run.awaits_volume
    bench.lane.settle()
    assert not bench.run.awaits_volume
    SetupEditor(bench.session).set_weight("y1", 0.1)
    bench.lane.prepare()
    while bench.lane.turns[bench.lane.in_flight].painted is None:
        bench.lane.do()
    assert bench.run.awaits_volume  # the one on the canvas is of another λ
    bench.session.show(plane=Plane(0, 1))
    assert not bench.run.awaits_volume


def test_while_training_a_volume_follows_another_without_a_word(bench):
    bench.learn()
    bench.session.show(plane=None)
    bench.lane.settle()
    bench.trainer.train()
    bench.lane.do()
    bench.now += 10.0
    bench.lane.do()
    assert bench.lane.turns[-1].painted is not None
    assert not bench.run.awaits_volume


def test_a_volume_that_is_refused_is_awaited_no_more(bench):
    bench.learn()
    bench.session.show(plane=None)
    bench.lane.refuse("It does not fit.", has_network=True)
    assert not bench.run.awaits_volume
