"""The soft confusion matrix against one that is summed voxel by voxel in float64."""

import numpy as np
import pytest
from scipy import special

from lossexplorer.engine.messages import Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import ConfusionTable
from lossexplorer.engine.volume import Volume
from lossexplorer.predictions import complete_controls
from tests.engine.small import SPACING, of_sample, small_labels


def confusion(pipeline, **controls):
    question = ConfusionTable("v", complete_controls(controls), ())
    return pipeline.answer(Request(question)).found


def given(classes, shape, seed=3):
    """Probabilities of each class, (class, z, y, x)."""
    logits = np.random.default_rng(seed).normal(size=(classes, *shape))
    return special.softmax(logits, axis=0).astype(np.float32)


def reference(labels, p, counts):
    """Σ g p over the voxels that count, in float64."""
    p = p.astype(np.float64)
    return np.stack([p[:, (labels == c) & counts].sum(axis=1) for c in range(len(p))])


@pytest.mark.parametrize("classes", [4, 11])
def test_a_given_prediction_is_summed_class_by_class(classes):
    labels = small_labels() if classes == 4 else np.arange(7 * 9 * 11).reshape(7, 9, 11) % 11
    labels = labels.astype(np.uint8)
    ignored = np.random.default_rng(5).random(labels.shape) < 0.1
    p = given(classes, labels.shape)
    names = tuple(f"c{i}" for i in range(classes))
    volume = Volume(labels[None], names, SPACING, ignored[None])
    found = confusion(Pipeline(volume, [p]))
    np.testing.assert_allclose(found, reference(labels, p, ~ignored), rtol=1e-6)


def test_the_samples_of_a_batch_are_added():
    samples = np.stack([small_labels(), small_labels()[::-1]])
    predictions = [given(3, samples[0].shape, seed) for seed in (1, 2)]
    volume = Volume(samples, ("a", "b", "c"), SPACING)
    found = confusion(Pipeline(volume, predictions))
    every = np.ones(samples[0].shape, bool)
    expected = sum(
        reference(labels, p, every) for labels, p in zip(samples, predictions, strict=True)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_of_overlapping_classes_each_is_found_or_not():
    rng = np.random.default_rng(7)
    masks = rng.random((2, 5, 6, 7)) < 0.4
    # By class, which of the values 0, 1, 2, 3 belong to it: to none, to a, to b, and to both.
    members = np.array([[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1]], bool)
    labels = (masks[0] + 2 * masks[1]).astype(np.uint8)
    p = rng.random((3, 5, 6, 7)).astype(np.float32)
    volume = Volume(labels[None], ("else", "a", "b"), SPACING, None, members)
    found = confusion(Pipeline(volume, [p]))
    g, q = masks.astype(float), p[1:].astype(np.float64)
    expected = [
        [(a * b).sum(), (a * (1 - b)).sum(), ((1 - a) * b).sum()] for a, b in zip(g, q, strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_tumour_moved_by_whole_voxels():
    """What is certain far from the boundary counts as many voxels as it stands for."""
    tumour = of_sample("tumour")
    labels = tumour.volume.samples[0]
    moved = np.zeros_like(labels)
    moved[..., 3:] = labels[..., :-3]
    expected = [[((labels == c) & (moved == k)).sum() for k in (0, 1)] for c in (0, 1)]
    found = confusion(tumour, shift_x=3 * 0.78125)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
