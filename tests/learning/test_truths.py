"""Training on truths with ignored voxels, and with classes that overlap."""

import re
import runpy

import keras
import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.counted import OfCounted
from lossexplorer.learning.export.script import write_script
from lossexplorer.learning.images import input_image
from lossexplorer.learning.loss_choices import KERAS_LOSSES
from lossexplorer.learning.losses_of_outputs import keras_loss
from lossexplorer.learning.networks.checks import require_fit
from lossexplorer.learning.networks.errors import NetworkError
from lossexplorer.learning.patches import PatchSource
from lossexplorer.learning.setup import (
    BuiltNetwork,
    InputImage,
    LossChoice,
    Output,
    Setup,
    Training,
)
from lossexplorer.learning.training import Trainer
from lossexplorer.losses import LOSSES
from lossexplorer.volumes.model.ignoring import without_id, without_voxels
from lossexplorer.volumes.model.labels import LabelVolume
from lossexplorer.volumes.model.overlapping import overlapping_volume
from tests.learning.volumes import blocks, volume

NETWORK = BuiltNetwork(filters=2, depth=2, trunk=1)
PATCH = (4, 6, 6)

WHERE_NEIGHBOURS_MATTER = {"boundary", "hausdorff", "cl_dice"}
"""Losses of the library for which where a voxel lies matters."""


def outputs(first="segmentation", first_loss="cross_entropy", second="image"):
    loss = "mean_squared_error" if second in ("image", "boundary_distance") else "dice"
    return (
        Output("y1", first, LossChoice(first_loss)),
        Output("y2", second, LossChoice(loss)),
    )


def setup_of(*made: Output, **training) -> Setup:
    settings = Training(patch=PATCH, batch=2, rate=0.05, **training)
    return Setup(network=NETWORK, outputs=made or outputs(), training=settings)


def half_ignored(labels_there: int = 0) -> LabelVolume:
    """Blocks of which the half x ≥ 6 is ignored, with these labels below the mask."""
    image = np.random.default_rng(0).standard_normal((8, 12, 12)).astype(np.float32)
    ids = blocks().labels.copy()
    ignored = np.zeros(ids.shape, bool)
    ignored[:, :, 6:] = True
    ids[:, :, 6:] = labels_there
    ids[0, 0, 6:9] = (0, 1, 2)  # all classes are there, whatever is ignored
    return without_voxels(volume(ids, image=image), ignored)


def overlapping() -> LabelVolume:
    """A class within another, and a third that overlaps both."""
    masks = np.zeros((3, 8, 12, 12), bool)
    masks[0, 1:7, 1:9, 1:9] = True
    masks[1, 2:5, 3:6, 3:6] = True
    masks[2, 3:8, 4:11, 4:11] = True
    return overlapping_volume(volume(masks[0]), masks, ("whole", "core", "other"))


# Ignored voxels


def names_of_voxel_losses():
    return [*(name for name in LOSSES if name not in WHERE_NEIGHBOURS_MATTER), *KERAS_LOSSES]


@pytest.mark.parametrize("name", names_of_voxel_losses())
def test_the_loss_is_that_of_the_volume_without_the_ignored_voxels(name):
    """The same loss of an array that never had them, and a gradient of 0 in them."""
    random = np.random.default_rng(3)
    counts = np.arange(24) % 3 > 0
    truth = np.eye(3, dtype=np.float32)[random.integers(0, 3, (1, 24))]
    truth[:, ~counts] = (0, 0, 1)
    prediction = random.dirichlet((1, 1, 1), (1, 24)).astype(np.float32)
    loss = keras_loss(LossChoice(name))
    channel = np.broadcast_to(counts, (1, 24))[..., None].astype(np.float32)
    p = keras.ops.convert_to_tensor(prediction)
    both = np.concatenate([truth, channel], axis=-1)
    found = float(OfCounted(loss)(both, p))
    assert found == pytest.approx(float(loss(truth[:, counts], prediction[:, counts])), rel=1e-5)
    otherwise = prediction.copy()
    otherwise[:, ~counts] = (1, 0, 0)
    assert float(OfCounted(loss)(both, keras.ops.convert_to_tensor(otherwise))) == found


