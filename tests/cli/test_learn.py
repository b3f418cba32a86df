"""``lossexplorer learn``: which loss reaches which layer, in JSON; the script that it writes."""

import csv
import os
import re
import subprocess
import sys
import warnings

import keras
import nibabel as nib
import numpy as np
import pytest

from tests.patience import PATIENCE

SMALL = ["sample:tumour", "--patch", "8", "--filters", "2", "--batch", "1"]
TRUNK = ["x1_conv1", "x1_level2_conv", "x1_conv2", "x1_conv3"]


@pytest.fixture(params=["as it is written", pytest.param("as a graph", marks=pytest.mark.slow)])
def steps(request):
    """Have no graphs made, which takes seconds for each network; in the full run once more."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(request.param != "as a graph")
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def learn(answer, steps):
    """The JSON of a small run on the tumour."""
    return lambda *arguments: answer("learn", *SMALL, *arguments)


def layers(result):
    return {layer["name"]: layer for layer in result["layers"]}


def norms(result, output):
    return {layer["name"]: layer["norms"][output] for layer in result["layers"]}


def printed_losses(script):
    """What a Keras script prints in a process of its own: a dictionary for each step."""
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    lines = [line.split()[1:] for line in done.stdout.splitlines() if line[:1].isdigit()]
    return [{name: float(v) for name, v in (word.split("=") for word in line)} for line in lines]


# Numbers


def test_who_reaches_whom(learn):
    """Loss 1 reaches x1 and x2, loss 2 reaches x1 and x3; what it does not reach is exactly 0."""
    result = learn("--steps", "1")
    reached = {
        name: (layer["norms"]["y1"], layer["norms"]["y2"]) for name, layer in layers(result).items()
    }
    assert list(reached) == [*TRUNK, "x2_conv", "x3_conv", "y1", "y2"]
    for name in TRUNK:
        assert min(reached[name]) > 0
    for name in ("x2_conv", "y1"):
        assert reached[name][0] > 0
        assert reached[name][1] == 0
        assert layers(result)[name]["cosine"] == {"y1,y2": None}
    for name in ("x3_conv", "y2"):
        assert reached[name][0] == 0
        assert reached[name][1] > 0


def test_the_total_is_the_weighted_sum_and_what_the_layers_add(learn):
    result = learn("--steps", "3", "--weight", "y1=0.5", "--weight", "y2=0.25", "--l2", "0.01")
    assert [step["step"] for step in result["steps"]] == [1, 2, 3]
    for step in result["steps"]:
        assert step["regularisation"] > 0
        parts = 0.5 * step["losses"]["y1"] + 0.25 * step["losses"]["y2"] + step["regularisation"]
        assert step["total"] == pytest.approx(parts, rel=1e-12)


def test_the_gram_matrix_holds_norms_cosine_update_and_projections(learn):
    """‖λ g‖ = λ √G, the step of SGD is rate · √(λᵀ G λ), and a projection is G w."""
    result = learn("--steps", "2", "--rate", "0.1")
    gram, lambdas = np.array(result["gram"]), np.array([0.5, 0.3])
    trunk = result["trunk"]
    expected = lambdas * np.sqrt(gram.diagonal())
    assert [trunk["norms"]["y1"], trunk["norms"]["y2"]] == pytest.approx(expected, rel=1e-6)
    cosine = gram[0, 1] / np.sqrt(gram[0, 0] * gram[1, 1])
    assert trunk["cosine"]["y1,y2"] == pytest.approx(cosine, rel=1e-6)
    # Weights near 0.1 are float32, and so is their change.
    step = 0.1 * np.sqrt(lambdas @ gram @ lambdas)
    assert trunk["update"] == pytest.approx(step, rel=1e-4)
    for method in result["methods"]:
        assert method["projections"] == pytest.approx(gram @ method["weights"], rel=1e-9)
        rising = [n for n, p in zip(("y1", "y2"), method["projections"], strict=True) if p < 0]
        assert method["rising"] == rising
    assert result["methods"][0]["name"] == "weighted_sum"
    assert result["methods"][0]["weights"] == [0.5, 0.3]


@pytest.mark.parametrize(("optimizer", "factor"), [("sgd", 10), ("adam", 1)])
def test_ten_times_the_weight(learn, optimizer, factor):
    """Ten times the gradient and SGD's step of the private branch; Adam's first is the same."""
    options = ["--steps", "1", "--optimizer", optimizer, "--rate", "0.001"]
    # Gradients far above Adam's epsilon of 1e-7.
    once = learn(*options, "--weight", "y2=100")
    ten = learn(*options, "--weight", "y2=1000")
    for name in ("x3_conv", "y2"):
        one, other = layers(once)[name], layers(ten)[name]
        assert other["norms"]["y2"] == pytest.approx(10 * one["norms"]["y2"], rel=1e-6)
        assert other["update"] == pytest.approx(factor * one["update"], rel=1e-3)
    assert layers(ten)["x2_conv"]["update"] == pytest.approx(
        layers(once)["x2_conv"]["update"], rel=1e-6
    )


def test_cut_frozen_and_weight_0_are_three_things(learn):
    """Cut: nothing of loss 2 reaches the trunk. Frozen: it does, and nothing moves."""
    plain = learn("--steps", "1")
    cut = learn("--steps", "1", "--cut", "y2")
    frozen = learn("--steps", "1", "--freeze", "x1_conv3", "--freeze", "x3_conv")
    zero = learn("--steps", "1", "--weight", "y2=0")
    assert [norms(cut, "y2")[name] for name in TRUNK] == [0, 0, 0, 0]
    for name in ("x3_conv", "y2"):
        assert norms(cut, "y2")[name] == pytest.approx(norms(plain, "y2")[name], rel=1e-6)
    assert norms(cut, "y1") == pytest.approx(norms(plain, "y1"), rel=1e-6)
    assert norms(frozen, "y2") == pytest.approx(norms(plain, "y2"), rel=1e-6)
    assert [n for n, layer in layers(frozen).items() if layer["frozen"]] == ["x1_conv3", "x3_conv"]
    assert [n for n, layer in layers(frozen).items() if layer["update"] == 0] == [
        "x1_conv3",
        "x3_conv",
    ]
    assert set(norms(zero, "y2").values()) == {0}
    assert layers(zero)["x3_conv"]["update"] == 0
    assert layers(cut)["x3_conv"]["update"] > 0


def test_a_run_is_determined_by_its_seed(learn):
    one, again, other = (learn("--steps", "2", "--seed", seed) for seed in (1, 1, 2))
    assert one == again
    assert one["steps"][0]["losses"] != other["steps"][0]["losses"]


def test_three_outputs_with_losses_of_the_program_and_of_keras(learn):
    result = learn(
        *[
            "--loss",
            "organ=tversky:alpha=0.3,beta=0.7",
            "--loss",
            "edge=mae",
            "--loss",
            "half=dice",
        ],
        *["--target", "edge=boundary_distance", "--target", "half=segmentation_2"],
        *["--weight", "half=0.5", "--steps", "1", "--combine", "mgda"],
    )
    outputs = [(o["name"], o["target"], o["loss"], o["weight"]) for o in result["outputs"]]
    assert outputs == [
        ("organ", "segmentation", "tversky", 1),
        ("edge", "boundary_distance", "mean_absolute_error", 1),
        ("half", "segmentation_2", "dice", 0.5),
    ]
    assert result["outputs"][0]["parameters"] == {"alpha": 0.3, "beta": 0.7}
    assert np.array(result["gram"]).shape == (3, 3)
    assert set(result["trunk"]["cosine"]) == {"organ,edge", "organ,half", "edge,half"}
    # MGDA's weights are those of an average.
    factors = result["steps"][0]["weights"]
    assert sum(factors.values()) == pytest.approx(1)


@pytest.mark.parametrize(("c", "length"), [("0", 0), ("0.5", 0.5)])
def test_a_parameter_of_a_method(learn, c, length):
    """CAGrad's direction lies at c ‖g₀‖ from the mean gradient g₀ = Σ λ g / 2."""
    result = learn("--steps", "1", "--combine", f"cagrad:c={c}")
    gram, mean = np.array(result["gram"]), np.array([0.5, 0.3]) / 2
    away = np.array(list(result["steps"][0]["weights"].values())) - mean
    distance, norm = np.sqrt(away @ gram @ away), np.sqrt(mean @ gram @ mean)
    assert distance / norm == pytest.approx(length, abs=1e-4)


