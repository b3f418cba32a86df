"""Losses of outputs: Keras's own list, Keras's own numbers."""

import inspect
import subprocess
import sys

import keras
import numpy as np
import pytest

from lossexplorer import keras as our_keras
from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning import loss_choices, losses_of_outputs
from lossexplorer.learning.loss_choices import KERAS_LOSSES, LEFT_OUT, misfit, parse_choice
from lossexplorer.learning.losses_of_outputs import compile_arguments, keras_loss
from lossexplorer.learning.setup import LossChoice, Output, Setup
from lossexplorer.learning.targets import TARGETS
from lossexplorer.losses import LOSSES
from tests.patience import PATIENCE

RANDOM = np.random.default_rng(3)
ONE_HOT = np.eye(3, dtype=np.float32)[RANDOM.integers(0, 3, (2, 2, 3, 3))]
LOGITS = RANDOM.standard_normal(ONE_HOT.shape)
PROBABILITIES = (np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)).astype(np.float32)
NUMBERS = RANDOM.standard_normal((2, 2, 3, 3, 1)).astype(np.float32)
PREDICTED = RANDOM.standard_normal(NUMBERS.shape).astype(np.float32)


@pytest.mark.parametrize("edge", [1e-8, 1.35e-7, 1e6])
@pytest.mark.parametrize("name", ["boundary", "hausdorff"])
def test_a_loss_of_distances_takes_the_voxels_of_any_volume_that_opens(name, edge):
    """An ångström and a kilometre: edges below 1e-6 mm were refused."""
    made = keras_loss(LossChoice(name), (edge, edge, edge))
    assert made.get_config()["spacing"] == (edge, edge, edge)


# The list


def test_the_list_has_every_loss_of_keras_or_says_why_not():
    classes = {
        name
        for name, found in vars(keras.losses).items()
        if inspect.isclass(found) and found is not keras.losses.Loss
    }
    left_out = {
        "SparseCategoricalCrossentropy",
        "CategoricalGeneralizedCrossEntropy",
        "CTC",
        "Circle",
    }
    assert {loss.class_name for loss in KERAS_LOSSES.values()} == classes - left_out
    assert len(LEFT_OUT) == len(left_out)


@pytest.mark.parametrize("name", [*KERAS_LOSSES, *loss_choices.ALIASES])
def test_the_names_are_those_of_keras(name):
    """Keras's own function of that name has the value of the object that is made."""
    choice = parse_choice(name)
    of_classes = KERAS_LOSSES[choice.name].is_of_classes
    truth, prediction = (ONE_HOT, PROBABILITIES) if of_classes else (NUMBERS, PREDICTED)
    function = getattr(keras.losses, name.removeprefix("keras."), None)
    if function is None:
        function = keras.losses.get(name)
    expected = np.mean(keras.ops.convert_to_numpy(function(truth, prediction)))
    assert float(keras_loss(choice)(truth, prediction)) == pytest.approx(float(expected), rel=1e-6)


