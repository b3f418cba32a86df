"""The Keras classes: arguments, configuration, training, precision."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from lossexplorer import keras as our_keras
from lossexplorer.losses import LOSSES, class_sums
from lossexplorer.parameters import ParameterError
from tests import references

NAMES = [loss.class_name for loss in LOSSES.values()]
every_class = pytest.mark.parametrize("name", NAMES)
every_setting = pytest.mark.parametrize(
    ("loss", "given"), references.SETTINGS, ids=references.SETTING_IDS
)


def class_of(loss):
    return getattr(our_keras, LOSSES[loss].class_name)


def fields(seed=3, classes=3, batch=2):
    g, z = references.random_fields(seed, classes, batch=batch)
    return g, references.softmax(z)


def test_there_is_a_class_for_every_loss():
    assert set(NAMES) == {"Dice", "GeneralizedDice", "Tversky", "IoU", "CrossEntropy"}
    assert set(our_keras.__all__) == {"SegmentationLoss", *NAMES}
    for name in NAMES:
        assert issubclass(getattr(our_keras, name), keras.losses.Loss)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_signature_says_the_parameters_and_their_defaults(loss):
    signature = inspect.signature(class_of(loss))
    for parameter in LOSSES[loss].all_parameters:
        assert signature.parameters[parameter.name].default == parameter.default
    assert {"name", "reduction", "dtype"} <= set(signature.parameters)


@every_class
def test_an_instance_is_called_with_truth_and_prediction(name):
    """The constructor's signature is the class's and not the instance's: `tf.function` asks."""
    made = getattr(our_keras, name)()
    assert inspect.signature(made) == inspect.signature(keras.losses.Loss())
    g, p = (field.astype("f4") for field in fields())
    assert float(tf.function(made)(g, p)) == pytest.approx(float(made(g, p)), rel=1e-6)


@every_setting
@pytest.mark.parametrize("way", ["config", "serialized"])
def test_round_trip(loss, given, way):
    made = class_of(loss)(name="organs", reduction="sum", **given)
    if way == "config":
        again = type(made).from_config(made.get_config())
    else:
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(made))
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()
    assert (again.name, again.reduction) == ("organs", "sum")
    assert again.parameters == LOSSES[loss].complete(given)
    g, p = fields()
    assert float(again(g, p)) == float(made(g, p))


@every_class
def test_the_default_name_is_the_name_of_the_loss(name):
    made = getattr(our_keras, name)()
    assert made.name == made.description.name in LOSSES


@every_setting
def test_the_value_is_the_mean_of_the_terms(loss, given):
    g, p = fields()
    terms = np.asarray(class_of(loss)(reduction=None, **given)(g, p))
    assert terms.ndim > 0
    assert float(class_of(loss)(**given)(g, p)) == pytest.approx(terms.mean(), rel=1e-6)


@every_class
def test_an_unknown_parameter_is_named_with_the_closest(name):
    with pytest.raises(ParameterError, match=r"'include_backgroun'.*did you mean 'include_backgr"):
        getattr(our_keras, name)(include_backgroun=True)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("Dice", {"smooth": -1.0}, "smooth = -1 is out of range.*0 and 1e"),
        ("Dice", {"smooth": float("nan")}, "smooth = nan"),
        ("Dice", {"form": "D"}, "form must be one of 1-D, -D, not 'D'"),
        ("Dice", {"include_background": 1}, "include_background must be true or false, not 1"),
        ("Tversky", {"alpha": "much"}, "alpha must be a number, not 'much'"),
        ("Tversky", {"beta": True}, "beta must be a number, not True"),
        ("Tversky", {"aplha": 0.3}, "no parameter of tversky 'aplha'.*did you mean 'alpha'"),
        ("IoU", {"smooth": 1.0}, "no parameter of iou 'smooth'.*There are: eps"),
        ("CrossEntropy", {"pooling": "batch"}, "no parameter of cross_entropy 'pooling'"),
        ("GeneralizedDice", {"eps": float("inf")}, "eps = inf"),
    ],
)
def test_what_is_not_allowed_is_named(name, given, words):
    with pytest.raises(ParameterError, match=words):
        getattr(our_keras, name)(**given)


@pytest.mark.parametrize("number", [np.float32(0.25), np.float64(0.25), np.int64(2)])
def test_numbers_of_numpy_are_numbers(number):
    assert our_keras.Tversky(alpha=number).parameters["alpha"] == float(number)


