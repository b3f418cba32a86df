"""The controller and its agenda with a stub for the engine: what is asked, in which order."""

import pytest
from psygnal import Signal

from lossexplorer.engine.messages import PREVIEW, Effort, Plane, Request
from lossexplorer.engine.questions import CurvePoint, Maps, Norms, Warm
from lossexplorer.session import Session
from lossexplorer.session.controller import Controller
from tests.session.volumes import answer, case

WITHOUT_FIELD = Effort(whole_field=False)


def is_of_plane(request):
    return type(request.question) is Warm and not request.question.control


class StubEngine:
    """Notes what it is asked, and answers when it is told; functions of other planes by themselves.

    Attributes
    ----------
    planes : list of Request
        What is to be compiled for slices along other axes, behind all that is explored.
    """

    answered = Signal(object)
    measured = Signal(object)
    explored = Signal(tuple)
    abandoned = Signal(tuple)
    progressed = Signal(object)
    compiling = Signal(object)

    def __init__(self):
        self.loaded, self.asked, self.exploring, self.planes = [], [], [], []

    def load(self, case):
        self.loaded.append(case)

    def ask(self, request):
        self.asked.append(request)

    def explore(self, requests):
        requests = list(requests)
        self.planes = [request for request in requests if is_of_plane(request)]
        self.exploring = requests[: len(requests) - len(self.planes)]
        assert not any(map(is_of_plane, self.exploring))

    def answer(self, **how):
        """Answer what was asked last."""
        self.answered.emit(answer(self.asked[-1], **how))

    def explore_next(self, count=1, **how):
        """Answer the first of what is to be explored."""
        done, self.exploring = self.exploring[:count], self.exploring[count:]
        self.explored.emit(tuple(answer(request, **how) for request in done))


class Bench:
    """A controller whose timers are the test's."""

    def __init__(self):
        self.session, self.engine = Session(), StubEngine()
        self.rest = 0
        self.controller = Controller(self.session, self.engine, self._count)
        self.heard = []
        for name in ("answered", "withheld", "settled"):
            signal = getattr(self.controller, name)
            signal.connect(lambda *_, name=name: self.heard.append(name))
        for name in ("curves", "norms"):
            self.controller.records.follow(name, lambda _, name=name: self.heard.append(name))

    def _count(self):
        self.rest += 1

    @property
    def asked(self):
        """How often the engine was asked."""
        return len(self.engine.asked)

    def ask(self, **how):
        """Ask, and have it answered."""
        self.controller.ask()
        self.engine.answer(**how)

    def settle(self, **how):
        self.ask(**how)
        self.controller.explore()
        self.engine.explore_next(len(self.engine.exploring))

    @property
    def kinds(self):
        """The kinds of what is to be explored, one after the other, and how often."""
        found = []
        for request in self.engine.exploring:
            kind = (type(request.question), request.effort)
            if found and found[-1][:2] == kind:
                found[-1] = (*kind, found[-1][2] + 1)
            else:
                found.append((*kind, 1))
        return found


@pytest.fixture
def bench():
    made = Bench()
    made.session.open(case())
    return made


def test_numbers_are_a_step_once_though_their_maps_come_later(bench):
    numbers, steps = [], []
    bench.controller.measured.connect(numbers.append)
    bench.controller.records.follow("history", lambda history: steps.append(len(history.steps)))
    bench.controller.ask()
    early = answer(bench.engine.asked[-1])
    bench.engine.measured.emit(early)
    assert (numbers, steps) == ([early], [1])
    assert "answered" not in bench.heard  # what is asked next waits for the maps
    bench.engine.answer()
    assert (numbers, steps) == ([early], [1])
    assert bench.heard.count("answered") == 1


def test_numbers_are_shown_before_the_curves_that_they_move(bench):
    """Drawing a plot takes as long as all cards together."""
    order = []
    bench.controller.measured.connect(lambda _: order.append("numbers"))
    bench.controller.records.follow("history", lambda _: order.append("curve"))
    bench.controller.ask()
    order.clear()
    bench.engine.measured.emit(answer(bench.engine.asked[-1]))
    assert order == ["numbers", "curve"]


