"""Arguments of the Keras classes: what they are, what is refused, and that they are kept."""

import inspect
import json

import keras
import numpy as np
import pytest

from lossexplorer import keras as our_keras
from lossexplorer.core.parameters import ParameterError
from lossexplorer.losses import LOSSES
from tests.keras_classes.common import NAMES, class_of, every_class, every_setting, only_on

only_on("tensorflow", "no backend matters to these")


def test_there_is_a_class_for_every_loss():
    assert set(our_keras.__all__) == {"SegmentationLoss", "Total", *NAMES}
    for name in NAMES:
        assert issubclass(getattr(our_keras, name), keras.losses.Loss)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_signature_says_the_parameters_and_their_defaults(loss):
    signature = inspect.signature(class_of(loss))
    own = {parameter.name: parameter.default for parameter in LOSSES[loss].parameters}
    keras_has = inspect.signature(keras.losses.Loss).parameters
    shown = {name: parameter.default for name, parameter in signature.parameters.items()}
    shared = {"from_logits": False, "ignore_class": None}
    assert shown == own | shared | {name: keras_has[name].default for name in keras_has}


@every_class
def test_an_instance_is_called_as_any_loss_of_keras(name):
    """The constructor's signature is the class's and not the instance's: `tf.function` asks."""
    made = getattr(our_keras, name)()
    for ours, theirs in ((made, keras.losses.Loss()), (made.call, keras.losses.Loss().call)):
        found, expected = (inspect.signature(each).parameters for each in (ours, theirs))
        assert list(found) == list(expected)
        assert all(found[each].default == expected[each].default for each in expected)


@every_class
def test_the_docs_say_everything(name):
    """What is in it is the description's; that its example runs, tests/test_docstrings.py asks."""
    made = getattr(our_keras, name)
    lines = inspect.getdoc(made).splitlines()
    for heading in ("Parameters", "Notes", "References", "Examples"):
        place = lines.index(heading)
        assert lines[place + 1] == "-" * len(heading)
        assert lines[place + 2].strip()
    for start in (
        "Formula: ",
        "Shapes: ",
        "One channel: ",
        "Voxels left out: ",
        "False positives: ",
        "False negatives: ",
        "Edge cases: ",
    ):
        (line,) = [line for line in lines if line.startswith(start)]
        assert line.removeprefix(start).strip(" `.,")
    for parameter in inspect.signature(made).parameters:
        assert any(parameter in line.partition(" : ")[0] for line in lines)


def again_from_config(made):
    return type(made).from_config(made.get_config())


def again_from_json(made):
    return type(made).from_config(json.loads(json.dumps(made.get_config())))


def again_from_keras(made):
    text = json.dumps(keras.saving.serialize_keras_object(made))
    return keras.saving.deserialize_keras_object(json.loads(text))


@every_setting
@pytest.mark.parametrize("way", [again_from_config, again_from_json, again_from_keras])
def test_round_trip(loss, changed, way):
    shared = {"from_logits": True, "ignore_class": 2}
    made = class_of(loss)(name="organs", reduction="sum", dtype="float16", **shared, **changed)
    again = way(made)
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()
    assert (again.name, again.reduction, again.dtype) == ("organs", "sum", "float16")
    assert (again.from_logits, again.ignore_class) == (True, 2)
    assert again.parameters == LOSSES[loss].complete(changed)
    assert again.parameters.items() >= changed.items()


@every_class
def test_the_default_name_is_the_name_of_the_loss(name):
    made = getattr(our_keras, name)()
    assert made.name == made.description.name in LOSSES


@every_class
def test_an_unknown_parameter_is_named_with_the_closest(name):
    parameter = LOSSES[getattr(our_keras, name).description.name].parameters[0].name
    words = rf"^{name}: .*'{parameter}x'.*did you mean '{parameter}'"
    with pytest.raises(ParameterError, match=words):
        getattr(our_keras, name)(**{f"{parameter}x": 1.0})


@every_class
def test_parameters_have_names(name):
    with pytest.raises(TypeError, match=rf"{name}\.__init__\(\) takes 1 positional argument"):
        getattr(our_keras, name)(1.0)


@pytest.mark.parametrize(
    ("name", "changed", "words"),
    [
        ("Dice", {"smooth": -1.0}, "Dice: smooth = -1 is out of range.*0 and 1e"),
        ("Dice", {"smooth": float("nan")}, "Dice: smooth = nan"),
        ("Dice", {"form": "D"}, "Dice: form must be one of 1-D, -D, not 'D'"),
        ("Dice", {"include_background": 1}, "include_background must be true or false, not 1"),
        ("Tversky", {"alpha": "much"}, "Tversky: alpha must be a number, not 'much'"),
        ("Tversky", {"beta": True}, "Tversky: beta must be a number, not True"),
        ("Tversky", {"aplha": 0.3}, "no parameter of tversky 'aplha'.*did you mean 'alpha'"),
        ("IoU", {"smooth": 1.0}, "IoU: .*no parameter of iou 'smooth'.*There are: eps"),
        ("CrossEntropy", {"pooling": "batch"}, "no parameter of cross_entropy 'pooling'"),
        ("CrossEntropy", {"class_weights": "rare"}, "CrossEntropy: class_weights must be none or "),
        ("CrossEntropy", {"class_weights": (1.0, -1.0)}, "class_weights = -1 is out of range"),
        ("GeneralizedDice", {"eps": float("inf")}, "GeneralizedDice: eps = inf"),
        ("WassersteinDice", {"distances": ((0, 1), (1,))}, "distances must be a square table"),
    ],
)
def test_what_is_not_allowed_is_named(name, changed, words):
    with pytest.raises(ParameterError, match=words):
        getattr(our_keras, name)(**changed)


@pytest.mark.parametrize("number", [np.float32(0.25), np.float64(0.25), np.int64(2)])
def test_numbers_of_numpy_are_numbers(number):
    made = our_keras.Tversky(alpha=number)
    assert made.parameters["alpha"] == float(number)
    assert json.loads(json.dumps(made.get_config()))["alpha"] == float(number)
