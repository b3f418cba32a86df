"""Training step by step: the same numbers again, and those of Keras."""

import json
import math
import os
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from lossexplorer.keras import Dice
from lossexplorer.learning import training as module
from lossexplorer.learning.losses_of_outputs import compile_arguments
from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.networks.network import make_network
from lossexplorer.learning.patches import PatchSource
from lossexplorer.learning.reports import Checkpoint
from lossexplorer.learning.setup import (
    BuiltNetwork,
    LossChoice,
    Output,
    OwnNetwork,
    Setup,
    Training,
)
from lossexplorer.learning.training import Trainer
from tests.learning.volumes import blocks
from tests.patience import PATIENCE

NETWORK = BuiltNetwork(filters=3, depth=2, trunk=2)
TRAINING = Training(rate=0.05, patch=(4, 8, 8))
SETUP = Setup(network=NETWORK, training=TRAINING)
TRUNK = ("x1_conv1", "x1_level2_conv", "x1_conv2")


def with_training(setup=SETUP, **settings):
    return replace(setup, training=replace(setup.training, **settings))


def with_lambdas(*lambdas, setup=SETUP):
    pairs = zip(setup.outputs, lambdas, strict=True)
    return replace(setup, outputs=tuple(replace(o, weight=factor) for o, factor in pairs))


@pytest.fixture(scope="module")
def shared():
    """A trainer for tests that begin with a rewind and go on with the same setup."""
    return Trainer(SETUP, blocks())


@pytest.fixture
def trainer(shared):
    shared.adjust(SETUP)
    shared.rewind()
    return shared


def losses(trainer, steps, with_table=True):
    return [trainer.train(with_table).losses for _ in range(steps)]


# The same numbers again


def test_a_rewind_leads_to_the_same_losses(trainer):
    first = losses(trainer, 4)
    trainer.rewind()
    assert trainer.step == 0
    assert losses(trainer, 4) == first
    assert len(set(first)) == 4
    assert trainer.step == 4


def test_a_look_changes_nothing_and_tells_what_the_next_step_tells(trainer):
    losses(trainer, 1)
    table, methods = trainer.look()
    assert trainer.step == 1
    report = trainer.train()
    assert (report.step, report.table, report.methods) == (2, table, methods)
    after = losses(trainer, 1)
    trainer.rewind()
    assert losses(trainer, 3)[2:] == after


def test_without_a_table_the_losses_are_the_same_up_to_rounding(trainer):
    with_table = losses(trainer, 4)
    trainer.rewind()
    report = trainer.train(with_table=False)
    assert (report.table, report.methods) == (None, ())
    np.testing.assert_allclose([report.losses, *losses(trainer, 3, False)], with_table, rtol=1e-5)


STATEFUL = with_training(optimizer="adam", rate=0.01, method="uncertainty")

GO_ON = """
import json, sys
import numpy as np
from lossexplorer.learning.reports import Checkpoint
from tests.learning.test_training import STATEFUL, Trainer, blocks, losses

trainer = Trainer(STATEFUL, blocks())
fresh = losses(trainer, 10)
with np.load(sys.argv[1]) as saved:
    parts = [[saved[f"{kind}{i}"] for i in range(sum(n.startswith(kind) for n in saved))]
             for kind in ("variables", "optimizer")]
trainer.restore(Checkpoint(4, *map(tuple, parts), json.loads(sys.argv[2])))
print(json.dumps([[x.hex() for x in step] for step in fresh + losses(trainer, 6)]))
"""