def test_what_is_not_finite_is_null(learn):
    result = learn("--steps", "4", "--rate", "1000", "--weight", "y2=1e6")
    assert result["steps"][0]["total"] > 0
    last = result["steps"][-1]
    assert last["losses"]["y2"] is None
    assert last["total"] is None
    assert result["trunk"]["norms"]["y2"] is None
    assert re.match("Step [234]: the loss of .*y2.* is .*smaller learning rate", result["problem"])


def test_what_is_not_finite_is_said(run, steps):
    options = ["--steps", "4", "--rate", "1000", "--weight", "y2=1e6"]
    code, out, err = run("learn", *SMALL, *options)
    assert (code, err) == (0, "")
    assert re.match("Step [234]: the loss of .*smaller learning rate", out.splitlines()[-1])


def test_an_image_is_simulated_where_there_is_none_or_where_that_is_asked_for(answer, learn, steps):
    """With the intensities 1 and 1 and no noise the image is 1 everywhere, and so is its target."""
    options = ["--simulate", "--intensities", "1:1", "--noise", "0", "--steps", "1"]
    result = learn("--loss", "y1=dice", "--loss", "y2=mape", "--loss", "y3=mae", *options)
    losses = result["steps"][0]["losses"]
    # Of a truth of 1, the percentage is a hundred times the error.
    assert losses["y2"] / 100 == pytest.approx(losses["y3"], rel=0.9)
    nodule = answer("learn", "sample:nodule", "--patch", "8", "--filters", "2", "--steps", "1")
    assert nodule["truth"]["path"] == "sample:nodule"