def test_the_window_can_list_losses_without_keras():
    source = (
        "import sys; from lossexplorer.learning.loss_choices import loss_titles; "
        "print(len(loss_titles()), 'keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert answer.stdout.split() == [str(len(LOSSES) + len(KERAS_LOSSES)), "False", "False"]


# Numbers


def test_losses_of_keras_by_their_formulas():
    def value(name, truth, prediction):
        return float(keras_loss(LossChoice(name))(truth, prediction))

    error = PREDICTED.astype(np.float64) - NUMBERS
    assert value("mean_squared_error", NUMBERS, PREDICTED) == pytest.approx(np.mean(error**2))
    huber = np.where(np.abs(error) <= 1, error**2 / 2, np.abs(error) - 0.5)
    assert value("huber", NUMBERS, PREDICTED) == pytest.approx(np.mean(huber))
    entropy = -np.log(np.sum(ONE_HOT * PROBABILITIES.astype(np.float64), -1))
    assert value("categorical_crossentropy", ONE_HOT, PROBABILITIES) == pytest.approx(
        np.mean(entropy), rel=1e-6
    )


def test_a_loss_of_the_library_is_its_keras_class_with_the_parameters():
    choice = parse_choice("tversky:alpha=0.3,beta=0.7,include_background=false")
    made = keras_loss(choice)
    assert type(made) is our_keras.Tversky
    expected = our_keras.Tversky(alpha=0.3, beta=0.7, include_background=False)
    assert float(made(ONE_HOT, PROBABILITIES)) == float(expected(ONE_HOT, PROBABILITIES))


def test_dice_is_the_librarys_and_keras_dice_that_of_keras():
    """Keras's sums over all classes at once, the library's over each: two numbers."""
    overlap = np.sum(ONE_HOT * PROBABILITIES, dtype=np.float64)
    expected = 1 - 2 * overlap / (ONE_HOT.sum() + PROBABILITIES.sum(dtype=np.float64))
    theirs = float(keras_loss(LossChoice("keras.dice"))(ONE_HOT, PROBABILITIES))
    assert theirs == pytest.approx(expected, rel=1e-6)
    assert type(keras_loss(LossChoice("dice"))) is our_keras.Dice


def test_a_loss_of_distances_is_given_the_volumes_spacing():
    assert keras_loss(LossChoice("boundary"), (5.0, 0.5, 0.5)).parameters["spacing"] == (
        5.0,
        0.5,
        0.5,
    )
    chosen = LossChoice("boundary", {"spacing": "voxels"})
    assert keras_loss(chosen, (5.0, 0.5, 0.5)).parameters["spacing"] == "voxels"


def test_a_model_that_is_compiled_with_them_prints_the_weighted_sum():
    """What `loss` is: 0.5 · Dice + 0.3 · squared error, each printed without its weight."""
    source = keras.Input((4, 4, 4, 1))
    heads = [
        keras.layers.Conv3D(2, 1, activation="softmax", name="y1")(source),
        keras.layers.Conv3D(1, 1, name="y2")(source),
    ]
    model = keras.Model(source, dict(zip(("y1", "y2"), heads, strict=True)))
    model.compile("sgd", **compile_arguments(Setup()), jit_compile=False)
    x = RANDOM.standard_normal((2, 4, 4, 4, 1)).astype(np.float32)
    truth = {
        "y1": np.eye(2, dtype=np.float32)[RANDOM.integers(0, 2, (2, 4, 4, 4))],
        "y2": x,
    }
    shown = model.evaluate(x, truth, verbose=0, return_dict=True)
    predicted = model.predict(x, verbose=0)
    squared = np.mean((predicted["y2"] - x) ** 2, dtype=np.float64)
    assert shown["y2_loss"] == pytest.approx(squared, rel=1e-5)
    assert shown["loss"] == pytest.approx(0.5 * shown["y1_loss"] + 0.3 * squared, rel=1e-5)


# What does not fit


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dise", "did you mean 'dice'"),
        ("mean_squared_eror", "did you mean 'mean_squared_error'"),
        ("dice:smoth=1", "did you mean 'smooth'"),
        ("dice:smooth", "PARAM=VALUE"),
        ("huber:delta=2", "huber is a loss of Keras and takes no parameters here: delta=2"),
        ("ctc", "compares sequences of characters"),
        ("categorical_generalized_cross_entropy", "choose generalized_cross_entropy of the lib"),
        ("sparse_categorical_crossentropy", "choose categorical_crossentropy"),
    ],
)
def test_a_loss_that_cannot_be_is_refused_with_a_reason(text, said):
    with pytest.raises(ParameterError, match=said):
        parse_choice(text)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_a_target_has_losses_that_fit_it(target):
    for name in target.losses:
        assert misfit(parse_choice(name), target) == ""


def test_a_loss_of_classes_does_not_fit_numbers():
    setup = Setup(outputs=(Output("y1", "image", LossChoice("dice")),))
    with pytest.raises(ParameterError, match="y1: dice compares probabilities of classes, and ima"):
        compile_arguments(setup)
    assert misfit(LossChoice("poisson"), TARGETS["boundary_distance"])
    assert not misfit(LossChoice("mean_squared_error"), TARGETS["segmentation"])


def test_parameters_of_a_keras_loss_in_a_choice_are_refused():
    with pytest.raises(ParameterError, match="huber is a loss of Keras"):
        losses_of_outputs.keras_loss(LossChoice("huber", {"delta": 2}))