def test_another_process_has_the_same_losses_and_goes_on_from_a_checkpoint(tmp_path):
    """Bit by bit, with Adam's averages and the variances of uncertainty weights."""
    trainer = Trainer(STATEFUL, blocks())
    expected = losses(trainer, 4)
    checkpoint = trainer.checkpoint()
    assert (checkpoint.step, trainer.step) == (4, 4)
    arrays = {
        f"{kind}{i}": array
        for kind in ("variables", "optimizer")
        for i, array in enumerate(getattr(checkpoint, kind))
    }
    np.savez(tmp_path / "checkpoint.npz", **arrays)
    expected += losses(trainer, 6)
    memory = json.dumps(checkpoint.method)
    assert "log_variances" in memory
    answer = subprocess.run(
        [sys.executable, "-c", GO_ON, str(tmp_path / "checkpoint.npz"), memory],
        env=dict(os.environ),
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout.splitlines()[-1])
    hexed = [[loss.hex() for loss in step] for step in expected]
    assert told[:10] == hexed
    assert told[10:] == hexed[4:]


def test_a_checkpoint_of_another_network_is_refused(trainer):
    before = trainer.checkpoint()
    for other in (replace(before, variables=before.variables[1:]), Checkpoint(1, (), (), {})):
        with pytest.raises(ValueError, match="that of another network or optimizer"):
            trainer.restore(other)
    assert trainer.checkpoint().step == before.step


# What Keras prints


def test_the_total_is_what_keras_prints():
    """With λ and an L2 penalty, ``loss`` is more than the weighted sum of what is beside it."""
    setup = replace(SETUP, network=replace(NETWORK, l2=0.01, normalization="batch"))
    ours, source = Trainer(setup, blocks()), PatchSource(blocks(), setup)
    theirs = make_network(setup, source.heads).model
    theirs.compile(
        optimizer=keras.optimizers.SGD(0.05), jit_compile=False, **compile_arguments(setup)
    )
    for step in (1, 2, 3):
        batch = source.batch(step)
        theirs.reset_metrics()
        printed = theirs.train_on_batch(batch.x, dict(batch.targets), return_dict=True)
        report = ours.train(with_table=step != 2)
        assert report.step == step
        assert report.losses == pytest.approx((printed["y1_loss"], printed["y2_loss"]), rel=1e-5)
        assert report.total == pytest.approx(printed["loss"], rel=1e-5)
        gap = printed["loss"] - 0.5 * printed["y1_loss"] - 0.3 * printed["y2_loss"]
        assert report.regularisation == pytest.approx(gap, rel=1e-4)
        assert gap > 0.01
        assert report.weights == (0.5, 0.3)


# The table


def rows(table):
    return {row.name: row for row in table.rows}


def test_who_reaches_whom(trainer):
    table = trainer.train().table
    found = rows(table)
    assert list(found) == [*TRUNK, "x2_conv", "x3_conv", "y1", "y2"]
    for name in TRUNK:
        assert min(found[name].norms) > 0
        assert -1 <= found[name].cosines["y1", "y2"] <= 1
    for name, norms in {name: row.norms for name, row in found.items()}.items():
        if name in ("x2_conv", "y1"):
            assert norms[0] > 0
            assert norms[1] == 0.0
        if name in ("x3_conv", "y2"):
            assert norms[0] == 0.0
            assert norms[1] > 0
    assert table.trunk.norms[0] == pytest.approx(0.5 * math.sqrt(table.gram[0][0]))
    assert table.trunk.weights == sum(found[name].weights for name in TRUNK)
    # SGD: the step is the rate times λ₁ g₁ + λ₂ g₂, in float32 weights of about 0.3.
    squares = np.array((0.5, 0.3)) @ table.gram @ (0.5, 0.3)
    assert table.trunk.update == pytest.approx(0.05 * math.sqrt(squares), rel=1e-4)
    assert found["y2"].update == pytest.approx(0.05 * found["y2"].norms[1], rel=1e-4)


def _near(numbers):
    """The same up to rounding, which another compiled function may do otherwise; 0 is exact."""
    return pytest.approx(numbers, rel=1e-5, abs=0)