@every_class
@pytest.mark.parametrize(
    ("truth", "prediction"),
    [((2, 3, 3, 3, 2), (2, 3, 3, 3, 3)), ((2, 3, 3, 3, 2), (1, 3, 3, 3, 2)), ((4, 2), (4, 2))],
)
def test_shapes_that_do_not_fit_are_refused(name, truth, prediction):
    with pytest.raises(ValueError, match=f"{name} needs truth and prediction of one shape"):
        getattr(our_keras, name)()(np.zeros(truth), np.zeros(prediction))


@every_class
def test_one_channel_without_the_background_is_refused(name):
    field = np.ones((1, 2, 2, 2, 1))
    with pytest.raises(ParameterError, match="leaves no class"):
        getattr(our_keras, name)(include_background=False)(field, field)


@every_class
def test_one_and_two_space_axes(name):
    """A 2D or 1D field is the 3D one with axes of length 1."""
    g, p = fields()
    made = getattr(our_keras, name)()
    expected = float(made(g, p))
    for shape in ((2, 60, 3), (2, 12, 5, 3)):
        assert float(made(g.reshape(shape), p.reshape(shape))) == pytest.approx(expected, rel=1e-6)


@every_class
def test_shapes_that_are_known_only_later(name):
    """As in a model over volumes of any size, fed from a generator that knows more, or less."""
    g, p = (field.astype("f4") for field in fields())
    made = getattr(our_keras, name)()
    unknown, partly = [tf.TensorSpec(s) for s in ((None,) * 4 + (3,), (None, 3, None, None, 3))]
    for specs in ((unknown, unknown), (partly, unknown), (unknown, partly)):
        compiled = tf.function(made.call, input_signature=specs)
        np.testing.assert_allclose(compiled(g, p), made.call(g, p), rtol=1e-6)


@every_setting
def test_inside_xla(loss, given):
    g, p = (field.astype("f4") for field in fields())
    made = class_of(loss)(**given)
    compiled = tf.function(made.__call__, jit_compile=True)
    assert float(compiled(g, p)) == pytest.approx(float(made(g, p)), rel=1e-5)


@pytest.fixture(scope="module")
def two_outputs():
    inputs = keras.Input((4, 4, 4, 1))
    trunk = keras.layers.Conv3D(4, 3, padding="same", activation="relu")(inputs)
    return keras.Model(
        inputs,
        {
            "organs": keras.layers.Conv3D(3, 1, activation="softmax", name="organs")(trunk),
            "vessels": keras.layers.Conv3D(2, 1, activation="softmax", name="vessels")(trunk),
        },
    )


@every_class
def test_a_model_of_two_outputs_trains_on_the_weighted_sum(two_outputs, name):
    rng = np.random.default_rng(8)
    model = keras.models.clone_model(two_outputs)
    x = rng.normal(size=(2, 4, 4, 4, 1)).astype("f4")
    truth = {
        "organs": references.one_hot(references.random_labels(rng, (2, 4, 4, 4), 3), 3),
        "vessels": references.one_hot(references.random_labels(rng, (2, 4, 4, 4), 2), 2),
    }
    losses = {"organs": getattr(our_keras, name)(), "vessels": our_keras.CrossEntropy()}
    weights = {"organs": 0.5, "vessels": 0.3}
    model.compile(keras.optimizers.SGD(0.1), loss=losses, loss_weights=weights)
    history = model.fit(x, truth, epochs=3, batch_size=2, verbose=0, shuffle=False)
    assert len(history.history["loss"]) == 3
    assert history.history["loss"][-1] < history.history["loss"][0]
    after = model.evaluate(x, truth, batch_size=2, verbose=0, return_dict=True)
    predicted = model.predict(x, verbose=0)
    expected = sum(
        weights[key]
        * references.loss(
            losses[key].description.name, losses[key].parameters, truth[key], predicted[key]
        )
        for key in truth
    )
    assert after["loss"] == pytest.approx(float(expected), rel=1e-5)


# Keras 3.15 copies its variables in a way that NumPy 2.4 deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras.src.backend")
def test_a_saved_model_remembers_its_loss(two_outputs, tmp_path):
    model = keras.models.clone_model(two_outputs)
    tversky = our_keras.Tversky(alpha=0.2, beta=0.9, pooling="batch")
    model.compile("sgd", loss={"organs": tversky, "vessels": our_keras.Dice(smooth=1.0)})
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras").loss
    assert again["organs"].get_config() == tversky.get_config()
    assert again["vessels"].parameters["smooth"] == 1.0


