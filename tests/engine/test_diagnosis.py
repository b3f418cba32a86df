"""What is not finite: the class, the operation, the voxels, and the cure, which is applied."""

import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine import values
from lossexplorer.engine.messages import TOTAL, MapRequest, Plane
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Norms
from lossexplorer.predictions import complete_controls
from tests.engine.small import SHAPE, SPACING, ask, named, of_kind, setting


def cured(pipeline, name, changed, controls, cure):
    """The loss after the cure was applied."""
    parameters, moved = dict(changed), dict(controls)
    (parameters if cure.reference.loss else moved)[cure.reference.name] = cure.value
    assert cure.reference.loss in (None, name)
    asked = of_kind(Norms, ask([setting(name, **parameters)], **moved))
    (result,) = pipeline.answer(asked).losses
    return result


MISSED = {"missing": 1.0}
"""Each class but the background is wholly missed."""

OFF = {"shift_x": 2 * SPACING[2]}
PRESENT = {"background", "liver", "vessel"}
HALF = {"softness": 1.0}

BROKEN = [
    # loss, its parameters, controls, the classes blamed, the operation, the cure
    ("dice", {}, {}, {"gone"}, "0/0", ("smooth", 1e-7)),
    ("dice", {"pooling": "batch"}, {}, {"gone"}, "0/0", ("smooth", 1e-7)),
    ("tversky", {}, {}, {"gone"}, "0/0", ("smooth", 1e-7)),
    ("tversky", {"alpha": 0.0}, HALF, {"gone"}, "0/0", ("smooth", 1e-7)),
    ("tversky", {"beta": 0.0}, MISSED, {"liver", "vessel", "gone"}, "0/0", ("smooth", 1e-7)),
    ("iou", {"eps": 0.0}, {}, {"gone"}, "0/0", ("eps", 1e-10)),
    ("mcc", {"eps": 0.0}, {}, {"gone"}, "0/0", ("eps", 1e-10)),
    ("generalized_dice", {"eps": 0.0}, {}, {"gone"}, "0/0", ("eps", 1e-10)),
    ("log_dice", {"smooth": 0.0}, {}, {"gone"}, "0/0", ("smooth", 1e-7)),
    ("f_beta", {"smooth": 0.0}, {}, {"gone"}, "0/0", ("smooth", 1e-7)),
    ("sensitivity_specificity", {"smooth": 0.0}, {}, {"gone"}, "0/0", ("smooth", 1e-7)),
    ("noise_robust_dice", {"eps": 0.0}, {}, {"gone"}, "0/0", ("eps", 1e-10)),
    ("cross_entropy", {}, OFF, PRESENT, "log 0", ("confidence", 1 - 1e-6)),
    ("focal", {}, OFF, PRESENT, "log 0", ("confidence", 1 - 1e-6)),
    ("topk_cross_entropy", {}, OFF, PRESENT, "log 0", ("confidence", 1 - 1e-6)),
    ("cross_entropy", {}, MISSED | HALF, {"liver", "vessel"}, "log 0", ("confidence", 1 - 1e-6)),
    ("focal", {}, MISSED | HALF, {"liver", "vessel"}, "log 0", ("confidence", 1 - 1e-6)),
]  # fmt: skip


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize(("name", "changed", "controls", "blamed", "operation", "cure"), BROKEN)
def test_class_operation_and_cure_are_said_and_the_cure_cures(
    small, name, changed, controls, blamed, operation, cure
):
    (result,) = small.answer(ask([setting(name, **changed)], **controls)).losses
    assert not np.isfinite(result.value)
    assert {problem.text.partition(":")[0] for problem in result.problems} == blamed
    for problem in result.problems:
        assert f": {operation}" in problem.text
        assert problem.text.endswith(f"{cure[0]} = {cure[1]:.6g} makes it finite.")
        assert problem.cure.reference.name == cure[0]
        assert problem.cure.value == pytest.approx(cure[1], rel=1e-12)
        after = cured(small, name, changed, controls, problem.cure)
        assert np.isfinite(after.value)
        assert np.isfinite(after.gradient_norm)
        assert not after.problems


@pytest.mark.parametrize(
    ("name", "blamed", "cure"),
    [
        ("focal_tversky", "background, liver, vessel", ("exponent", 1.0)),
        ("unified_focal", "liver, vessel", ("gamma", 0.0)),
    ],
)
def test_a_gradient_that_alone_is_not_finite(present, name, blamed, cure):
    """facts/losses.md 3.5: κ (1 − T)^(κ − 1) is infinite at T = 1, where the value is 0."""
    (result,) = present.answer(ask([setting(name, smooth=0.0)])).losses
    assert result.value == pytest.approx(0, abs=1e-12)
    (problem,) = result.problems
    assert problem.text == (
        f"{blamed}: the gradient is not finite: the slope of 0 to a power below 1; {cure[0]} = "
        f"{cure[1]:g} makes it finite."
    )
    assert (problem.cure.reference.loss, problem.cure.reference.name, problem.cure.value) == (
        name,
        *cure,
    )
    assert not cured(present, name, {"smooth": 0.0}, {}, problem.cure).problems


