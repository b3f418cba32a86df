"""Models that train on the Keras classes, on any backend."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import lossexplorer
from lossexplorer import keras as our_keras
from lossexplorer.losses import LOSSES
from tests import references
from tests.keras_classes.common import DISTANCES, numbers, reference
from tests.patience import PATIENCE

# Keras 3.15 makes arrays in a way that NumPy 2.4 deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:keras.src.backend"
)

SHAPE = (4, 4, 4)
SAMPLES, STEPS, CLASSES = 6, 3, 3
UNTRAINED = "untrained"


def many_heads(names):
    """One convolution for all, and one with softmax for each name."""
    inputs = keras.Input((*SHAPE, 1))
    trunk = keras.layers.Conv3D(2, 3, padding="same", activation="relu")(inputs)
    heads = {
        name: keras.layers.Conv3D(CLASSES, 1, activation="softmax", name=name)(trunk)
        for name in names
    }
    return keras.Model(inputs, heads)


def data(seed=8):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(SAMPLES, *SHAPE, 1)).astype("f4")
    labels = references.random_labels(rng, (SAMPLES, *SHAPE), CLASSES)
    return x, references.one_hot(labels, CLASSES).astype("f4")


def kernels(model, names):
    return {name: numbers(model.get_layer(name).kernel.value) for name in names}


GROUPS = {
    "compiled": [name for name, loss in LOSSES.items() if loss.class_name not in DISTANCES],
    "distances": [name for name, loss in LOSSES.items() if loss.class_name in DISTANCES],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("group", "jit_compile"), [("compiled", "auto"), ("distances", False)], ids=GROUPS
)
def test_three_steps_with_every_loss(group, jit_compile):
    """Each loss has a head of its own, which it alone can move; λ = 0 moves none."""
    keras.utils.set_random_seed(4)
    x, truth = data()
    weights = {name: 0.25 * (1 + number % 4) for number, name in enumerate(GROUPS[group])}
    losses = {name: getattr(our_keras, LOSSES[name].class_name)() for name in weights}
    weights[UNTRAINED], losses[UNTRAINED] = 0.0, our_keras.CrossEntropy()
    model = many_heads(losses)
    optimizer = keras.optimizers.SGD(0.1)
    model.compile(optimizer, loss=losses, loss_weights=weights, jit_compile=jit_compile)
    before, first, steps = kernels(model, losses), model.predict(x[:2], verbose=0), Steps()
    model.fit(
        x,
        dict.fromkeys(losses, truth),
        batch_size=SAMPLES // STEPS,
        shuffle=False,
        verbose=0,
        callbacks=[steps],
    )
    assert len(steps.logs) == STEPS
    found = {name: steps.logs[0][f"{name}_loss"] for name in losses}
    for name, made in losses.items():
        expected = reference(made, truth[:2].astype("f8"), first[name].astype("f8"))
        assert found[name] == pytest.approx(expected, rel=1e-5), name
    total = sum(weights[name] * found[name] for name in losses)
    assert steps.logs[0]["loss"] == pytest.approx(total, rel=1e-6)
    after = kernels(model, losses)
    assert [name for name in losses if (after[name] == before[name]).all()] == [UNTRAINED]
    assert all(np.isfinite(kernel).all() for kernel in after.values())


class Steps(keras.callbacks.Callback):
    """Remembers what Keras says after each step: the means so far."""

    def __init__(self):
        super().__init__()
        self.logs = []

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        self.logs.append(dict(logs))


def test_a_saved_model_remembers_its_losses(tmp_path):
    model = many_heads(["organs", "vessels"])
    losses = {
        "organs": our_keras.Tversky(alpha=0.2, beta=0.9, pooling="batch"),
        "vessels": our_keras.CrossEntropy(class_weights=(0.5, 2.0, 1.0)),
    }
    model.compile("sgd", loss=losses, loss_weights={"organs": 0.5, "vessels": 0.3})
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras").loss
    for name, made in losses.items():
        assert again[name].get_config() == made.get_config()
        assert again[name].parameters == made.parameters


LOADING = """
import sys
import keras

print(keras.models.load_model(sys.argv[1], compile=False).compiled)
try:
    keras.models.load_model(sys.argv[1])
except TypeError as error:
    print("make sure they are all imported" in str(error))

import lossexplorer.keras

model = keras.models.load_model(sys.argv[1])
losses = {name: model.loss[name] for name in ("organs", "vessels")}
print([keras.saving.get_registered_name(type(loss)) for loss in losses.values()])
print(losses["organs"].parameters["alpha"], losses["vessels"].weights)
"""


def test_a_saved_model_is_loaded_by_another_process(tmp_path):
    """By a process that imports the classes first, or without its losses, as the docs say.

    By design Keras imports no package that a file names but its own. It takes long, because Keras
    is imported, too.
    """
    model = many_heads(["organs", "vessels"])
    both = our_keras.Dice(ignore_class=2) + 0.5 * our_keras.CrossEntropy()
    model.compile("sgd", loss={"organs": our_keras.Tversky(alpha=0.25), "vessels": both})
    model.save(tmp_path / "model.keras")
    (tmp_path / "loading.py").write_text(LOADING, "utf-8")
    root = Path(lossexplorer.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "loading.py", "model.keras"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    is_compiled, is_refused, names, values = done.stdout.splitlines()[-4:]
    assert (is_compiled, is_refused) == ("False", "True")
    assert names == "['lossexplorer>Tversky', 'lossexplorer>Total']"
    assert values == "0.25 (1.0, 0.5)"


def test_weights_of_samples_in_a_model():
    """`fit` and `evaluate` hand them on head by head."""
    keras.utils.set_random_seed(6)
    x, truth = data()
    losses = {"organs": our_keras.Dice(), "vessels": our_keras.CrossEntropy()}
    model = many_heads(losses)
    model.compile("sgd", loss=losses, loss_weights={"organs": 0.5, "vessels": 2.0})
    factors = np.arange(SAMPLES, dtype="f4")
    found = model.evaluate(
        x,
        dict.fromkeys(losses, truth),
        sample_weight=dict.fromkeys(losses, factors),
        batch_size=SAMPLES,
        verbose=0,
    )
    predicted = model.predict(x, verbose=0)
    one = [slice(number, number + 1) for number in range(SAMPLES)]
    expected = sum(
        weight * factors[number] * reference(losses[name], truth[i], predicted[name][i])
        for name, weight in (("organs", 0.5), ("vessels", 2.0))
        for number, i in enumerate(one)
    )
    assert found[0] == pytest.approx(expected / SAMPLES, rel=1e-5)
