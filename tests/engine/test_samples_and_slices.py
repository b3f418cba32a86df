"""Values per sample and sums per slice, against other pipelines and fields in float64."""

import numpy as np
import pytest
from scipy import special

from lossexplorer.engine.messages import MapRequest, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Numbers, SampleNumbers, SliceNumbers
from lossexplorer.engine.volume import Volume
from lossexplorer.predictions import complete_controls
from tests.engine.small import SPACING, setting, small_labels
from tests.engine.test_gradient_parts import dice_gradient

NAMES = ("background", "liver", "vessel")
LOSSES = (setting("dice"), setting("tversky", pooling="batch"), setting("focal"))
NOTHING = complete_controls({})


def given(shape, seed):
    logits = np.random.default_rng(seed).normal(size=(3, *shape))
    return special.softmax(logits, axis=0).astype(np.float32)


def test_each_sample_has_the_value_of_a_batch_of_itself():
    samples = np.stack([small_labels(), small_labels()[::-1], small_labels()[:, ::-1]])
    predictions = [given(samples[0].shape, seed) for seed in (1, 2, 3)]
    batch = Pipeline(Volume(samples, NAMES, SPACING), predictions)
    answer = batch.answer(Request(SampleNumbers("v", NOTHING, LOSSES)))
    for number, prediction in enumerate(predictions):
        alone = Pipeline(Volume(samples[number][None], NAMES, SPACING), [prediction])
        for result in alone.answer(Request(Numbers("v", NOTHING, LOSSES))).losses:
            assert answer.found[result.name][number] == pytest.approx(result.value, rel=1e-6)
    values = {result.name: result.value for result in answer.losses}
    # The mean over samples of a loss that is not pooled; another number where it is.
    assert values["dice"] == pytest.approx(np.mean(answer.found["dice"]), rel=1e-9)
    assert values["tversky"] != pytest.approx(np.mean(answer.found["tversky"]), rel=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_each_slice_has_the_sums_of_its_voxels(axis):
    labels, p = small_labels(), given((7, 9, 11), 4)
    ignored = np.random.default_rng(8).random(labels.shape) < 0.1
    pipeline = Pipeline(Volume(labels[None], NAMES, SPACING, ignored[None]), [p])
    painted = MapRequest("total", 1, "logit", None)
    asked = SliceNumbers("v", NOTHING, (setting("dice", 3.0),), painted, axis)
    found = pipeline.answer(Request(asked)).found
    counts = ~ignored
    g = np.stack([labels == c for c in range(3)]) * counts
    within = p.astype(float) * counts
    decided, inside = p.argmax(axis=0) == 1, labels == 1
    fields = {
        "truth": inside,
        "prediction": within[1],
        "false positive": decided & ~inside,
        "false negative": inside & ~decided,
        "dice": dice_gradient(g.astype(float), within)[1] ** 2,
    }
    fields["total"] = (3.0 * dice_gradient(g.astype(float), within)[1]) ** 2
    others = tuple(each for each in range(3) if each != axis)
    for name, field in fields.items():
        np.testing.assert_allclose(found[name], (field * counts).sum(axis=others), rtol=1e-4)


@pytest.mark.parametrize("margin", [-1.5, 3.0])
def test_slices_are_those_of_the_volume_whatever_the_losses_see(present, margin):
    """Of 1.5 mm two planes along y and one along x are cropped; along z, 2 mm apart, one."""
    controls = complete_controls({"margin": margin})
    for axis, cropped in enumerate((1, 2, 1)):
        painted = MapRequest("dice", 1, "logit", None)
        asked = SliceNumbers("v", controls, (setting("dice"),), painted, axis)
        found = present.answer(Request(asked)).found
        truth = small_labels() == 1
        others = tuple(each for each in range(3) if each != axis)
        if margin > 0:
            np.testing.assert_allclose(found["truth"], truth.sum(axis=others))
        else:
            kept = np.zeros_like(truth)
            kept[1:-1, 2:-2, 1:-1] = truth[1:-1, 2:-2, 1:-1]
            np.testing.assert_allclose(found["truth"], kept.sum(axis=others))
            assert not found["prediction"][:cropped].any()