def test_nothing_is_asked_while_nothing_is_open():
    bench = Bench()
    bench.controller.ask()
    bench.controller.explore()
    assert (bench.engine.asked, bench.engine.exploring) == ([], [])
    bench.session.set_control("grow", 1.0)
    bench.controller.ask()
    assert bench.engine.asked == []


def test_opening_loads_and_asks_soon_and_at_rest(bench):
    assert bench.engine.loaded == [bench.session.case]
    assert (bench.asked, bench.rest) == (1, 1)


def test_another_case_forgets_curves_and_norms_and_the_same_one_keeps_them(bench):
    bench.settle()
    records = bench.controller.records
    known = records["curves"].points
    assert all(known.values())
    assert records["norms"].measured is not None
    bench.controller.records.open(bench.session.case.batch)  # as another sample of it does
    assert records["curves"].points is known
    bench.session.open(case(seed=7))
    assert records["curves"].response is None
    assert not records["curves"].points
    assert records["norms"].measured is None


def test_while_the_hand_moves_a_preview_of_the_present_state_is_asked_for(bench):
    bench.controller.explore()
    bench.session.set_control("grow", 1.0)
    assert bench.engine.asked[1:] == [Request(bench.session.state.maps(), PREVIEW)]
    assert bench.engine.exploring == []


@pytest.mark.parametrize(
    ("act", "asks"),
    [
        (lambda s: s.set_control("grow", 1.0), True),
        (lambda s: s.show(loss="iou"), True),
        (lambda s: s.show(class_index=0), True),
        (lambda s: s.show(layout="overlaid"), False),
    ],
)
def test_only_what_answers_depend_on_is_asked_about(bench, act, asks):
    before = bench.asked, bench.rest
    act(bench.session)
    assert (bench.asked, bench.rest) == (before[0] + asks, before[1] + asks)


def test_at_rest_come_the_norms_and_then_the_curves_coarse_to_fine(bench):
    bench.ask()
    bench.controller.explore()
    assert bench.kinds == [(Norms, Effort(), 1), (CurvePoint, Effort(exact=False), 41)]
    places = [request.question.position for request in bench.engine.exploring[1:4]]
    assert places == pytest.approx([-1.0, 0.6, -0.2])  # four voxels of 0.25 mm to each side


def test_it_is_settled_when_all_is_answered_and_said_once(bench):
    bench.ask()
    assert bench.heard == ["curves", "answered"]  # where the hand is
    bench.heard.clear()
    bench.controller.explore()
    bench.engine.explore_next()
    assert "settled" not in bench.heard
    bench.engine.explore_next(40)
    assert "settled" not in bench.heard
    bench.engine.explore_next()
    assert bench.heard == ["curves", "norms", "curves", "curves", "settled"]


def test_what_still_holds_is_not_asked_again(bench):
    bench.settle()
    bench.session.show(loss="iou")
    bench.ask()
    bench.controller.explore()
    assert bench.engine.exploring == []
    assert bench.heard[-1] == "settled"


def test_norms_hold_whatever_the_weights_and_the_curves_do_not(bench):
    bench.settle()
    bench.session.set_weight("dice", 0.5)
    bench.controller.explore()
    assert bench.kinds == [(CurvePoint, Effort(exact=False), 41)]


def test_curves_hold_while_what_they_are_drawn_against_moves(bench):
    bench.settle()
    bench.session.set_control("shift_x", 1.0)
    bench.controller.explore()
    assert bench.kinds == [(Norms, Effort(), 1)]


def test_curves_that_were_interrupted_go_on_where_they_were(bench):
    bench.ask()
    bench.controller.explore()
    bench.engine.explore_next(11)
    left = bench.engine.exploring
    bench.ask()
    assert bench.engine.exploring == []
    bench.controller.explore()
    assert bench.engine.exploring == left


def test_asked_again_it_is_settled_once_more_and_not_before_it_is_answered(bench):
    bench.settle()
    bench.heard.clear()
    before = bench.asked, bench.rest
    bench.controller.ask_again()
    assert (bench.asked, bench.rest) == (before[0] + 1, before[1] + 1)
    bench.controller.explore()  # of a large volume the answer takes longer
    assert "settled" not in bench.heard
    bench.engine.answer()
    assert bench.heard[-1] == "settled"


