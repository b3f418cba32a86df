import json
import shutil
import warnings
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

from lossexplorer.keras import Dice
from lossexplorer.learning.networks.errors import NetworkError, NotTrustedError
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.networks.network import make_network
from lossexplorer.learning.networks.own import heads_of, load
from lossexplorer.learning.setup import LossChoice, Output, OwnNetwork, Setup, Training
from tests.learning.networks.gradients import forward, gradients
from tests.learning.networks.models import SIZE, convolution, image, nested, three_outputs

HEADS = {"a": Head(2, "softmax"), "b": Head(1, "linear"), "c": Head(2, "softmax", 2)}

SOURCE = """
import keras
from keras import layers

def build_model():
    print("building")
    x = keras.Input((None, None, None, 1))
    y = layers.Conv3D(3, 3, padding="same", activation="relu")(x)
    y = layers.Conv3D(3, 3, padding="same", activation="relu")(y)
    a = layers.Conv3D(2, 1, activation="softmax", name="a")(y)
    b = layers.Conv3D(1, 1, name="b")(y)
    c = layers.Conv3D(2, 1, activation="softmax", name="c")(layers.MaxPooling3D(2)(y))
    return keras.Model(x, {"a": a, "b": b, "c": c})
"""


def setup_of(path, names=("a", "b", "c"), is_trusted=False, patch=SIZE, seed=7):
    outputs = tuple(Output(n, "image", LossChoice("mean_squared_error")) for n in names)
    training = Training(patch=patch, seed=seed)
    return Setup(OwnNetwork(str(path), is_trusted), outputs, training=training)


def saved(folder, model, name="own.keras"):
    with warnings.catch_warnings():
        # Keras 3.15 reads tensors of TensorFlow in a way that NumPy 2.4 deprecates, and warns of
        # what it cannot load again.
        warnings.simplefilter("ignore")
        model.save(folder / name)
    return folder / name


def written(folder, source, name="own.py"):
    (folder / name).write_text(source, "utf-8")
    return folder / name


def opened(path, is_trusted=True):
    return load(OwnNetwork(str(path), is_trusted), 7)


def test_a_three_output_model_from_a_keras_file_works_from_end_to_end(tmp_path):
    model = three_outputs()
    path = saved(tmp_path, model)
    network = make_network(setup_of(path), HEADS)
    assert network.model.output_names == ["a", "b", "c"]
    assert network.trunk == ("encoder", "shared")
    for ours, theirs in zip(forward(network.model, image()), forward(model, image()), strict=True):
        assert np.array_equal(ours, theirs)
    rows = dict(network.layers_with_weights)
    found = gradients(network.model, image(), rows["b_conv"])
    assert [bool(np.abs(each[0]).sum()) for each in found] == [False, True, False]


def test_a_three_output_model_from_a_python_file_works_from_end_to_end(tmp_path, capsys):
    path = written(tmp_path, SOURCE)
    network = make_network(setup_of(path, is_trusted=True), HEADS)
    assert [tuple(y.shape) for y in network.model(image())] == [
        (2, 4, 8, 8, 2),
        (2, 4, 8, 8, 1),
        (2, 2, 4, 4, 2),
    ]
    assert [name for name, _ in network.layers_with_weights] == ["conv3d", "conv3d_1", *"abc"]
    assert capsys.readouterr() == ("", "building\n")  # standard output is the program's


OWN_LAYER = """
from __future__ import annotations
import dataclasses
import keras

@dataclasses.dataclass
class Options:
    channels: int = 3

class Gate(keras.layers.Layer):
    def build(self, shape):
        self.gain = self.add_weight(shape=(shape[-1],), initializer="ones", name="gain")
        self.inner = keras.layers.Conv3D(Options().channels, 1)
        self.inner.build(shape)

    def call(self, x):
        return keras.ops.sigmoid(self.inner(x * self.gain))

def build_model():
    x = keras.Input((None, None, None, 1))
    y = Gate(name="gate")(x)
    return keras.Model(x, [keras.layers.Conv3D(1, 1, name=name)(y) for name in "ab"])
"""


def test_a_python_file_may_have_layers_of_its_own(tmp_path):
    path = written(tmp_path, OWN_LAYER)
    heads = dict.fromkeys("ab", Head(1, "linear"))
    network = make_network(setup_of(path, "ab", is_trusted=True), heads)
    gate = next(node for node in network.graph.nodes if node.name == "gate")
    assert (gate.kind, gate.weights, gate.shape) == ("Gate", 1 + 3 + 3, (None, *SIZE, 3))
    assert network.trunk == ("gate",)