def test_a_batch_of_volumes(answer, steps):
    result = answer("learn", "sample:imbalance", "--patch", "8", "--filters", "2", "--steps", "1")
    assert result["truth"]["samples"] == 2


# Text


def test_the_text_has_each_step_the_table_and_the_methods(run, steps):
    code, out, err = run("learn", *SMALL, "--steps", "2", "--freeze", "x1_conv3", "--cut", "y2")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "tumour: 25 × 256 × 256 voxels, 2 classes; 1 patch of 8 × 8 × 8 a step"
    assert "y2: 0.3 × mean_squared_error of image, cut from the trunk" in lines
    assert [line.split()[0] for line in lines if line[:4].strip().isdigit()] == ["1", "2"]
    rows = {line.split()[0]: line.split()[1:] for line in lines if line}
    weights, one, other, cosine, update, remark = rows["x1_conv3"]
    assert (weights, other, cosine, update, remark) == ("110", "0", "–", "0", "frozen")
    assert float(one) > 0
    assert rows["PCGrad"][-2:] == ["without", "y2"]
    assert "y2 is left out: its gradient in the trunk is exactly 0." in lines


def test_text_and_json_are_of_the_same_run(run, learn):
    result = learn("--steps", "1")
    _, out, _ = run("learn", *SMALL, "--steps", "1")
    row = next(line for line in out.splitlines() if line.startswith("x2_conv")).split()
    assert float(row[2]) == pytest.approx(layers(result)["x2_conv"]["norms"]["y1"], rel=1e-3)


# Export


def test_the_script_has_the_same_losses(answer, tmp_path, steps):
    """In a process of its own, with nothing of this program: what Keras prints, to 1e-6.

    Keras is imported once more, which takes more than five seconds; this is what export is for.
    """
    path = tmp_path / "run.py"
    result = answer(
        *["learn", *SMALL, "--steps", "3", "--script", path, "--optimizer", "adam"],
        *["--rate", "0.01", "--loss", "y1=categorical_crossentropy", "--loss", "y2=huber"],
        *["--loss", "y3=mse", "--target", "y3=boundary_distance", "--weight", "y2=0.3"],
        *["--cut", "y2", "--freeze", "x1_conv2", "--batch-normalization", "--l2", "0.001"],
        *["--global-clipnorm", "0.5"],
    )
    assert "lossexplorer" not in path.read_text("utf-8")
    printed = printed_losses(path)
    assert len(printed) == 3
    for step, shown in zip(result["steps"], printed, strict=True):
        losses = {f"{name}_loss": value for name, value in step["losses"].items()}
        assert shown == pytest.approx(losses | {"loss": step["total"]}, abs=1e-6)
    # It has learned, so the first step's variables are not all that was compared.
    assert printed[0]["loss"] != printed[2]["loss"]