def test_a_cut_a_frozen_layer_and_no_weight_are_three_things(trainer):
    before = rows(trainer.look()[0])
    y1, y2 = SETUP.outputs
    trainer.adjust(replace(SETUP, outputs=(y1, replace(y2, is_cut=True))))
    found = rows(trainer.look()[0])
    assert all(found[name].norms == _near((before[name].norms[0], 0.0)) for name in TRUNK)
    assert found["x3_conv"].norms == _near(before["x3_conv"].norms)
    assert found["x3_conv"].update > 0

    trainer.adjust(replace(SETUP, frozen=("x3_conv",)))
    found = rows(trainer.look()[0])
    assert all(row.norms == _near(before[name].norms) for name, row in found.items())
    assert found["x3_conv"].update == 0.0
    assert found["y2"].update == _near(before["y2"].update)

    trainer.adjust(with_lambdas(0.5, 0.0))
    found = rows(trainer.look()[0])
    for name in (*TRUNK, "x3_conv", "y2"):
        assert found[name].norms == _near((before[name].norms[0], 0.0))
    assert found["x3_conv"].update == 0.0

    trainer.adjust(SETUP)
    found = rows(trainer.look()[0])
    assert all(row.norms == _near(before[name].norms) for name, row in found.items())


def test_three_outputs_of_which_one_is_coarser():
    outputs = (
        *SETUP.outputs,
        Output("deep", "segmentation_2", LossChoice("cross_entropy"), 0.2),
    )
    trainer = Trainer(replace(SETUP, outputs=outputs), blocks())
    table = trainer.train().table
    assert table.outputs == ("y1", "y2", "deep")
    assert np.array(table.gram).shape == (3, 3)
    found = rows(table)
    # The coarse output leaves the trunk before its last convolution.
    assert found["x1_conv2"].norms[2] == 0.0
    assert found["x1_level2_conv"].norms[2] > 0
    assert set(found["x1_conv1"].cosines) == {("y1", "y2"), ("y1", "deep"), ("y2", "deep")}


def _own_model(path):
    """Three outputs, one of them of a nested model; statistics, dropout and a fixed shape."""
    image = keras.Input((4, 8, 8, 1), name="scan")
    x = layers.Conv3D(3, 3, padding="same", name="trunk")(image)
    x = layers.Dropout(0.5, name="dropout")(layers.BatchNormalization(name="norm")(x))
    inner = keras.Input((4, 8, 8, 3))
    organs = layers.Conv3D(3, 1, activation="softmax", name="classes")(inner)
    organs = keras.Model(inner, organs, name="organs")(x)
    mask = layers.Conv3D(2, 1, activation="softmax", name="mask")(x)
    keras.Model(image, [organs, mask, layers.Conv3D(1, 1, name="again")(x)]).save(path)


# Keras 3.15 saves arrays in a way that NumPy 2.4 deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras.src.backend")
def test_a_users_own_model_of_three_outputs(tmp_path):
    _own_model(tmp_path / "own.keras")
    outputs = (
        Output("organs", "segmentation", LossChoice("dice"), 1.0),
        Output("mask", "foreground", LossChoice("cross_entropy"), 0.5),
        Output("again", "image", LossChoice("mean_absolute_error"), 0.1),
    )
    network = OwnNetwork(str(tmp_path / "own.keras"))
    trainer = Trainer(Setup(network=network, outputs=outputs, training=TRAINING), blocks())
    first = [trainer.train() for _ in range(3)]
    found = rows(first[0].table)
    assert set(found) == {"trunk", "norm", "organs", "mask", "again"}
    for name, reached in {"organs": 0, "mask": 1, "again": 2}.items():
        assert [norm > 0 for norm in found[name].norms] == [k == reached for k in range(3)]
    assert min(found["trunk"].norms) > 0
    # The same random choices of the dropout, and the statistics of the beginning.
    trainer.rewind()
    assert [trainer.train().losses for _ in range(3)] == [report.losses for report in first]
    predicted = trainer.predict("organs", np.zeros((5, 9, 20), "f4"))
    assert predicted.shape == (5, 9, 20, 3)


# Methods