def test_a_python_file_makes_the_same_model_each_time(tmp_path):
    path = written(tmp_path, SOURCE)
    one, same, other = (
        make_network(setup_of(path, is_trusted=True, seed=seed), HEADS) for seed in (7, 7, 8)
    )
    assert one.graph == same.graph == other.graph
    start = [forward(each.model, image())[0] for each in (one, same, other)]
    assert np.array_equal(start[0], start[1])
    assert not np.array_equal(start[0], start[2])


def test_names_that_keras_gives_go_on_where_they_were(tmp_path):
    before = layers.Conv3D(1, 1).name
    opened(written(tmp_path, SOURCE))
    after = layers.Conv3D(1, 1).name
    number = int(before.rpartition("_")[2]) if before.count("_") else 0
    assert after == f"conv3d_{number + 1}"


def test_a_python_file_runs_only_when_it_is_trusted(tmp_path):
    path = written(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w').close()\n{SOURCE}")
    with pytest.raises(NotTrustedError, match=r"runs its code.*--trust"):
        opened(path, is_trusted=False)
    assert not (tmp_path / "ran").exists()
    opened(path)
    assert (tmp_path / "ran").exists()


def test_a_python_file_may_import_its_neighbours(tmp_path):
    written(tmp_path, SOURCE, "neighbour_of_own.py")
    path = written(tmp_path, "from neighbour_of_own import build_model")
    assert opened(path).output_names == ["a", "b", "c"]
    assert not list(tmp_path.glob("__pycache__/own*"))


def test_the_loss_that_a_file_was_compiled_with_does_not_matter(tmp_path):
    model = nested()
    model.compile(loss={"a": Dice(), "b": "mean_squared_error"}, optimizer="adam")
    assert opened(saved(tmp_path, model)).output_names == ["a", "b"]


def test_the_outputs_say_which_targets_fit(tmp_path):
    assert heads_of(opened(saved(tmp_path, three_outputs())), SIZE) == HEADS


def with_config(folder, change):
    """A Keras file whose configuration a function has changed."""
    source = saved(folder, nested(), "source.keras")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(folder / "own.keras", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                change(config)
                data = json.dumps(config).encode()
            new.writestr(name, data)
    return folder / "own.keras"


def model_with(layer):
    x = keras.Input((None, None, None, 1))
    y = layer(x)
    return keras.Model(x, [convolution("a", 2)(y), convolution("b", 1)(y)])


class Own(layers.Layer):
    def call(self, x):
        return x * 2.0


def lambda_file(folder):
    return saved(folder, model_with(layers.Lambda(lambda x: x + 1)))


def custom_file(folder):
    return saved(folder, model_with(Own()))


def custom_function_file(folder):
    def strange(x):
        return x

    return saved(folder, model_with(layers.Activation(strange)))


def other_zip(folder):
    with zipfile.ZipFile(folder / "own.keras", "w") as archive:
        archive.writestr("notes.txt", "nothing")
    return folder / "own.keras"


def text_file(folder):
    (folder / "own.keras").write_text("model")
    return folder / "own.keras"


def half_file(folder):
    whole = saved(folder, nested(), "whole.keras").read_bytes()
    (folder / "own.keras").write_bytes(whole[: len(whole) // 2])
    return folder / "own.keras"


def without_weights(folder):
    source = saved(folder, nested(), "source.keras")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(folder / "own.keras", "w") as new:
        for name in ("config.json", "metadata.json"):
            new.writestr(name, old.read(name))
    return folder / "own.keras"


def custom_file_of_a_script(folder):
    """A class of the script that is run, which Keras saves without a module."""

    def change(config):
        config["config"]["layers"][1].update(module=None, class_name="Own", registered_name="Own")

    return with_config(folder, change)


def compiled_inside(folder):
    """A nested model that Keras would compile with a class of the user's."""

    def change(config):
        loss = {
            "class_name": "Own",
            "module": "antigravity",
            "registered_name": "Own",
            "config": {},
        }
        config["config"]["layers"][1]["compile_config"] = {"loss": loss, "optimizer": "sgd"}

    return with_config(folder, change)


def importing_file(folder):
    def change(config):
        config["config"]["layers"][1].update(module="antigravity", registered_name="Own>Thing")

    return with_config(folder, change)


def no_dictionary(folder):
    with zipfile.ZipFile(folder / "own.keras", "w") as archive:
        archive.writestr("config.json", "[1, 2]")
    return folder / "own.keras"


def missing(folder):
    return folder / "own.keras"


def a_folder(folder):
    return folder


def old_format(folder):
    (folder / "own.h5").write_bytes(b"")
    return folder / "own.h5"


BAD_FILES = [
    (missing, "own.keras does not exist"),
    (a_folder, "is a folder"),
    (old_format, r"own\.h5 is no model that can be opened: save it with model\.save"),
    (text_file, "is no Keras file, which is a zip archive"),
    (other_zip, "is no Keras file, which is a zip archive"),
    (half_file, "is no Keras file, which is a zip archive"),
    (no_dictionary, "cannot be read as a Keras model"),
    (without_weights, "cannot be read as a Keras model"),
    (lambda_file, "has a Lambda layer, whose code would be run"),
    (custom_file, "has a Own of the module"),
    (custom_function_file, "has a function strange of the module builtins, whose code is not"),
    (custom_file_of_a_script, "has a Own of a script, whose code is not in the file"),
    (compiled_inside, "has a Own of the module antigravity, whose code is not in the file"),
    (importing_file, "has a Functional of the module antigravity, whose code is not in the file"),
]


def test_nothing_is_imported_for_a_keras_file(tmp_path, monkeypatch):
    (tmp_path / "antigravity.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(NetworkError):
        opened(importing_file(tmp_path))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("make", "words"), BAD_FILES, ids=[make.__name__ for make, _ in BAD_FILES])
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, make, words):
    path = make(tmp_path)
    with pytest.raises(NetworkError, match=words) as caught:
        opened(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_damage_to_a_file_is_refused_or_does_no_harm(tmp_path):
    whole = saved(tmp_path, nested()).read_bytes()
    numbers = np.random.default_rng(1)
    refused = 0
    for _ in range(40):
        damaged = bytearray(whole)
        for place in numbers.integers(len(whole), size=20):
            damaged[place] = numbers.integers(256)
        (tmp_path / "damaged.keras").write_bytes(damaged)
        try:
            assert opened(tmp_path / "damaged.keras").output_names == ["a", "b"]
        except NetworkError:
            refused += 1
    assert refused > 20


BAD_CODE = [
    ("x = 1", "has no function build_model"),
    ("build_model = 3", "has no function build_model"),
    ("x = 1\n1 / 0", "own.py, line 2: it raises ZeroDivisionError: division by zero"),
    ("def build_model(:", "own.py, line 1: it raises SyntaxError"),
    ("import sys; sys.exit(3)", "line 1: it raises SystemExit: 3"),
    ("import no_such_module", "line 1: it raises ModuleNotFoundError: No module named"),
    ("def build_model():\n  raise ValueError", r"line 2: build_model\(\) raises ValueError"),
    ("def build_model(n):\n  pass", r"build_model\(\) raises TypeError: .*missing 1 required"),
    ("def build_model(): return 3", "must return a keras.Model; it returned int"),
]


@pytest.mark.parametrize(("source", "words"), BAD_CODE)
def test_bad_code_is_refused_with_its_line(tmp_path, source, words):
    with pytest.raises(NetworkError, match=words) as caught:
        opened(written(tmp_path, source))
    assert "\n" not in str(caught.value)


def sequential():
    return keras.Sequential([keras.Input((None, None, None, 1)), convolution("a", 2)])


def one_output():
    x = keras.Input((None, None, None, 1))
    return keras.Model(x, convolution("a", 2)(x))


def two_inputs():
    x, y = (keras.Input((None, None, None, 1)) for _ in range(2))
    joined = layers.Add()([x, y])
    return keras.Model([x, y], [convolution("a", 2)(joined), convolution("b", 1)(joined)])


def flat_input():
    x = keras.Input((None, None, 1))
    return keras.Model(x, [layers.Conv2D(2, 1, name=name)(x) for name in "ab"])


def two_channels():
    x = keras.Input((None, None, None, 2))
    return keras.Model(x, [convolution(name, 2)(x) for name in "ab"])


def fixed_batch():
    x = keras.Input(batch_shape=(4, None, None, None, 1))
    return keras.Model(x, [convolution(name, 2)(x) for name in "ab"])


def flat_output():
    x = keras.Input((None, None, None, 1))
    return keras.Model(x, [convolution("a", 2)(x), layers.GlobalMaxPooling3D(name="b")(x)])


def doubled_names():
    x = keras.Input((None, None, None, 1))
    inner = keras.Input((None, None, None, 1))
    heads = keras.Model(inner, [convolution("a", 2)(inner), convolution("b", 1)(inner)], name="hd")
    return keras.Model(x, heads(x))


def other_keys():
    x = keras.Input((None, None, None, 1))
    return keras.Model(x, {"left": convolution("a", 2)(x), "b": convolution("b", 1)(x)})


def no_weights():
    x = keras.Input((None, None, None, 1))
    return keras.Model(x, [layers.ReLU(name="a")(x), layers.Identity(name="b")(x)])


def strange_names():
    x = keras.Input((None, None, None, 1), name="scan")
    y = convolution("my trunk", 2)(x)
    return keras.Model(x, [convolution("a", 2)(y), convolution("b", 1)(y)])


class Subclassed(keras.Model):
    pass


BAD_MODELS = [
    (sequential, "Sequential model, which has one output"),
    (Subclassed, "class Subclassed, whose layers are not known from outside"),
    (one_output, "has one output"),
    (two_inputs, "takes 2 inputs, and there is one image"),
    (flat_input, r"input of shape \(any, any, any, 1\)"),
    (two_channels, r"input of shape \(any, any, any, any, 2\)"),
    (fixed_batch, r"input of shape \(4, any, any, any, 1\)"),
    (flat_output, r"output b has the shape \(any, 1\)"),
    (doubled_names, "2 outputs of the layer hd"),
    (no_weights, "has no layer with weights: there is nothing to train"),
    pytest.param(
        strange_names,
        "has a layer called 'my trunk', and TensorFlow trains none",
        marks=pytest.mark.skipif(
            keras.config.backend() != "tensorflow", reason="other backends take every name"
        ),
    ),
    (other_keys, "output left is given by a layer called a"),
]


@pytest.mark.parametrize(
    ("make", "words"),
    BAD_MODELS,
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_model_of_another_kind_is_refused_in_one_sentence(tmp_path, monkeypatch, make, words):
    from lossexplorer.learning.networks import keras_file

    model = make()
    monkeypatch.setattr(keras_file, "read", lambda _: model)
    with pytest.raises(NetworkError, match=words) as caught:
        opened(text_file(tmp_path))
    assert "\n" not in str(caught.value)


def fixed_size():
    x = keras.Input((8, 8, 8, 1))
    return keras.Model(x, [convolution("a", 2, activation="softmax")(x), convolution("b", 1)(x)])


def u_net():
    x = keras.Input((None, None, None, 1))
    y = layers.Add()([x, layers.UpSampling3D(2)(layers.MaxPooling3D(2)(x))])
    return keras.Model(x, [convolution("a", 2, activation="softmax")(y), convolution("b", 1)(y)])


def nested_logits():
    x, inner = keras.Input((None, None, None, 1)), keras.Input((None, None, None, 1))
    head = keras.Model(inner, convolution("logits", 2)(inner), name="a")
    return keras.Model(x, [head(x), convolution("b", 1)(x)])


TWO = {"a": Head(2, "softmax"), "b": Head(1, "linear")}
MISFITS = [
    (
        u_net,
        ("b", "a"),
        (4, 8, 8),
        TWO,
        "the outputs a, b, in this order, and losses are set for b, a",
    ),
    (u_net, ("a",), (4, 8, 8), TWO, "losses are set for a:"),
    (u_net, ("a", "b"), (5, 8, 8), TWO, "cannot take a patch of 5 × 8 × 8 voxels"),
    (fixed_size, ("a", "b"), (4, 8, 8), TWO, "takes patches of 8 × 8 × 8 voxels"),
    (
        u_net,
        ("a", "b"),
        (4, 8, 8),
        {**TWO, "a": Head(4, "softmax")},
        "a has 2 channels, and its target has 4",
    ),
    (
        u_net,
        ("a", "b"),
        (4, 8, 8),
        {**TWO, "b": Head(1, "linear", 2)},
        "b has 4 × 8 × 8 voxels .* target has 2 × 4 × 4",
    ),
    (
        u_net,
        ("a", "b"),
        (4, 8, 8),
        {**TWO, "b": Head(1, "sigmoid")},
        "b ends without softmax or sigmoid",
    ),
    (nested_logits, ("a", "b"), (4, 8, 8), TWO, "a ends without softmax or sigmoid"),
]


@pytest.mark.parametrize(("make", "names", "patch", "heads", "words"), MISFITS)
def test_a_model_that_does_not_fit_is_refused_in_one_sentence(
    tmp_path, make, names, patch, heads, words
):
    path = saved(tmp_path, make())
    with pytest.raises(NetworkError, match=words) as caught:
        make_network(setup_of(path, names, patch=patch), heads)
    assert "\n" not in str(caught.value)


def test_a_keras_file_may_have_any_name_and_place(tmp_path):
    folder = tmp_path / "mit Leerzeichen и так"
    folder.mkdir()
    shutil.copy(saved(tmp_path, nested()), folder / "Modell ä.keras")
    assert opened(folder / "Modell ä.keras").output_names == ["a", "b"]