@pytest.mark.slow  # Keras is imported in one more process
def test_the_script_imports_a_loss_of_this_program_if_it_has_one(answer, tmp_path, steps):
    path = tmp_path / "run.py"
    options = ["--loss", "y1=boundary:include_background=false", "--loss", "y2=mse"]
    result = answer(*["learn", *SMALL, "--steps", "2", "--script", path, *options])
    text = path.read_text("utf-8")
    assert "from lossexplorer.keras import Boundary\n" in text
    # The tumour's own spacing, which a Keras loss cannot know.
    assert "Boundary(include_background=False, spacing=(6.5, 0.78125, 0.78125))" in text
    for step, shown in zip(result["steps"], printed_losses(path), strict=True):
        assert shown["loss"] == pytest.approx(step["total"], abs=1e-6)


def test_the_tables_have_the_numbers_of_the_json(answer, tmp_path, steps):
    path = tmp_path / "run.csv"
    result = answer("learn", *SMALL, "--steps", "2", "--csv", path)
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert [float(row["y1"]) for row in rows] == [s["losses"]["y1"] for s in result["steps"]]
    assert [float(row["total"]) for row in rows] == [s["total"] for s in result["steps"]]
    table = path.with_suffix(".layers.csv").read_text("utf-8").splitlines()
    rows = {row["layer"]: row for row in csv.DictReader(table)}
    assert float(rows["x2_conv"]["norm of y1"]) == norms(result, "y1")["x2_conv"]
    assert rows["x2_conv"]["norm of y2"] == "0.0"
    assert rows["x2_conv"]["cosine of y1 and y2"] == ""
    assert float(rows["whole trunk"]["update"]) == result["trunk"]["update"]


# Mistakes


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--loss", "y1=dise"], "did you mean 'dice'"),
        (["--loss", "dice"], "--loss 'dice' must have the form OUTPUT=LOSS"),
        (["--loss", "y1=dice", "--loss", "y1=iou"], "names the output 'y1' twice"),
        (["--weight", "y1=1", "--weight", "y1=2"], "--weight names the output 'y1' twice"),
        (["--target", "y2=image", "--target", "y2=image"], "--target names the output 'y2' twice"),
        (["--loss", "y1=dice", "--loss", "y2=huber:delta=2"], "takes no parameters here"),
        (["--loss", "y1=dice"], "at least two outputs"),
        (
            ["--loss", "é=dice", "--loss", "y2=mse"],
            "cannot be called 'é': its name may have A to Z",
        ),
        (["--loss", "y1=dice", "--loss", "image=mse"], "cannot be called 'image', as another"),
        (["--target", "y1=imag"], "did you mean 'image'"),
        (["--target", "y3=image"], "There is no output 'y3'"),
        (["--target", "y1=image"], "y1: dice compares probabilities of classes"),
        (["--weight", "y1=much"], "--weight y1 must be a number, not 'much'"),
        (["--weight", "y3=1"], "There is no output 'y3'"),
        (["--cut", "y3"], "There is no output 'y3'"),
        (["--freeze", "x1_conv9"], "no layer 'x1_conv9' to freeze"),
        (["--combine", "pcgrd"], "did you mean 'pcgrad'"),
        (["--combine", "cagrad:d=1"], "no parameter of cagrad 'd'"),
        (["--combine", "pcgrad:c=1"], "no parameter of pcgrad 'c', nor any other"),
        (["--combine", "cagrad:c=x"], "c must be a number, not 'x'"),
        (["--steps", "0"], "--steps must be at least 1, not 0"),
        (["--batch", "0"], "batch = 0 is out of range: it must lie between 1 and 1024"),
        (["--seed", "-1"], "seed = -1 is out of range"),
        (["--rate", "0"], "rate must be greater than 0, not 0"),
        (["--rate", "nan"], "rate = nan is out of range"),
        (["--weight", "y1=1e300"], "weight = 1e\\+300 is out of range"),
        (["--filters", "100000000"], "filters = 1e\\+08 is out of range"),
        (["--depth", "9999"], "depth = 9999 is out of range"),
        (["--l2", "nan"], "l2 = nan is out of range"),
        (["--noise", "-1"], "noise = -1 is out of range"),
        (["--clipnorm", "inf"], "clipnorm = inf is out of range"),
        (["--clipnorm", "1", "--global-clipnorm", "1"], "not by both"),
        (["--patch", "7"], "each size must be a multiple of 2"),
        (["--patch", "8x8"], "A patch is 64 or 8x64x64"),
        (["--intensities", "0:1:2", "--simulate"], "3 intensities for the 2 classes"),
        (["--intensities", "dark"], "must be numbers such as 0:0.5:1, not 'dark'"),
        (["--target", "y1=segmentation_8"], "Give it a depth of 4"),
        (["--model", "nowhere.keras"], "nowhere.keras does not exist"),
        (["--script", "nowhere/run.py"], "its folder does not exist"),
        (["--script", "."], "--script .* is a folder: name a file in it"),
        (["--script", "run.npz"], "run.npz would be its own arrays: name a .py file"),
        (["--script", "own.py", "--model", "own.py"], "own.py is the model itself"),
        (["--csv", "."], "--csv .* is a folder"),
        (["--intensities", "0:1"], "The volume has an image.*--simulate"),
        (["--script", "run.py", "--combine", "pcgrad"], "leave out --combine"),
        (["--patch", "4096"], r"GiB of memory, and .* GiB are free"),
    ],
)
def test_a_mistake_is_one_sentence(run, options, said):
    code, out, err = run("learn", *SMALL, *options)
    assert (code, out) == (2, "")
    assert err.startswith("lossexplorer: ")
    assert len(err.splitlines()) == 1
    assert re.search(said, err), err