def _unweighted(row, lambdas=(0.5, 0.3)):
    return [norm / factor for norm, factor in zip(row.norms, lambdas, strict=True)]


@pytest.mark.parametrize("method", METHODS)
def test_the_trunk_goes_along_the_direction_of_the_method(trainer, method):
    """‖Σ w g‖² = wᵀGw; a private branch takes λ g, or w g where the method weighs losses."""
    trainer.adjust(with_training(method=method))
    report = trainer.train()
    table, weights = report.table, np.array(report.weights)
    length = math.sqrt(weights @ table.gram @ weights)
    assert table.trunk.update == pytest.approx(0.05 * length, rel=1e-4)
    factors = weights if METHODS[method].kind == "weights" else (0.5, 0.3)
    for name, k in {"y1": 0, "y2": 1}.items():
        row = rows(table)[name]
        assert row.update == pytest.approx(0.05 * factors[k] * _unweighted(row)[k], rel=1e-4)
    own = {each.name: each for each in report.methods}[method]
    assert own.weights == report.weights
    np.testing.assert_allclose(own.projections, np.array(table.gram) @ weights)
    assert [each.name for each in report.methods] == list(METHODS)


def _alone(method, norm):
    """The weight of a loss that is the only one to reach the trunk, with λ = 0.5."""
    return {
        "weighted_sum": 0.5,
        "uncertainty": 0.5,  # ½ e⁻ˢ where s begins
        "pcgrad": 0.5,
        "cagrad": 1.5 * 0.5,  # c = ½ longer than the mean, which is λ g
        "nash_mtl": 1 / norm,  # G w = 1/w
    }.get(method, 1.0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("is_cut", [True, False])
def test_a_loss_that_is_cut_or_weighs_nothing_lets_the_trunk_follow_the_other(
    trainer, method, is_cut
):
    y1, y2 = SETUP.outputs
    y2 = replace(y2, is_cut=True) if is_cut else replace(y2, weight=0.0)
    trainer.adjust(replace(with_training(method=method), outputs=(y1, y2)))
    report = trainer.train()
    trunk, branch = report.table.trunk, rows(report.table)["x3_conv"]
    norm = trunk.norms[0] / 0.5
    assert report.weights[0] == pytest.approx(_alone(method, norm), rel=1e-6)
    assert trunk.update == pytest.approx(0.05 * report.weights[0] * norm, rel=1e-4)
    if not is_cut:
        assert branch.update == 0.0
    elif method not in ("uncertainty", "dwa"):  # which see losses and no gradients
        assert branch.update == pytest.approx(0.05 * branch.norms[1], rel=1e-4)
    assert [each.left_out[1] for each in report.methods if each.name == method] == [
        method != "weighted_sum" if not is_cut else "gram" in METHODS[method].looks_at
    ]


@pytest.mark.parametrize("method", ["dwa", "uncertainty", "gradnorm"])
def test_what_a_method_remembers_is_the_same_without_a_table(trainer, method):
    trainer.adjust(with_training(method=method))
    with_table = [trainer.train().weights for _ in range(4)]
    trainer.rewind()
    without = [trainer.train(with_table=False).weights for _ in range(4)]
    np.testing.assert_allclose(without, with_table, rtol=1e-4)
    assert len(set(with_table)) > 1


# Going on otherwise


class Counted(keras.losses.MeanSquaredError):
    """Counts how often it is traced."""

    calls = 0

    def call(self, y_true, y_pred):
        type(self).calls += 1
        return super().call(y_true, y_pred)


@pytest.mark.skipif(keras.config.backend() == "torch", reason="it compiles nothing")
def test_weights_and_rates_change_without_anything_being_compiled(monkeypatch):
    def made(choice, *_, **_how):
        return Counted() if choice.name == "mean_squared_error" else Dice()

    monkeypatch.setattr(module, "keras_loss", made)
    trainer = Trainer(SETUP, blocks())
    for with_table in (True, False):
        trainer.train(with_table)
    traced = Counted.calls
    assert traced > 0
    before = rows(trainer.look()[0])
    trainer.adjust(with_training(with_lambdas(0.5, 3.0), rate=0.1))
    for with_table in (True, False):
        trainer.train(with_table)
    trainer.rewind()
    losses(trainer, 2)
    found = rows(trainer.look()[0])
    assert Counted.calls == traced
    assert found["y1"].update == pytest.approx(2 * before["y1"].update, rel=0.2)


def test_what_is_learned_stays_when_switches_change(trainer):
    losses(trainer, 3)
    learned = trainer.checkpoint().variables
    y1, y2 = SETUP.outputs
    other = replace(SETUP, outputs=(replace(y1, loss=LossChoice("cross_entropy")), y2))
    for setup in (
        replace(SETUP, outputs=(replace(y1, is_cut=True), y2)),
        replace(SETUP, frozen=("x1_conv1",)),
        with_training(optimizer="adam"),
        with_training(optimizer="momentum", clipnorm=0.1),
        other,
    ):
        trainer.adjust(setup)
        assert (trainer.step, trainer.setup) == (3, setup)
        for before, now in zip(learned, trainer.checkpoint().variables, strict=True):
            np.testing.assert_array_equal(before, now)
    assert trainer.train(with_table=False).step == 4


def test_a_setup_of_another_network_or_patch_is_refused(trainer):
    for other in (
        replace(SETUP, network=replace(NETWORK, filters=4)),
        with_training(patch=(4, 8, 4)),
        with_training(seed=8),
    ):
        with pytest.raises(ValueError, match="another network or other patches"):
            trainer.adjust(other)


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (with_training(rate=-1.0), "greater than 0"),
        (replace(with_training(rate=1.0), frozen=("x9",)), "no layer 'x9'"),
        (replace(with_training(rate=1.0, method="sum")), "no method 'sum'"),
        (
            replace(SETUP, frozen=("x1_conv1",), training=replace(TRAINING, optimizer="lion")),
            "not 'lion'",
        ),
    ],
)
def test_a_setting_that_is_refused_changes_nothing(trainer, refused, message):
    expected = losses(trainer, 2)
    trainer.rewind()
    with pytest.raises(ValueError, match=message):
        trainer.adjust(refused)
    assert trainer.setup == SETUP
    assert losses(trainer, 2) == expected
    assert rows(trainer.look()[0])["x1_conv1"].update > 0


