"""The stub of `lossexplorer.keras`: it is what the descriptions give, and what mypy reads."""

import ast
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import lossexplorer
from lossexplorer import keras as our_keras
from lossexplorer.keras_classes.stub import stub
from tests.keras_classes.common import NAMES, every_class, only_on
from tests.patience import PATIENCE

only_on("tensorflow", "no backend matters to these")

PACKAGE = Path(lossexplorer.__file__).parent
STUB = (PACKAGE / "keras.pyi").read_text("utf-8")
CLASSES = {node.name: node for node in ast.parse(STUB).body if isinstance(node, ast.ClassDef)}

# Each line with what mypy says about it: nothing, or a piece of its error.
USE = """
from lossexplorer.keras import CrossEntropy, Dice, SegmentationLoss, Total, Tversky, WassersteinDice

made: SegmentationLoss = Tversky(alpha=0.3, beta=1, name="organs", reduction=None)
CrossEntropy(class_weights=(1.0, 2.0))
CrossEntropy(class_weights="inverse-frequency")
WassersteinDice(distances=((0, 1), (1, 0)))
made.get_config().keys()
total: Total = Dice() + 0.5 * CrossEntropy(from_logits=True, ignore_class=3)
more: Total = (total - 2 * Dice()) / 3
Tversky(alhpa=1)  # Unexpected keyword argument "alhpa" for "Tversky"; did you mean "alpha"?
Tversky(alpha="much")  # Argument "alpha" to "Tversky" has incompatible type "str"
Tversky(0.3)  # Too many positional arguments for "Tversky"
CrossEntropy(class_weights="rare")  # Argument "class_weights" to "CrossEntropy" has incompatible
"""


def test_it_is_what_the_descriptions_give():
    assert stub() == STUB, "run: python -m lossexplorer.keras_classes.stub > lossexplorer/keras.pyi"


def test_it_has_every_class():
    assert list(CLASSES) == NAMES


@every_class
def test_a_constructor_has_the_names_and_defaults_of_the_class(name):
    (constructor,) = CLASSES[name].body
    arguments = constructor.args
    stubbed = {
        argument.arg: ast.literal_eval(default)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    }
    signature = inspect.signature(getattr(our_keras, name))
    assert stubbed == {each.name: each.default for each in signature.parameters.values()}
    assert [argument.arg for argument in arguments.args] == ["self"]


def test_mypy_knows_the_parameters(tmp_path):
    (tmp_path / "use.py").write_text(USE, "utf-8")
    command = ["-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", "cache"]
    done = subprocess.run(
        [sys.executable, *command, "--config-file", "", "use.py"],
        cwd=tmp_path, env={**os.environ, "MYPYPATH": str(PACKAGE.parent)},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    found = dict(re.findall(r"^use\.py:(\d+): error: (.*)$", done.stdout, re.M))
    comments = {str(n): line.partition("  # ")[2] for n, line in enumerate(USE.split("\n"), 1)}
    expected = {number: comment for number, comment in comments.items() if comment}
    assert found.keys() == expected.keys(), done.stdout + done.stderr
    assert [found[number] for number in found if expected[number] not in found[number]] == []