def test_a_preview_is_refined_at_rest_before_all_else(bench):
    bench.ask(preview="Preview: few classes.")
    assert bench.rest == 2
    bench.controller.explore()
    assert bench.kinds == [
        (Maps, Effort(), 1),
        (Norms, Effort(), 1),
        (CurvePoint, Effort(exact=False), 41),
    ]
    bench.engine.explore_next()
    assert bench.heard.count("answered") == 2
    assert not bench.controller.knowledge.is_preview


def with_field_loss(bench):
    bench.session.add_loss("hausdorff")
    bench.ask(preview="Preview: without Hausdorff distance.", pending=("hausdorff",))
    bench.controller.explore()


def test_losses_of_the_whole_field_come_last_and_the_others_curves_first(bench):
    with_field_loss(bench)
    assert bench.kinds == [
        (CurvePoint, PREVIEW, 41),
        (Maps, Effort(), 1),
        (Norms, Effort(), 1),
        (CurvePoint, Effort(), 41),
    ]


def test_what_needs_no_whole_field_becomes_exact_before_the_curves(bench):
    bench.session.add_loss("hausdorff")
    bench.ask(preview="Preview: few classes.", left_out=True, pending=("hausdorff",))
    bench.controller.explore()
    assert bench.kinds == [
        (Maps, WITHOUT_FIELD, 1),
        (CurvePoint, PREVIEW, 41),
        (Maps, Effort(), 1),
        (Norms, Effort(), 1),
        (CurvePoint, Effort(), 41),
    ]
    bench.engine.explore_next(preview="Preview: without.", pending=("hausdorff",))
    assert bench.heard.count("answered") == 2
    bench.controller.explore()  # as a preview has it asked for
    assert [kind for kind, *_ in bench.kinds] == [CurvePoint, Maps, Norms, CurvePoint]


def test_losses_of_the_whole_field_wait_two_seconds_for_points_that_are_not_quick(bench):
    with_field_loss(bench)
    waited = []
    bench.controller.waited.connect(lambda *places: waited.append(places))
    bench.engine.explore_next(seconds=1.5)
    assert bench.kinds[0] == (CurvePoint, PREVIEW, 40)
    bench.engine.explore_next(seconds=1.5)
    assert bench.kinds == [
        (Maps, Effort(), 1),
        (Norms, Effort(), 1),
        (CurvePoint, PREVIEW, 39),
        (CurvePoint, Effort(), 41),
    ]
    assert waited == [(1, 41), (2, 2)]
    bench.controller.explore()  # nothing has changed, so it waits no longer
    assert bench.kinds[0] == (Maps, Effort(), 1)
    bench.session.set_control("shift_x", 1.0)
    bench.ask(preview="Preview: without Hausdorff distance.", pending=("hausdorff",))
    bench.controller.explore()
    assert bench.kinds[0] == (CurvePoint, PREVIEW, 39)


def test_points_that_left_something_out_become_exact_after_all_previews(bench):
    bench.ask()
    bench.controller.explore()
    bench.engine.explore_next()  # the norms
    bench.engine.explore_next(left_out=True, preview="Preview: few voxels.")
    assert bench.kinds == [(CurvePoint, Effort(exact=False), 40), (CurvePoint, Effort(), 1)]
    assert len(bench.controller.records["curves"].previews) == 1
    bench.engine.explore_next(40)
    assert "settled" not in bench.heard
    bench.engine.explore_next()
    assert bench.engine.exploring == []
    assert "settled" in bench.heard
    assert not bench.controller.records["curves"].previews


def test_a_point_that_comes_while_the_hand_moves_has_nothing_explored(bench):
    with_field_loss(bench)
    late = bench.engine.exploring[0]
    bench.session.set_control("shift_x", 1.0)
    bench.controller.ask()
    bench.engine.explored.emit((answer(late, seconds=5.0),))
    assert bench.engine.exploring == []