# What the canvas shows


def test_predictions_of_any_region(trainer):
    """The network halves the resolution once; a region of odd lengths is filled up."""
    image = np.random.default_rng(5).random((5, 9, 7), "f4")
    filled = np.pad(image, [(0, 1)] * 3, mode="edge")
    for name, channels in {"y1": 3, "y2": 1}.items():
        found = trainer.predict(name, image)
        assert found.shape == (5, 9, 7, channels)
        np.testing.assert_allclose(found, trainer.predict(name, filled)[:5, :9, :7], atol=1e-6)
    np.testing.assert_allclose(trainer.predict("y1", image).sum(axis=-1), 1, atol=1e-6)


def test_the_gradient_of_the_total_in_logits(trainer):
    """Of cross-entropy λ (p − g) / n under a softmax; of squared errors λ 2 (p − g) / n."""
    y1, y2 = SETUP.outputs
    trainer.adjust(replace(SETUP, outputs=(replace(y1, loss=LossChoice("cross_entropy")), y2)))
    image = np.random.default_rng(5).random((3, 5, 7), "f4")
    truth = np.eye(3, dtype="f4")[(image * 3).astype(int)]
    found = trainer.gradient_of_total("y1", image, truth)
    expected = 0.5 * (trainer.predict("y1", image) - truth) / image.size
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6 * abs(expected).max())

    found = trainer.gradient_of_total("y2", image, image[..., None])
    expected = 0.3 * 2 * (trainer.predict("y2", image) - image[..., None]) / image.size
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)
