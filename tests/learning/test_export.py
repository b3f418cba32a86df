"""What is exported: code that builds the same network, files that are whole, tables."""

import ast
import csv
import math
import re
from dataclasses import replace

import keras
import numpy as np
import pytest

from lossexplorer.core.files import replace_file
from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.export import script
from lossexplorer.learning.export.model_code import literal, model_code
from lossexplorer.learning.export.tables import curves_csv
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.networks.network import make_network
from lossexplorer.learning.reports import StepReport
from lossexplorer.learning.setup import (
    BuiltNetwork,
    LossChoice,
    Output,
    OwnNetwork,
    Setup,
    Training,
)
from tests.learning.volumes import blocks

NETWORKS = {
    "chain": BuiltNetwork(filters=2, depth=1, trunk=2),
    "deep": BuiltNetwork(filters=2, depth=3, normalization="batch", l2=0.01),
    "branches of two": BuiltNetwork(filters=3, branch=2),
    "no branch": BuiltNetwork(filters=2, branch=0),
}


def setup_of(network=NETWORKS["chain"], **options):
    outputs = (
        Output("y1", "segmentation", LossChoice("dice")),
        Output("class", "image", LossChoice("huber"), is_cut=True),
    )
    return Setup(network=network, outputs=outputs, training=Training(patch=(4, 4, 4)), **options)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_the_code_builds_the_same_network(network):
    """It gives the same with the same variables, and has the same penalty and frozen layers."""
    setup = setup_of(network, frozen=("x1_conv1",))
    model = make_network(setup, {"y1": Head(3, "softmax"), "class": Head(1, "linear")}).model
    names = {"keras": keras}
    exec("\n".join(model_code(model)), names)
    made = names["model"]
    assert sorted(made.output_names) == ["class", "y1"]
    for layer in model.layers:
        for variable, other in zip(
            layer.variables, made.get_layer(layer.name).variables, strict=True
        ):
            other.assign(variable)
    x = np.random.default_rng(0).standard_normal((1, 8, 8, 4, 1), np.float32)
    expected = dict(zip(model.output_names, model(x), strict=True))
    for name, values in made(x).items():
        assert np.array_equal(values, expected[name])
    assert float(sum(made.losses)) == pytest.approx(float(sum(model.losses)))
    trainable = {variable.path for variable in model.trainable_variables}
    assert {variable.path for variable in made.trainable_variables} == trainable
    assert sum("stop_gradient" in line for line in model_code(model)) >= 1


def test_no_layer_takes_a_name_that_the_script_needs():
    image = keras.Input((4, 4, 4, 1), name="data")
    x = keras.layers.Conv3D(1, 1, name="Dice")(image)
    y = keras.layers.Conv3D(1, 1, name="a-b")(x)
    z = keras.layers.Conv3D(1, 1, name="a_b")(y)
    lines = model_code(keras.Model(image, [keras.layers.Conv3D(1, 1, name="3d")(z)]))
    assert [line.partition(" ")[0] for line in lines] == [
        *["_data", "_Dice", "a_b", "a_b_", "_3d", "model"]
    ]


def test_text_is_code_again():
    for value in (
        'say "no"',
        "it's",
        "back\\slash",
        "ä",
        {"a": (1.0, 2.5)},
        "both ' and \"",
        "\\'",
    ):
        assert eval(literal(value)) == value


def test_a_name_runs_nothing_in_the_script():
    """The name of an output of somebody else's file stands in the script's description, too."""
    name = '"""\nimport antigravity\n"""\\'
    first, second = setup_of().outputs
    network = make_network(setup_of(), {"y1": Head(2, "softmax"), "class": Head(1, "linear")})
    setup = replace(setup_of(), outputs=(replace(first, name=name), second))
    tree = ast.parse(script.script(setup, network, blocks(), "run.npz", steps=1, batches=1))
    assert "import antigravity" in ast.get_docstring(tree)
    imported = [each.names[0].name for each in tree.body if isinstance(each, ast.Import)]
    assert imported == ["keras", "numpy"]


def test_a_file_of_few_batches_is_gone_through_again(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "MOST_BYTES", 20_000)
    path = tmp_path / "run.py"
    script.write_script(path, setup_of(), blocks(), steps=9)
    text = path.read_text("utf-8")
    # 2 patches of 64 voxels with an image, three classes and a number, in 4 bytes: 2,560.
    assert "for step in range(9):\n    batch = step % 7  #" in text
    with np.load(path.with_suffix(".npz")) as arrays:
        assert sum(name.startswith("x/") for name in arrays) == 7
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.npz", "run.py"]


def test_arrays_are_written_before_the_script_that_needs_them(tmp_path):
    """So that no script is there whose arrays are missing."""
    (tmp_path / "run.npz").mkdir()
    with pytest.raises(OSError, match=re.escape("run.npz")):
        script.write_script(tmp_path / "run.py", setup_of(), blocks(), steps=1)
    assert [file.name for file in tmp_path.iterdir()] == ["run.npz"]


def test_another_method_is_refused():
    setup = Setup(training=Training(method="pcgrad"))
    with pytest.raises(ParameterError, match="PCGrad is another method"):
        script.write_script(None, setup, blocks(), steps=1)


def test_a_script_is_not_written_over_the_model_that_it_loads(tmp_path):
    model = tmp_path / "net.py"
    model.write_text("# the user's", encoding="utf-8")
    setup = Setup(network=OwnNetwork(str(model), is_trusted=True))
    with pytest.raises(ParameterError, match=r"net\.py is the model itself: name another file"):
        script.write_script(model, setup, blocks(), steps=1)
    assert model.read_text(encoding="utf-8") == "# the user's"


def test_a_script_is_not_written_over_its_arrays(tmp_path):
    with pytest.raises(ParameterError, match=r"run\.npz would be its own arrays"):
        script.write_script(tmp_path / "run.npz", setup_of(), blocks(), steps=1)
    assert not list(tmp_path.iterdir())


def test_a_write_that_fails_leaves_the_former_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("former", "utf-8")

    def write(part):
        part.write_text("half", "utf-8")
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        replace_file(path, write)
    assert path.read_text("utf-8") == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_the_curves_have_every_number_in_full_also_those_that_are_not_finite():
    reports = [
        StepReport(1, (1 / 3, 2.0), (1.0, 0.1), regularisation=0.5, total=1 / 7),
        StepReport(2, (math.nan, math.inf), (1.0, 0.1), regularisation=0.5, total=math.nan),
    ]
    first, second = csv.DictReader(curves_csv(("a,b", "y"), reports).splitlines())
    assert float(first["a,b"]) == 1 / 3
    assert (float(first["weight of y"]), float(first["total"])) == (0.1, 1 / 7)
    assert (second["a,b"], second["y"]) == ("nan", "inf")