def test_an_unknown_optimizer_lists_those_that_there_are(run):
    code, _, err = run("learn", *SMALL, "--optimizer", "lion")
    assert code == 2
    assert "rmsprop" in err


# A user's own model


def save_three_outputs(path):
    """A shared trunk with two branches, and a third output on half the resolution."""
    layers = keras.layers
    image = keras.Input((None, None, None, 1), name="scan")
    x = layers.Conv3D(3, 3, padding="same", activation="relu", name="trunk")(image)
    organ = layers.Conv3D(2, 1, activation="softmax", name="organ")(x)
    coarse = layers.MaxPooling3D(2, name="down")(x)
    half = layers.Conv3D(2, 1, activation="softmax", name="half")(coarse)
    denoised = layers.Conv3D(1, 3, padding="same", name="denoised")(x)
    model = keras.Model(image, [organ, denoised, half])
    with warnings.catch_warnings():
        # Keras 3.15 reads tensors of TensorFlow in a way that NumPy 2.4 deprecates.
        warnings.simplefilter("ignore")
        model.save(path)


OWN = [
    *["--loss", "denoised=mse", "--loss", "half=dice", "--target", "half=segmentation_2"],
    *["--loss", "organ=categorical_crossentropy", "--weight", "organ=0.5"],
]


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param([], id="whole"),
        # Keras is imported in one more process.
        pytest.param(["--cut", "half"], id="cut", marks=pytest.mark.slow),
    ],
)
def test_a_users_model_is_trained_and_its_script_loads_it(answer, tmp_path, steps, cut):
    model, script = tmp_path / "own.keras", tmp_path / "run.py"
    save_three_outputs(model)
    options = ["--patch", "8", "--steps", "3", "--rate", "0.1", "--freeze", "denoised"]
    options += ["--script", script, "--model", model]
    result = answer("learn", "sample:tumour", *OWN, *options, *cut)
    # In the model's order, whatever that of the options.
    assert [output["name"] for output in result["outputs"]] == ["organ", "denoised", "half"]
    trunk = layers(result)["trunk"]["norms"]
    assert trunk["organ"] > 0
    assert (trunk["half"] == 0) is bool(cut)
    assert layers(result)["denoised"]["update"] == 0
    if cut:  # one process is enough: cutting needs code of its own
        for step, shown in zip(result["steps"], printed_losses(script), strict=True):
            losses = {f"{name}_loss": value for name, value in step["losses"].items()}
            assert shown == pytest.approx(losses | {"loss": step["total"]}, abs=1e-6)