def test_what_is_cancelled_is_not_asked_until_it_is_wanted_or_changes(bench):
    with_field_loss(bench)
    bench.controller.cancel()
    assert bench.heard[-1] == "withheld"
    assert bench.kinds == [
        (Maps, WITHOUT_FIELD, 1),
        (Norms, WITHOUT_FIELD, 1),
        (CurvePoint, PREVIEW, 41),
    ]
    # Its answer is a preview, too, but all that is to be had.
    bench.engine.explore_next(43, preview="Preview: without.", pending=("hausdorff",))
    bench.controller.explore()
    assert Maps not in [kind for kind, *_ in bench.kinds]
    bench.session.show(class_index=0)
    assert bench.controller.knowledge.is_withheld
    bench.session.set_control("grow", 1.0)
    assert not bench.controller.knowledge.is_withheld
    bench.controller.cancel()
    bench.controller.compute()
    assert (CurvePoint, Effort(), 41) in bench.kinds


def test_what_was_cancelled_is_wanted_again_where_the_curves_stay(bench):
    bench.session.add_loss("hausdorff")
    bench.controller.explore()
    bench.controller.cancel()
    assert (CurvePoint, Effort(), 41) not in bench.kinds
    bench.session.set_control("shift_x", 1.0)  # which they are drawn against
    bench.controller.explore()
    assert (CurvePoint, Effort(), 41) in bench.kinds


def test_an_answer_that_is_wanted_no_more_is_dropped(bench):
    bench.ask()
    bench.controller.explore()
    first = bench.engine.exploring[:2]
    bench.session.set_control("blur", 1.0)
    bench.ask()
    bench.controller.explore()
    bench.heard.clear()
    bench.engine.explored.emit(tuple(map(answer, first)))
    assert bench.heard == []
    assert len(bench.controller.knowledge.wanted) == 42


def test_what_the_engine_could_not_take_is_not_waited_for(bench):
    bench.ask()
    bench.controller.explore()
    bench.engine.abandoned.emit(tuple(bench.engine.exploring))
    assert bench.heard[-1] == "settled"


def test_another_volume_voids_what_was_asked(bench):
    bench.settle()
    bench.session.open(case(seed=5))
    assert len(bench.engine.loaded) == 2
    assert bench.controller.knowledge.wanted == ()
    bench.heard.clear()
    bench.controller.explore()
    assert bench.kinds == [(Norms, Effort(), 1), (CurvePoint, Effort(exact=False), 41)]
    bench.engine.explore_next(42)
    assert "settled" not in bench.heard  # the maps are of the volume before
    bench.ask()
    assert bench.heard[-1] == "settled"


def test_a_large_volume_has_coarser_curves():
    bench = Bench()
    bench.session.open(case(shape=(64, 640, 640), classes=2))
    bench.controller.explore()
    assert bench.kinds[-1] == (CurvePoint, Effort(exact=False), 11)


def test_an_undo_is_asked_about_like_any_change(bench):
    bench.session.set_control("grow", 1.0)
    bench.ask()
    bench.session.store.undo()
    bench.ask()
    assert bench.engine.asked[-1].question.controls["grow"] == 0.0


def test_a_preview_is_not_settled_where_all_else_is_known(bench):
    bench.settle()
    bench.session.show(class_index=0)
    bench.controller.explore()
    bench.ask(preview="Preview: few classes.")
    assert bench.heard[-1] == "answered"
    bench.controller.explore()
    bench.heard.clear()
    bench.engine.explore_next()
    assert bench.heard == ["answered", "settled"]


def test_another_sample_of_a_batch_is_asked_about_with_its_maps_alone():
    bench = Bench()
    bench.session.open(case(shape=(6, 8, 8)).with_patch((3, 8, 8)))
    bench.settle()
    bench.session.show(sample=1)
    bench.ask()
    bench.controller.explore()
    assert bench.engine.exploring == []
    assert bench.heard[-1] == "settled"


def test_once_closed_it_hears_neither_the_session_nor_the_engine(bench):
    """A window that is deleted must not have its plots drawn 150 ms later."""
    bench.ask()
    before = bench.asked, bench.rest, list(bench.heard)
    bench.controller.close()
    bench.session.set_control("grow", 1.0)
    bench.engine.answered.emit(answer(Request(bench.session.state.maps(), PREVIEW)))
    assert (bench.asked, bench.rest, bench.heard) == before
    bench.controller.close()  # as a window that is closed twice does