def test_of_no_counted_voxel_the_loss_is_0():
    truth = np.zeros((1, 2, 2, 2, 3), np.float32)
    truth[..., 0] = 1
    nowhere = keras.ops.convert_to_tensor(np.full((1, 2, 2, 2, 2), 0.5, np.float32))
    for loss in (keras.losses.MeanSquaredError(), keras_loss(LossChoice("dice"))):
        assert float(OfCounted(loss)(truth, nowhere)) == 0


def test_labels_of_ignored_voxels_change_nothing():
    """Neither patches, nor losses, nor gradients, nor what the network becomes."""
    runs = []
    for labels_there in (0, 1, 2):
        trainer = Trainer(setup_of(), half_ignored(labels_there))
        reports = [trainer.train(with_table=True) for _ in range(3)]
        runs.append((reports, trainer.checkpoint().variables))
    for reports, variables in runs[1:]:
        for found, expected in zip(reports, runs[0][0], strict=True):
            assert found.losses == expected.losses
            assert found.table == expected.table
        for found, expected in zip(variables, runs[0][1], strict=True):
            assert np.array_equal(found, expected)


def test_the_gradient_is_0_in_ignored_voxels_and_not_in_others():
    trainer = Trainer(setup_of(), half_ignored())
    image, target = trainer.region("y1", (0, 0, 0), (8, 12, 12))
    gradient = trainer.gradient_of_total("y1", image, target)
    ignored = half_ignored().ignored
    assert not gradient[ignored].any()
    assert (gradient[~ignored] != 0).all()
    # Cross-entropy under a softmax: (p − g) / N, with N of the voxels that count.
    p = trainer.predict("y1", image)
    expected = (p - target[..., :-1]) / (~ignored).sum()
    assert gradient[~ignored] == pytest.approx(expected[~ignored], rel=1e-4, abs=1e-9)


def test_every_patch_holds_a_voxel_that_counts():
    """One voxel of 1,152 counts: by chance a patch of 144 voxels would hold it in one of eight."""
    ignored = np.ones((8, 12, 12), bool)
    ignored[6, 10, 10] = False
    source = PatchSource(without_voxels(blocks(), ignored), setup_of())
    for step in range(1, 9):
        counted = source.batch(step).targets["y1"][..., -1]
        assert counted.sum(axis=(1, 2, 3)).tolist() == [1, 1]


def test_patches_are_drawn_as_before_where_all_voxels_count():
    whole = blocks()
    known = without_voxels(whole, np.zeros(whole.shape, bool))
    one, other = (PatchSource(each, setup_of()).batch(3) for each in (whole, known))
    assert one.places == other.places
    assert one.targets["y1"].shape[-1] == 3


def test_a_coarser_output_counts_the_voxels_that_stand_for_others():
    """Of 12 voxels along an axis 1, 3, 5, … remain: x ≥ 6 are the last three of six."""
    source = PatchSource(half_ignored(), setup_of(*outputs(second="segmentation_2")))
    _, target = source.region("y2", (0, 0, 0), (8, 12, 12))
    assert target.shape == (4, 6, 6, 4)
    assert target[..., :3, -1].all()
    assert not target[..., 3:, -1].any()


def test_a_distance_to_a_boundary_that_is_ignored_is_refused():
    with pytest.raises(ParameterError, match=r"^y2: “Boundary distance” depends on the labels"):
        PatchSource(half_ignored(), setup_of(*outputs(second="boundary_distance")))


def test_an_ignored_id_is_no_channel():
    known = without_id(volume(blocks().labels * np.uint8(2)), 4)
    source = PatchSource(known, setup_of())
    assert source.heads["y1"].channels == 2
    _, target = source.region("y1", (0, 0, 0), (8, 12, 12))
    assert np.array_equal(target[..., -1] == 0, blocks().labels == 2)


# Classes that overlap


def test_overlapping_classes_are_sigmoids():
    truth = overlapping()
    source = PatchSource(truth, setup_of(*outputs(second="segmentation_2")))
    assert [(h.channels, h.activation, h.scale) for h in source.heads.values()] == [
        (3, "sigmoid", 1),
        (3, "sigmoid", 2),
    ]
    _, target = source.region("y1", (0, 0, 0), truth.shape)
    for index in (1, 2, 3):
        assert np.array_equal(target[..., index - 1] == 1, truth.mask(index))
    _, coarse = source.region("y2", (0, 0, 0), truth.shape)
    assert np.array_equal(coarse, target[1::2, 1::2, 1::2])