@every_class
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_what_inputs_of_other_types_give(name, dtype):
    g, p = (field.astype(dtype) for field in fields())
    made = getattr(our_keras, name)()
    expected = references.loss(
        made.description.name, made.parameters, g.astype("f8"), p.astype("f8")
    )
    assert float(made(g, p)) == pytest.approx(float(expected), rel=1e-5)


# Not of cross-entropy: its terms are voxels, and their mean is Keras's, in the type asked for.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "CrossEntropy"])
def test_a_loss_of_float16_sums_in_float32(name):
    """41³ = 68921 voxels: as a float16 sum, infinite."""
    assert float(np.finfo(np.float16).max) < 41**3
    rng = np.random.default_rng(5)
    g = references.one_hot(rng.integers(0, 2, (1, 41, 41, 41)), 2)
    p = references.softmax(rng.normal(size=g.shape)).astype("f2")
    made = getattr(our_keras, name)(dtype="float16")
    expected = references.loss(made.description.name, made.parameters, g, p.astype("f8"))
    assert float(made(g.astype("f2"), p)) == pytest.approx(float(expected), rel=2e-3)
    single = getattr(our_keras, name)()
    assert float(single(g.astype("f2"), p)) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize(
    ("truth", "prediction", "value"),
    [
        (np.repeat([1, 0], [4, 8]), np.repeat([1, 0], [8, 4]), 0.230769),  # 4 FP of G = 4
        (np.repeat([1, 0], [4, 8]), np.repeat([1, 0], [2, 10]), 0.411765),  # 2 FN of G = 4
    ],
    ids=["over", "under"],
)
def test_alpha_weighs_false_positives(truth, prediction, value):
    """The paper's convention; Keras up to 3.15 has α and β swapped (keras#23333)."""
    g, p = (field.astype("f4").reshape(1, 1, 1, -1, 1) for field in (truth, prediction))
    assert float(our_keras.Tversky(alpha=0.3, beta=0.7)(g, p)) == pytest.approx(value, abs=5e-7)
    swapped = float(keras.losses.Tversky(alpha=0.7, beta=0.3)(g, p))
    straight = float(keras.losses.Tversky(alpha=0.3, beta=0.7)(g, p))
    version = tuple(int(part) for part in keras.__version__.split(".")[:2])
    assert (swapped if version < (3, 16) else straight) == pytest.approx(value, abs=5e-7)


@pytest.mark.parametrize("include", [True, False])
def test_keras_agrees_where_it_computes_the_same(include):
    g, p = (field.astype("f4") for field in fields())
    a, b = (g, p) if include else (g[..., 1:], p[..., 1:])
    theirs = keras.losses.Dice(axis=(1, 2, 3), reduction=None)(a, b)
    ours = our_keras.Dice(include_background=include, reduction=None)(g, p)
    assert np.asarray(ours).mean() == pytest.approx(np.asarray(theirs).mean(), rel=1e-5)
    flat = our_keras.Dice(include_background=include, pooling="all")(g, p)
    assert float(flat) == pytest.approx(float(keras.losses.Dice()(a, b)), rel=1e-5)
    if include:
        theirs = keras.losses.CategoricalCrossentropy()(g, p)
        assert float(our_keras.CrossEntropy()(g, p)) == pytest.approx(float(theirs), rel=1e-5)


@pytest.mark.slow
def test_sums_of_a_volume_of_52_million_voxels():
    """Probabilities of 0.3 and 0.7 in 512 × 512 × 200 voxels: a running total is % off."""
    shape = (1, 200, 512, 512, 2)
    count = 200 * 512 * 512
    values = np.array([0.3, 0.7], "f4")
    p = tf.broadcast_to(values, shape)
    running = np.array([np.cumsum(np.full(count, v), dtype="f4")[-1] for v in values])
    values = values.astype("f8")
    assert (abs(running / (count * values) - 1) > 0.01).all()

    g = tf.broadcast_to(np.array([1, 0], "f4"), shape)
    sums = class_sums(g, p)
    surprise = [-np.log(values[0]), 0]
    expected = [values * [1, 0], values, [1, 0], values**2, surprise, [1, 1]]
    for found, each in zip(vars(sums).values(), expected, strict=True):
        np.testing.assert_allclose(found[0], count * np.array(each), rtol=1e-6)
    dice = our_keras.Dice(include_background=False, smooth=1.0)
    assert float(dice(g[..., ::-1], p[..., ::-1])) == pytest.approx(
        1 - 2 * values[0] / (1 + values[0]), rel=1e-6
    )
    # Its terms are voxels, whose mean is Keras's own.
    assert float(our_keras.CrossEntropy()(g, p)) == pytest.approx(-np.log(values[0]), rel=5e-6)