PYTHON = """
import keras
from widths import WIDTH

def build_model():
    image = keras.Input((None, None, None, 1))
    x = keras.layers.Conv3D(WIDTH, 3, padding="same", activation="relu")(image)
    y1 = keras.layers.Conv3D(2, 1, activation="softmax", name="y1")(x)
    y2 = keras.layers.Conv3D(1, 1, name="y2")(x)
    return keras.Model(image, {"y2": y2, "y1": y1})
"""


@pytest.mark.slow  # Keras is imported in one more process
def test_a_python_file_is_run_if_it_is_trusted(answer, run, tmp_path, steps):
    model, script = tmp_path / "net.py", tmp_path / "run.py"
    model.write_text(PYTHON, "utf-8")
    (tmp_path / "widths.py").write_text("WIDTH = 2", "utf-8")
    options = ["learn", "sample:tumour", "--patch", "8", "--model", model, "--steps", "2"]
    code, out, err = run(*options)
    assert (code, out) == (2, "")
    assert "--trust" in err
    assert len(err.splitlines()) == 1
    result = answer(*options, "--trust", "--script", script)
    for step, shown in zip(result["steps"], printed_losses(script), strict=True):
        assert shown["loss"] == pytest.approx(step["total"], abs=1e-6)


RAISING = """
import keras

class Bad(keras.layers.Layer):
    def call(self, x, training=False):
        if training:
            raise RuntimeError("only to be looked at")
        return x

def build_model():
    x = keras.Input((None, None, None, 1))
    y = Bad()(keras.layers.Conv3D(2, 1)(x))
    y1 = keras.layers.Conv3D(2, 1, activation="softmax", name="y1")(y)
    return keras.Model(x, [y1, keras.layers.Conv3D(1, 1, name="y2")(y)])
"""


def test_a_layer_of_a_python_file_that_raises_is_said_with_its_line(run, tmp_path, steps):
    model = tmp_path / "net.py"
    model.write_text(RAISING, "utf-8")
    options = ["--trust", "--patch", "8", "--loss", "y1=dice", "--loss", "y2=mse"]
    code, _, err = run("learn", "sample:tumour", "--model", model, *options)
    said = "net.py, line 7: a layer raises RuntimeError: only to be looked at\n"
    assert code == 2
    assert err.endswith(said)
    assert len(err.splitlines()) == 1


def test_a_python_file_is_run_once(answer, tmp_path, steps):
    model, ran = tmp_path / "net.py", tmp_path / "ran"
    (tmp_path / "widths.py").write_text("WIDTH = 2", "utf-8")
    model.write_text(f"{PYTHON}\nwith open({str(ran)!r}, 'a') as f: f.write('x')\n", "utf-8")
    options = ["--trust", "--patch", "8", "--steps", "1", "--loss", "y2=mse", "--loss", "y1=dice"]
    result = answer("learn", "sample:tumour", "--model", model, *options)
    assert [output["name"] for output in result["outputs"]] == ["y1", "y2"]
    assert ran.read_text("utf-8") == "x"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "each output needs a loss, by its name"),
        ([word.removesuffix("_2") for word in OWN], "choose a target of the output's resolution"),
        ([*OWN, "--target", "organ=image"], "organ: categorical_crossentropy compares"),
        ([*OWN, "--freeze", "down"], "Layer down has no weights"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_in_a_sentence(run, tmp_path, options, said):
    model = tmp_path / "own.keras"
    save_three_outputs(model)
    code, out, err = run("learn", "sample:tumour", "--patch", "8", "--model", model, *options)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_how_the_image_was_placed_is_said(run, answer, tmp_path, steps):
    ids = np.zeros((8, 8, 8), np.uint8)
    ids[2:6, 2:6, 2:6] = 1
    affine = np.eye(4)
    nib.save(nib.Nifti1Image(ids.T, affine), tmp_path / "t.nii")
    affine[0, 3] = 1
    nib.save(nib.Nifti1Image(ids.astype(np.float32).T, affine), tmp_path / "i.nii")
    arguments = ["learn", tmp_path / "t.nii", "--image", tmp_path / "i.nii", *SMALL[1:]]
    note = (
        "i.nii was placed by its affine: it begins 1 voxel (1 mm) along x from the label volume; "
        "what it lacks is its smallest value."
    )
    assert answer(*arguments, "--steps", "1")["notes"] == [note]
    code, out, _ = run(*arguments, "--steps", "1")
    assert code == 0
    assert out.splitlines()[-1] == note