def test_the_foreground_is_where_any_class_is():
    truth = overlapping()
    wanted = ("foreground", "foreground_sigmoid", "boundary_distance")
    made = [Output(f"y{n}", each, LossChoice("mse")) for n, each in enumerate(wanted)]
    source = PatchSource(truth, setup_of(*made))
    anywhere = truth.mask(1) | truth.mask(2) | truth.mask(3)
    values = [source.region(each.name, (0, 0, 0), truth.shape)[1] for each in made]
    assert np.array_equal(values[0][..., 1] == 1, anywhere)
    assert np.array_equal(values[1][..., 0] == 1, anywhere)
    assert np.array_equal(values[2][..., 0] > 0, anywhere)


def test_cross_entropy_is_that_of_each_class_by_itself():
    """The mean of −g log p − (1 − g) log(1 − p) over voxels and classes, in float64."""
    trainer = Trainer(setup_of(), overlapping())
    image, target = trainer.region("y1", (0, 0, 0), (8, 12, 12))
    p = trainer.predict("y1", image).astype(float)
    gradient = trainer.gradient_of_total("y1", image, target)
    # The loss adds the classes' sums over voxels and divides by the number of voxels.
    scale = gradient / (p - target)
    assert scale == pytest.approx(np.full(scale.shape, scale.mean()), rel=1e-4)
    x, targets = trainer._arrays(PatchSource(overlapping(), setup_of()).batch(1))
    g, q = targets[0], trainer._steps.predict(x)[0].astype(float)
    terms = -g * np.log(q) - (1 - g) * np.log(1 - q)
    report = trainer.train()
    assert report.losses[0] == pytest.approx(
        terms.mean(axis=(0, 1, 2, 3)).sum() * scale.mean() * 8 * 12 * 12, rel=1e-4
    )


def test_a_simulated_image_has_the_mean_intensity_of_a_voxels_classes():
    """Intensities 0, 1/3, 2/3, 1 of background and three classes."""
    truth = overlapping()
    image = input_image(truth, InputImage(noise=0), seed=0, sample=0)
    classes = np.stack([truth.mask(index) for index in (1, 2, 3)])
    weights = np.array([1, 2, 3])[:, None, None, None] / 3
    count = classes.sum(axis=0)
    expected = (weights * classes).sum(axis=0) / np.maximum(count, 1)
    assert image == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "loss", ["unified_focal", "topk_cross_entropy", "categorical_crossentropy"]
)
def test_losses_of_exclusive_classes_say_so(loss):
    sentence = f"^y1: {loss} needs classes that exclude each other, and those of v overlap"
    with pytest.raises(ParameterError, match=sentence):
        PatchSource(overlapping(), setup_of(*outputs(first_loss=loss)))


def test_a_softmax_of_classes_that_overlap_is_refused():
    image = keras.Input((*PATCH, 1))
    layer = keras.layers.Conv3D(3, 1, activation="softmax", name="y1")
    other = keras.layers.Conv3D(1, 1, name="y2")
    model = keras.Model(image, [layer(image), other(image)])
    setup = setup_of()
    heads = PatchSource(overlapping(), setup).heads
    with pytest.raises(NetworkError, match="y1 ends in a softmax, whose channels exclude"):
        require_fit(model, setup, heads)


# The exported script


@pytest.mark.parametrize("truth", [half_ignored, overlapping])
def test_the_exported_script_has_the_same_losses(truth, tmp_path, capsys):
    volume_ = truth()
    setup = setup_of(*outputs(first_loss="dice", second="segmentation_2"))
    path = tmp_path / "run.py"
    write_script(path, setup, volume_, steps=3)
    runpy.run_path(str(path))
    printed = [
        re.findall(r"(y\d)_loss=(\S+)", line) for line in capsys.readouterr().out.splitlines()
    ]
    trainer = Trainer(setup, volume_)
    for line in printed:
        expected = dict(zip(("y1", "y2"), trainer.train(with_table=False).losses, strict=True))
        assert {name: float(value) for name, value in line} == pytest.approx(expected, rel=1e-4)
    assert len(printed) == 3
