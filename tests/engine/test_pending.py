"""Losses of the whole field that are left out, and what is known of them all the same."""

import math
import random
import sys
from dataclasses import replace

import numpy as np
import pytest

from lossexplorer.engine.errors import Interrupted
from lossexplorer.engine.messages import TOTAL, MapRequest, Plane, Progress
from lossexplorer.engine.questions import Norms, Numbers
from lossexplorer.losses import LOSSES
from tests.engine.conftest import pipeline_of
from tests.engine.small import DEFAULTS, SOFT, ask, asking, named, of_kind, setting

FIELD = ("topk_cross_entropy", "lovasz_softmax", "boundary", "hausdorff", "cl_dice")
SLICE = Plane(0, 3)


@pytest.fixture
def pipeline():
    return pipeline_of(3)


def moving(request):
    return asking(request, exact=False, whole_field=False)


def asked(*names, loss="dice", plane=SLICE, **controls):
    painted = MapRequest(loss, 1, "logit", plane)
    return ask([*DEFAULTS, *map(setting, names)], painted, **{**SOFT, **controls})


@pytest.mark.parametrize("name", FIELD)
def test_while_the_hand_moves_it_is_pending_and_the_others_answer(pipeline, name):
    answer = pipeline.answer(moving(asked(name)))
    full = pipeline.answer(asked(name))
    pending = named(answer)[name]
    assert pending.pending
    assert math.isnan(pending.value)
    assert pending.per_class == (None,) * 3
    assert pending.problems == ()
    known = [result for result in full.losses if result.name != name]
    assert answer.losses[: len(known)] == tuple(known)
    assert answer.total == pytest.approx(sum(result.value for result in known), rel=1e-12)
    assert answer.preview == (
        f"Preview: without {LOSSES[name].title}, which needs the whole field."
    )
    np.testing.assert_array_equal(answer.maps.gradient, full.maps.gradient)
    assert full.preview == ""
    assert not named(full)[name].pending
    assert math.isfinite(named(full)[name].value)


def test_several_are_named(pipeline):
    preview = pipeline.answer(moving(asked("boundary", "hausdorff"))).preview
    assert preview == (
        "Preview: without Boundary and Hausdorff distance, which need the whole field."
    )


@pytest.mark.parametrize("plane", [SLICE, None])
@pytest.mark.parametrize("loss", ["hausdorff", TOTAL])
def test_its_gradient_is_not_painted(pipeline, loss, plane):
    request = asked("hausdorff", loss=loss, plane=plane)
    fields = pipeline.answer(moving(request)).maps
    full = pipeline.answer(request).maps
    assert np.isnan(fields.gradient).all()
    assert fields.gradient.dtype == full.gradient.dtype
    assert fields.gradient.shape == full.gradient.shape
    assert "is computed when nothing moves" in fields.problem
    np.testing.assert_array_equal(fields.probability, full.probability)
    np.testing.assert_array_equal(fields.decided, full.decided)
    assert np.isfinite(full.gradient).all()
    assert full.problem == ""


def test_without_a_weight_it_takes_no_part_in_what_is_painted(pipeline):
    request = asked("hausdorff", loss=TOTAL)
    unweighted = (*request.question.losses[:-1], replace(request.question.losses[-1], weight=0.0))
    request = asking(request, losses=unweighted)
    assert np.isfinite(pipeline.answer(moving(request)).maps.gradient).all()


def test_what_is_known_is_not_pending(pipeline):
    """Also where curves have been drawn meanwhile, and for another slice or weight."""
    full = pipeline.answer(asked("hausdorff", loss="hausdorff"))
    for shift in (0.0, 0.75, 1.5):
        pipeline.answer(asking(of_kind(Numbers, asked("hausdorff", shift_y=shift)), exact=False))
    elsewhere = asked("hausdorff", loss="hausdorff", plane=Plane(0, 4))
    answer = pipeline.answer(moving(elsewhere))
    assert answer.preview == ""
    assert named(answer)["hausdorff"] == named(full)["hausdorff"]
    assert np.isfinite(answer.maps.gradient).all()
    assert pipeline.answer(moving(asked("hausdorff", grow=0.3))).preview
    other = asking(asked(), losses=(setting("hausdorff", alpha=1.0),))
    assert pipeline.answer(moving(other)).preview


