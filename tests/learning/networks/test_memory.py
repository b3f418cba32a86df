import subprocess
import sys
from dataclasses import replace

import keras
import pytest

from lossexplorer.learning.networks.memory import bytes_of_step
from lossexplorer.learning.networks.network import make_network
from lossexplorer.learning.setup import BuiltNetwork
from tests.learning.networks.models import convolution, nested
from tests.learning.networks.test_built import TWO, setup_of
from tests.patience import PATIENCE

VOXELS = 2 * 4 * 8 * 8


@pytest.mark.parametrize(
    ("optimizer", "kept"), [("sgd", 0), ("momentum", 1), ("adam", 2), ("rmsprop", 1)]
)
def test_the_estimate_is_what_the_layers_give_and_what_each_weight_needs(optimizer, kept):
    x = keras.Input((None, None, None, 1))
    y = convolution("first", 3)(x)
    model = keras.Model(x, [convolution("a", 2)(y), convolution("b", 1)(y)])
    given = VOXELS * (1 + 3 + 2 + 1)
    weights = (3 + 3) + (6 + 2) + (3 + 1)
    # A weight, a gradient of each of two losses, the update, and what the optimizer keeps.
    expected = 4 * (3 * given + (4 + kept) * weights)
    assert bytes_of_step(model, (2, 4, 8, 8, 1), optimizer) == expected


def test_the_layers_of_nested_models_count():
    encoder = VOXELS * (1 + 3 + 3 + 3)
    block = VOXELS * (3 + 3 + 3)  # with the input that Keras gives to a Sequential
    around = VOXELS * (1 + 3 + 2 + 1)
    model = nested()
    weights = 84 + 12 + 12 + 12 + 8 + 4
    assert model.count_params() == weights
    expected = 4 * (3 * (encoder + block + around) + 4 * weights)
    assert bytes_of_step(model, (2, 4, 8, 8, 1), "sgd") == expected


def test_the_estimate_follows_patch_and_batch():
    setup = setup_of(BuiltNetwork(), patch=(16, 32, 32), batch=2)
    network = make_network(setup, TWO)
    weights = 8931 * 4 * 4
    once = network.estimate_memory(setup) - weights
    for training in (replace(setup.training, batch=6), replace(setup.training, patch=(48, 32, 32))):
        other = network.estimate_memory(replace(setup, training=training))
        assert other - weights == 3 * once


# Trains on small patches first, so that what is measured is not what compiling needs.
STEP = """
import os, sys
import numpy as np, psutil, tensorflow as tf
from pathlib import Path
from lossexplorer.learning.networks.network import make_network
from lossexplorer.learning.setup import BuiltNetwork
from tests.learning.networks.test_built import TWO, setup_of

setup = setup_of(BuiltNetwork(**eval(sys.argv[1])), patch=(32, 64, 64), batch=4)
network = make_network(setup, TWO)
variables = [v.value for _, row in network.layers_with_weights for v in row]

@tf.function
def step(x):
    with tf.GradientTape(persistent=True) as tape:
        losses = [tf.reduce_mean(y**2) for y in network.model(x, training=True)]
    found = [tape.gradient(each, variables, unconnected_gradients="zero") for each in losses]
    for variable, *each in zip(variables, *found):
        variable.assign_sub(0.01 * sum(each))
    return [tf.linalg.global_norm(each) for each in found]

for shape in [(1, 16, 16, 16, 1)] * 3 + [(4, 32, 64, 64, 1)] * 3:
    x = tf.constant(np.random.default_rng(0).normal(size=shape).astype("f4"))
    Path("/proc/self/clear_refs").write_text("5")
    before = psutil.Process().memory_info().rss
    step(x)
    status = Path("/proc/self/status").read_text().splitlines()
    peak = 1024 * int(next(line for line in status if line.startswith("VmHWM:")).split()[1])
    if shape[0] == 4:
        print(peak - before, network.estimate_memory(setup), flush=True)
"""


@pytest.mark.alone
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="measures TensorFlow")
@pytest.mark.parametrize("network", [{}, {"depth": 1}, {"normalization": "batch", "depth": 3}])
def test_a_step_needs_no_more_than_the_estimate(network):
    command = [sys.executable, "-c", STEP, repr(network)]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert answer.returncode == 0, answer.stderr
    first, *_ = [tuple(map(int, line.split())) for line in answer.stdout.splitlines()]
    peak, estimate = first
    assert peak <= estimate <= 3 * peak, first