def controls_warmed(bench):
    return [each.question.control for each in bench.engine.exploring if type(each.question) is Warm]


def test_what_is_expected_is_compiled_behind_all_else_and_shows_nothing(bench):
    bench.settle()
    del bench.heard[:]
    bench.rest = 0
    bench.controller.expect(["noise", "softness"])
    assert bench.rest == 1
    bench.controller.explore()
    assert controls_warmed(bench) == ["noise", "softness"]
    assert len(bench.engine.exploring) == 2
    for request in bench.engine.exploring:
        asked, now = request.question, bench.session.state
        changed = {n for n, v in asked.controls.items() if v != now.experiment.controls[n]}
        assert changed == {asked.control}
        assert asked.losses == now.experiment.losses
        assert asked.painted == now.maps().painted
        assert request.effort == PREVIEW
    bench.engine.explore_next(2)
    assert "answered" not in bench.heard
    bench.controller.explore()
    assert bench.engine.exploring == []


def test_the_hand_comes_before_what_is_expected_which_waits_for_the_next_rest(bench):
    bench.settle()
    bench.controller.expect(["noise"])
    bench.controller.explore()
    bench.session.set_control("temperature", 2.0)
    bench.controller.ask()
    assert bench.engine.exploring == []
    bench.engine.answer()
    bench.controller.explore()
    assert len(bench.engine.exploring) > 1
    last = bench.engine.exploring[-1].question
    assert (type(last), last.control) == (Warm, "noise")
    assert last.controls["temperature"] == 2.0
    assert [type(each.question) for each in bench.engine.exploring].count(Warm) == 1


def test_what_was_compiled_once_is_not_again_unless_it_is_another_function(bench):
    bench.settle()
    bench.controller.expect(["noise"])
    bench.controller.explore()
    bench.engine.explore_next()
    bench.rest = 0
    bench.controller.expect(["noise"])
    assert bench.rest == 0
    bench.session.set_control("temperature", 2.0)  # another recipe
    bench.rest = 0
    bench.controller.expect(["noise"])
    assert bench.rest == 1
    bench.settle()
    bench.session.set_control("temperature", 3.0)  # the same, with another number
    bench.rest = 0
    bench.controller.expect(["noise"])
    assert bench.rest == 0


def test_nothing_is_compiled_for_what_has_moved_or_is_no_slider(bench):
    bench.session.set_control("noise", 1.0)
    bench.settle()
    bench.rest = 0
    bench.controller.expect(["noise", "noise_length", "harden", "swap_from"])
    assert bench.rest == 0
    bench.controller.explore()
    assert bench.engine.exploring == []


def test_with_another_volume_nothing_is_expected_any_more(bench):
    bench.settle()
    bench.controller.expect(["noise"])
    bench.session.open(case(seed=7))
    bench.ask()
    bench.controller.explore()
    assert controls_warmed(bench) == []


def test_functions_of_the_other_planes_are_compiled_behind_all_else_and_once(bench):
    bench.settle()
    bench.controller.expect(["noise"])
    bench.controller.explore()
    planes, now = bench.engine.planes, bench.session.state.maps()
    assert now.painted.plane.axis == 0
    assert [each.question.painted.plane.axis for each in planes] == [1, 2]
    for request in planes:
        assert request.question.painted.is_another_slice_of(now.painted)
        assert request.question.controls == now.controls
        assert request.effort == PREVIEW
    bench.engine.explored.emit(tuple(answer(request) for request in planes))
    bench.controller.explore()
    assert bench.engine.planes == []
    bench.session.show(plane=Plane(1, 0))  # whose functions are there, too
    bench.ask()
    bench.controller.explore()
    assert [each.question.painted.plane.axis for each in bench.engine.planes] == [0]
    bench.session.set_control("temperature", 2.0)  # another recipe
    bench.ask()
    bench.controller.explore()
    assert len(bench.engine.planes) == 2
    bench.session.show(plane=None)  # the whole volume
    bench.ask()
    bench.controller.explore()
    assert bench.engine.planes == []