def test_what_is_not_finite_is_pending_for_its_cures_take_long(monkeypatch):
    pipeline, passes = pipeline_of(3), []
    monkeypatch.setattr(pipeline, "_report", passes.append)
    request = ask([setting("dice"), setting("cl_dice", smooth=0.0)], missing=1.0)
    full = named(pipeline.answer(request))["cl_dice"]
    assert math.isnan(full.value)
    assert full.problems[0].cure is not None
    passes.clear()
    assert named(pipeline.answer(moving(request)))["cl_dice"].pending
    assert not passes


def test_a_value_without_its_gradient_does_not_do_for_what_is_painted(pipeline):
    pipeline.answer(asked("hausdorff", loss="dice"))
    assert not pipeline.answer(moving(asked("hausdorff", loss="dice"))).preview
    assert pipeline.answer(moving(asked("hausdorff", loss="hausdorff"))).preview


def test_norms_are_measured_of_what_is_not_pending(pipeline):
    request = of_kind(Norms, asked("hausdorff"))
    full = named(pipeline.answer(request))
    found = named(pipeline_of(3).answer(asking(request, whole_field=False)))
    assert found["hausdorff"].gradient_norm is None
    assert found["dice"].gradient_norm == full["dice"].gradient_norm
    assert full["hausdorff"].gradient_norm > 0


def test_progress_is_told_class_by_class():
    from lossexplorer.engine.pipeline import Pipeline

    told = []
    pipeline = Pipeline(pipeline_of(3).volume, report=told.append)
    pipeline.answer(asked("hausdorff", "lovasz_softmax"))
    assert [each for each in told if each.loss == "hausdorff"] == [
        Progress("hausdorff", done, 3) for done in range(4)
    ]
    assert {each.loss for each in told} == {"hausdorff", "lovasz_softmax"}


class AtLine:
    """Runs something and raises `Interrupted` at one of the lines of the program's own code.

    As the engine does it: never within a library, and not where a `with` ends.
    """

    def __init__(self, line):
        self.left = line
        self._last = {}

    def run(self, work):
        sys.settrace(self._call)
        try:
            return work()
        finally:
            sys.settrace(None)

    def _call(self, frame, _event, _argument):
        own = str(frame.f_globals["__name__"]).startswith("lossexplorer.")
        if own and (frame.f_back.f_trace is not None or frame.f_back.f_globals is globals()):
            self._last[frame] = 0
            return self._line
        return None

    def _line(self, frame, event, _argument):
        if event == "line":
            forward, self._last[frame] = frame.f_lineno > self._last[frame], frame.f_lineno
            if forward:
                self.left -= 1
                if self.left == 0:
                    raise Interrupted
        return self._line


@pytest.mark.slow
def test_interrupted_in_any_line_the_next_numbers_are_right(pipeline):
    pairs = [
        (of_kind(Norms, asked(*FIELD[:2])), asked("lovasz_softmax", loss=TOTAL)),
        (asked("hausdorff", shift_y=1.5), asked("hausdorff", loss="hausdorff", shift_y=1.5)),
        (asked("boundary", blur=1.0), asked("boundary", blur=1.0, roughness=0.5)),
        (asked("cl_dice", noise=0.5, loss=TOTAL), asked("cl_dice", noise=0.5, plane=None)),
    ]
    for request, _ in pairs:
        pipeline.answer(request)  # compiles
    for number, (request, following) in enumerate(pairs):
        expected = [pipeline_of(3).answer(each) for each in (following, request)]
        count = AtLine(-1)
        count.run(lambda request=request: pipeline_of(3).answer(request))
        lines = -1 - count.left
        assert lines > 100
        for line in random.Random(number).sample(range(1, lines), 12):
            interrupted = pipeline_of(3)
            with pytest.raises(Interrupted):
                AtLine(line).run(lambda: interrupted.answer(request))  # noqa: B023
            for again, right in zip((following, request), expected, strict=True):
                assert_same(interrupted.answer(again), right)


def assert_same(answer, expected):
    for mine, theirs in zip(answer.losses, expected.losses, strict=True):
        assert mine.pending == theirs.pending
        assert repr(mine) == repr(theirs)  # NaN, too
    assert (answer.maps is None) == (expected.maps is None)
    for name in ("probability", "decided", "gradient") if expected.maps else ():
        mine, theirs = (getattr(each.maps, name) for each in (answer, expected))
        np.testing.assert_array_equal(mine, theirs)