@pytest.mark.usefixtures("compilation")
def test_voxels_of_a_mistake_are_counted(present):
    """A certain mistake is infinite: as many voxels as the truth has outside the prediction."""
    (result,) = present.answer(ask([setting("cross_entropy")], **OFF)).losses
    assert result.value == np.inf
    truth = present.volume.labels
    decided = present.answer(ask(painted=MapRequest("dice", 1, "logit", None), **OFF))
    wrong = truth != decided.maps.decided
    counts = [int((wrong & (truth == index)).sum()) for index in range(3)]
    assert [int(problem.text.split()[4]) for problem in result.problems] == counts


@pytest.mark.usefixtures("compilation")
def test_a_prediction_from_a_file_is_cured_by_the_confidence_too(present):
    moved = np.roll(present.volume.labels, 1, axis=2)
    of_file = Pipeline(present.volume, [moved])
    (result,) = of_file.results([setting("cross_entropy")], complete_controls({}))
    assert result.value == np.inf
    for problem in result.problems:
        assert (problem.cure.reference.loss, problem.cure.reference.name) == (None, "confidence")
    cured = complete_controls({"confidence": result.problems[0].cure.value})
    (result,) = of_file.results([setting("cross_entropy")], cured)
    assert np.isfinite(result.value)


def test_the_losses_that_an_absent_class_does_not_break(small):
    found = named(small.answer(ask()))
    for name in ("generalized_dice", "iou", "cross_entropy"):
        assert found[name].value == pytest.approx(0, abs=1e-12)
        assert not found[name].problems


def test_numbers_per_class_that_do_not_fit_are_said_and_the_others_stay(small):
    wrong = setting("cross_entropy", class_weights=(1.0, 2.0))
    answer = small.answer(ask([wrong, setting("iou")], MapRequest(TOTAL, 1, "logit", None)))
    first, second = answer.losses
    assert np.isnan(first.value)
    assert first.per_class == (None,) * 4
    (problem,) = first.problems
    assert problem.text.startswith("class_weights has 2 numbers, but the loss has 4 classes")
    assert second.value == pytest.approx(0, abs=1e-12)
    with pytest.raises(ParameterError, match="class_weights has 2 numbers"):
        small.results([wrong], complete_controls({}))


def test_an_edge_too_few_is_said_by_a_loss_of_the_field_too(small):
    wrong = setting("boundary", spacing=(1.0, 2.0))
    asked = ask([wrong, setting("iou")], MapRequest(TOTAL, 1, "logit", None))
    first, second = small.answer(of_kind(Norms, asked)).losses
    assert np.isnan(first.value)
    assert "spacing" in first.problems[0].text
    assert first.gradient_norm is None
    assert np.isfinite(second.gradient_norm)


def test_one_ratio_of_all_classes_has_no_class_to_blame(small):
    (result,) = small.answer(ask([setting("dice", pooling="all")])).losses
    assert result.per_class == (None,) * 4
    assert result.value == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
def test_where_the_field_is_not_finite_is_said(small, present):
    painted = MapRequest("dice", 3, "probability", Plane(0, 2))
    fields = small.answer(ask(painted=painted)).maps
    assert np.isnan(fields.gradient).all()
    assert fields.problem == (
        f"The gradient of Dice is undefined (0/0) in {SHAPE[1] * SHAPE[2]} of the voxels shown."
    )
    painted = MapRequest("cross_entropy", 1, "probability", Plane(0, 2))
    fields = present.answer(ask(painted=painted, shift_x=2 * SPACING[2])).maps
    truth = present.volume.labels[2] == 1
    infinite = np.isinf(fields.gradient)
    np.testing.assert_array_equal(infinite, truth & (fields.decided != 1))
    assert fields.problem == (
        f"The gradient of Cross-entropy is infinite in {infinite.sum()} of the voxels shown."
    )


def test_a_hard_mistake_leaves_the_gradient_of_a_region_loss_finite(present):
    for name in ("dice", "generalized_dice", "tversky", "iou"):
        painted = MapRequest(name, 1, "probability", None)
        fields = present.answer(ask(painted=painted, shift_x=2 * SPACING[2])).maps
        assert np.isfinite(fields.gradient).all()
        assert fields.problem == ""


def test_a_loss_without_weight_takes_no_part_in_the_total(small):
    losses = [setting("dice", 0.0), setting("iou", 2.0), setting("cross_entropy", 1.0)]
    painted = MapRequest(TOTAL, 1, "probability", Plane(0, 2))
    answer = small.answer(ask(losses, painted, softness=1.0))
    without = small.answer(ask(losses[1:], painted, softness=1.0))
    assert (
        answer.total
        == without.total
        == pytest.approx(
            2 * named(answer)["iou"].value + named(answer)["cross_entropy"].value, rel=1e-12
        )
    )
    hard = small.answer(ask(losses))
    assert np.isnan(named(hard)["dice"].value)
    assert np.isfinite(hard.total)
    np.testing.assert_array_equal(answer.maps.gradient, without.maps.gradient)
    (nan,) = small.answer(ask([setting("dice", 1.0)])).losses
    assert np.isnan(values.total([nan, named(hard)["iou"]]))
