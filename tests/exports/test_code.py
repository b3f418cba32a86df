"""The losses as code: run by whoever has the library, it gives the numbers of ``evaluate``."""

import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.exports.code import LIBRARIES, fitting_libraries, losses_code
from lossexplorer.headless.evaluation import chosen_losses, evaluate
from tests.patience import PATIENCE

NAMES = ("background", "left", "right")
SPACING = (2.5, 0.75, 0.5)

_BEFORE = """\
import json
import sys

import keras
import numpy as np

data = np.load(sys.argv[1])
g, p = data["g"], data["p"]
"""
_MODEL = """\
names = data["names"].tolist()
given = keras.Input((None, None, None, g.shape[-1]))
model = keras.Model(given, {name: keras.layers.Identity(name=name)(given) for name in names})
"""
_COMPILED = """\
found = model.evaluate(p, {name: g for name in names}, verbose=0, return_dict=True)
values = {name: found.get(f"{name}_loss", found["loss"]) for name in names}
print(json.dumps({"total": found["loss"], **values}))
"""
_CALLED = """\
import torch

first = [torch.tensor(np.moveaxis(each, -1, 1)) for each in (p, g)]
found = {name: float(loss(*first)) for name, loss in losses.items()}
print(json.dumps({"total": float(total(*first)), **found}))
"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A truth of three classes and probabilities of it: files, and fields with the class last."""
    folder = tmp_path_factory.mktemp("pair")
    random = np.random.default_rng(5)
    ids = np.zeros((5, 8, 9), np.uint8)
    ids[1:4, 2:6, 1:4], ids[2:5, 3:8, 5:8] = 1, 2
    logits = random.normal(size=(3, *ids.shape)) + 2 * (ids == np.arange(3)[:, None, None, None])
    p = np.exp(logits) / np.exp(logits).sum(0)
    truth, prediction = folder / "truth.npy", folder / "p.npy"
    np.save(truth, ids)
    np.save(prediction, p.astype("f4"))
    g = np.moveaxis(np.eye(3)[ids], -1, 0)
    return truth, prediction, *(np.moveaxis(each, 0, -1)[None].astype("f4") for each in (g, p))


def run(folder, pair, code, *around, names=()):
    """What a script prints that has the code between other lines."""
    script, data = folder / "script.py", folder / "fields.npz"
    script.write_text("\n".join([_BEFORE, around[0], code, around[1]]), "utf-8")
    np.savez(data, g=pair[2], p=pair[3], names=np.array(names))
    command = [sys.executable, str(script), str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def expected(pair, losses):
    """What ``evaluate`` says of the same pair."""
    found = evaluate(str(pair[0]), str(pair[1]), [], losses)
    return {"total": found.total} | {each.name: each.value for each in found.losses}


def installed(library, backend):
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    if backend == "torch" and importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed")


def test_the_classes_of_this_program(pair, tmp_path):
    losses = chosen_losses(
        [
            "dice:smooth=1e-05,class_weights=0.5:1:2",
            "tversky:alpha=0.3,beta=0.7,include_background=false",
            "focal:gamma=1.5",
            "boundary",
        ],
        ["tversky=0.25", "boundary=0"],
    )
    names = [each.name for each in losses]
    code = losses_code(losses, NAMES, (1.0, 1.0, 1.0))
    found = run(tmp_path, pair, code, _MODEL, _COMPILED, names=names)
    assert found == pytest.approx(expected(pair, losses), rel=2e-6)


def test_keras(pair, tmp_path):
    """The conventions of Keras, whose code has no class of this program."""
    losses = chosen_losses(
        ["dice:smooth_dr=1e-7", "tversky:alpha=0.5,beta=0.5,smooth_dr=1e-7,pooling=all"],
        ["dice=0.5"],
    )
    code = losses_code(losses, NAMES, SPACING, "keras")
    assert "keras.losses.Dice(axis=(1, 2, 3))" in code
    assert "lossexplorer" not in code
    names = [each.name for each in losses]
    found = run(tmp_path, pair, code, _MODEL, _COMPILED, names=names)
    assert found == pytest.approx(expected(pair, losses), rel=2e-6)


def test_monai(pair, tmp_path):
    installed("monai", "torch")
    losses = chosen_losses(
        [
            "dice:smooth=1e-05",
            "tversky:alpha=0.3,beta=0.7,smooth=1e-05",
            "focal:over_classes=mean",
            "cross_entropy",
        ],
        ["tversky=2"],
    )
    code = losses_code(losses, NAMES, SPACING, "monai")
    found = run(tmp_path, pair, code, "", _CALLED)
    assert found == pytest.approx(expected(pair, losses), rel=5e-6)


def test_segmentation_models_of_pytorch(pair, tmp_path):
    installed("segmentation_models_pytorch", "torch")
    losses = chosen_losses(["dice:absent=zero,pooling=batch"], [])
    code = losses_code(losses, NAMES, SPACING, "segmentation_models.pytorch")
    found = run(tmp_path, pair, code, "", _CALLED.replace("loss(*first)", "total(*first)"))
    assert found["total"] == pytest.approx(expected(pair, losses)["total"], rel=5e-6)


def test_segmentation_models(pair, tmp_path):
    installed("segmentation_models", "tensorflow")
    losses = chosen_losses(["dice:smooth=1e-05,pooling=batch"], [])
    code = losses_code(losses, NAMES, SPACING, "segmentation_models")
    found = run(tmp_path, pair, code, _MODEL, _COMPILED, names=["dice"])
    assert found == pytest.approx(expected(pair, losses), rel=5e-6)


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_a_library_does_not_compute_is_said(library):
    plain = chosen_losses(["tversky:alpha=0.11"], [])
    with pytest.raises(ParameterError, match=r"nothing that equals Tversky"):
        losses_code(plain, NAMES, SPACING, library)
    assert fitting_libraries(plain, 3) == ("lossexplorer",)


def test_one_that_is_missing_is_named():
    losses = chosen_losses(["dice:smooth=1e-05", "tversky:alpha=0.11"], [])
    code = losses_code(losses, NAMES, SPACING, "monai")
    assert "# MONAI has no equal of Tversky." in code
    assert "tversky" not in code.replace("Tversky", "")


def test_distances_are_those_of_the_volume():
    code = losses_code(chosen_losses(["boundary"], []), NAMES, SPACING)
    assert "Boundary(spacing=(2.5, 0.75, 0.5))" in code


def test_names_of_classes_stay_in_their_comment():
    """A name may come from any file."""
    code = losses_code(chosen_losses(["dice"], []), ("a\nimport os", "b\rc", '"""'), SPACING)
    comment = next(line for line in code.splitlines() if "import os" in line)
    assert comment.startswith("#")
    compile(code, "code", "exec")


def test_unknown_library():
    with pytest.raises(ParameterError, match="did you mean 'monai'"):
        losses_code(chosen_losses(["dice"], []), NAMES, SPACING, "monay")
