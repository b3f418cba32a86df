"""The engine's numbers on the backend that KERAS_BACKEND names, against float64.

The whole module runs with any of them, none of the others being installed::

    KERAS_BACKEND=jax pytest tests/engine/test_backends.py
"""

import ast
import contextlib
import importlib.util
import math
import os
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage, special

from lossexplorer.engine.backends import environment
from lossexplorer.engine.backends.active import NAME, backend, ops
from lossexplorer.engine.backends.environment import BackendError, Device
from lossexplorer.engine.messages import LossSetting, MapRequest, Plane, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Maps, Norms
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES, SUM_NAMES, loss_named
from lossexplorer.predictions import complete_controls
from tests import field_references, references
from tests.patience import PATIENCE

ENGINE = Path(environment.__file__).parents[1]

# The numbers of losses

NAMES = ("background", "organ", "vessel")
SHAPE = (3, 4, 5)
SPACING = (1.0, 1.0, 1.0)  # as the references of distances have it
SIMULATED = {"softness": 0.9, "grow": 0.2, "confidence": 0.98}
SUMMED = list(references.LOSSES)
# Of those whose slopes are unique: clDice has kinks wherever a maximum is reached twice, and ranks
# have them wherever two voxels are alike, which those of a simulated prediction are.
DISTANCES, RANKS = ["boundary", "hausdorff"], ["topk_cross_entropy", "lovasz_softmax"]


def labels():
    return references.random_labels(np.random.default_rng(7), (1, *SHAPE), 3)[0].astype(np.uint8)


def random_prediction():
    """Soft float32 probabilities, (class, z, y, x)."""
    z = np.random.default_rng(8).normal(0, 1.5, (*SHAPE, 3))
    return np.moveaxis(references.softmax(z), -1, 0).astype("f4")


def simulated_prediction():
    """In float64: softmax of half the distances, the background's less by the growth, blended."""
    truth, scores = labels(), []
    for index in range(3):
        inside, outside = (
            ndimage.distance_transform_edt(side, sampling=SPACING)
            for side in (truth == index, truth != index)
        )
        scores.append((inside - outside) / 2)
    scores[0] -= SIMULATED["grow"]
    certain = special.softmax(np.stack(scores) / SIMULATED["softness"], axis=0)
    rest = (1 - SIMULATED["confidence"]) / 2
    return rest + (SIMULATED["confidence"] - rest) * certain


class Asked:
    """A pipeline, what it is asked with, and the float64 prediction that it has to have."""

    def __init__(self, prediction, controls, given=None):
        self.volume = Volume(labels(), NAMES, SPACING)
        self.pipeline = Pipeline(self.volume, given)
        self.controls = complete_controls(controls)
        self.p = np.moveaxis(np.asarray(prediction, "f8"), 0, -1)[None]
        self.g = references.one_hot(labels(), 3)[None]

    def answer(self, name, painted=None):
        setting = LossSetting(name, loss_named(name).complete({}))
        asked = ("v", self.controls, (setting,))
        answer = self.pipeline.answer(Request(Norms(*asked)))
        if painted is not None:
            answer = replace(answer, maps=self.pipeline.answer(Request(Maps(*asked, painted))).maps)
        assert not answer.losses[0].problems
        return answer

    def reference(self, name, p):
        source = references if name in references.LOSSES else field_references
        return float(source.loss(name, loss_named(name).complete({}), self.g, p))

    def gradients(self, name):
        """∂L/∂p by central differences in float64, and through the softmax; (class, z, y, x)."""
        step, slopes = 1e-6, np.empty(self.p.shape)
        for place in np.ndindex(self.p.shape):
            values = []
            for sign in (1, -1):
                moved = self.p.copy()
                moved[place] += sign * step
                values.append(self.reference(name, moved))
            slopes[place] = (values[0] - values[1]) / (2 * step)
        weighted = self.p * slopes
        through = weighted - self.p * weighted.sum(axis=-1, keepdims=True)
        return {
            "probability": np.moveaxis(slopes[0], -1, 0),
            "logit": np.moveaxis(through[0], -1, 0),
        }


@pytest.fixture(
    scope="module", params=["random", pytest.param("simulated", marks=pytest.mark.slow)]
)
def asked(request):
    if request.param == "random":
        return Asked(random_prediction(), {}, [random_prediction()])
    return Asked(simulated_prediction(), SIMULATED)


@pytest.mark.slow
@pytest.mark.parametrize("name", LOSSES)
def test_values_are_those_of_float64(asked, name):
    found = asked.answer(name).losses[0]
    assert found.value == pytest.approx(asked.reference(name, asked.p), rel=1e-5)
    per_class = [term for term in found.per_class if term is not None]
    if per_class:
        over_classes = np.mean if LOSSES[name].reduction == "mean" else np.sum
        assert over_classes(per_class) == pytest.approx(found.value, rel=1e-6)


def test_class_sums_are_those_of_float64(asked):
    found = asked.pipeline.sums(asked.controls)
    g, p = asked.g, asked.p
    expected = dict(zip(SUM_NAMES, (g * p, p, g, p * p, np.ones_like(p)), strict=True))
    for name, field in expected.items():
        table = getattr(found, name)
        assert table.dtype == np.float64
        np.testing.assert_allclose(table, field.sum(axis=(1, 2, 3)), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SUMMED, *DISTANCES, *RANKS])
def test_gradients_are_those_of_float64(request, asked, name):
    if name in RANKS and asked.controls["softness"]:
        pytest.skip("alike voxels have no unique slope of a rank")
    expected = asked.gradients(name)
    for wrt, plane in product(expected, (Plane(1, 2), None)):
        painted = MapRequest(name, 2, wrt, plane)
        answer = asked.answer(name, painted)
        field = expected[wrt]
        expected = field[2] if plane is None else field[2].take(plane.index, axis=plane.axis)
        # Of what cancels, float32 keeps so much of what it is the difference of.
        tolerance = 1e-5 * abs(field).max()
        np.testing.assert_allclose(answer.maps.gradient, expected, rtol=1e-5, atol=tolerance)
        norm = math.sqrt((expected["logit"] ** 2).sum())
        assert answer.losses[0].gradient_norm == pytest.approx(norm, rel=1e-5)


def test_sums_over_two_million_voxels():
    """One running float32 total of 0.3 is more than 1e-3 off after so many."""
    shape = (128, 128, 128)
    share, count = np.float32(0.3), math.prod(shape)
    given = np.empty((2, *shape), "f4")
    given[0], given[1] = 1 - share, share
    volume = Volume(np.zeros(shape, np.uint8), NAMES[:2], SPACING)
    found = Pipeline(volume, [given]).sums(complete_controls({}))
    assert abs(np.cumsum(given[1], dtype="f4")[-1] / (count * float(share)) - 1) > 1e-3
    exact = np.array([float(given[0, 0, 0, 0]), float(share)])
    np.testing.assert_allclose(found.prediction[0], count * exact, rtol=1e-6)
    np.testing.assert_allclose(found.squared_prediction[0], count * exact**2, rtol=1e-6)


# What each backend offers


def test_the_backend_is_the_one_that_was_asked_for():
    assert os.environ["KERAS_BACKEND"] == NAME
    assert backend.__name__.rpartition(".")[2] == NAME
    info = backend.prepare()
    assert (info.backend, info.pid) == (NAME, os.getpid())
    assert info.version == importlib.import_module(NAME).__version__
    assert info.device in backend.devices()
    assert backend.devices()[0] == "CPU"
    assert backend.is_gpu() == (info.device != "CPU") == (backend.memory() is not None)


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "uint16", "uint32", "int32"])
def test_arrays_keep_their_numbers_on_the_device(dtype):
    array = np.array([[0, 1], [2, 250]]).astype(dtype)
    if dtype == "uint16":
        array[1, 1] = 65_000
    array.setflags(write=False)  # as shared memory may be
    tensor = backend.to_device(array)
    found = backend.to_numpy(tensor)
    np.testing.assert_array_equal(found, array)
    if array.dtype.kind == "f":
        assert found.dtype == array.dtype
    larger = backend.to_numpy(tensor > tensor[1, 0])
    np.testing.assert_array_equal(larger, array > array[1, 0])


def test_a_tensor_does_not_change_with_its_array():
    array = np.arange(4096, dtype="f4")
    tensor = backend.to_device(array)
    array[:] = -1
    np.testing.assert_array_equal(backend.to_numpy(tensor), np.arange(4096))


def test_a_compiled_function_takes_and_returns_what_is_nested():
    def function(fields, values, listed):
        p = fields["p"] * ops.cast(values["noise"]["amount"], "float32")
        wide = ops.sum(ops.cast(p, "float64"))
        return [{"z": p, "a": wide}], (listed[0] + listed[1],)

    made = backend.compiled(function)
    for size in (3, 5):
        p = np.linspace(0.1, 1, size, dtype="f4")
        third = 1 / 3
        ((found,), (total,)) = made(
            {"p": backend.to_device(p)},
            {"noise": {"amount": backend.to_device(np.float64(2.5))}},
            [backend.to_device(np.float64(third)), backend.to_device(np.float64(1e-12))],
        )
        scaled, wide = backend.to_numpy(found["z"]), backend.to_numpy(found["a"])
        assert (scaled.dtype, wide.dtype) == (np.float32, np.float64)
        np.testing.assert_array_equal(scaled, p * np.float32(2.5))
        assert float(wide) == pytest.approx(scaled.sum(dtype="f8"), rel=1e-15)
        assert float(total) == third + 1e-12


def test_a_value_with_its_slopes():
    """Of Σ a³ b: 3 a² b and a³; of what it does not depend on, zeros; float64 throughout."""

    def function(inputs, factor):
        a, b, _ = inputs
        return factor * ops.sum(a * a * a * b), (a + 1, b)

    a, b, c = np.array([1.0, 1e-9]), np.array([[2.0], [3.0]]), np.array([5.0, 6.0, 7.0])
    made = backend.value_and_slopes(function)
    tensors = [backend.to_device(array) for array in (a, b, c)]
    value, extra, slopes = made(tensors, backend.to_device(np.float64(0.5)))
    assert float(value) == pytest.approx(0.5 * (a**3 * b).sum(), rel=1e-15)
    np.testing.assert_array_equal(backend.to_numpy(extra[0]), a + 1)
    np.testing.assert_array_equal(backend.to_numpy(extra[1]), b)
    expected = (1.5 * a**2 * b.sum(), 0.5 * (a**3).sum() * np.ones((2, 1)), np.zeros(3))
    for found, slope in zip(slopes, expected, strict=True):
        np.testing.assert_allclose(backend.to_numpy(found), slope, rtol=1e-15)


def test_slopes_of_a_function_that_leaves_the_backend():
    """Of Σ w p² with w = 1 + ⌊p⌋ made by NumPy: 2 w p, as if w were constant."""
    from lossexplorer.losses._on_host import on_host

    p = np.linspace(0, 2.9, 2 * 3 * 4 * 5 * 6, dtype="f4").reshape(2, 3, 4, 5, 6)

    def function(inputs):
        weights = 1 + on_host(np.floor, inputs[0], like=inputs[0])
        return ops.sum(weights * inputs[0] ** 2), weights

    tensors = [backend.to_device(p), backend.to_device(p)]
    weights, slopes = backend.eager_slopes(function, tensors)
    np.testing.assert_array_equal(backend.to_numpy(weights), 1 + np.floor(p))
    np.testing.assert_allclose(backend.to_numpy(slopes[0]), 2 * (1 + np.floor(p)) * p, rtol=1e-6)
    np.testing.assert_array_equal(backend.to_numpy(slopes[1]), np.zeros_like(p))


def test_slopes_within_a_compiled_function():
    def function(p):
        _, slopes = backend.eager_slopes(lambda inputs: (ops.sum(inputs[0] ** 2), None), [p])
        return slopes[0] + 1

    p = np.linspace(0.5, 3, 7, dtype="f4")
    found = backend.compiled(function)(backend.to_device(p))
    np.testing.assert_allclose(backend.to_numpy(found), 2 * p + 1, rtol=1e-6)


def test_slopes_without_an_extra_and_without_any_dependence():
    tensors = [backend.to_device(np.ones(3, "f4"))]
    extra, slopes = backend.eager_slopes(lambda _: (ops.sum(ops.ones(2)), None), tensors)
    assert extra is None
    np.testing.assert_array_equal(backend.to_numpy(slopes[0]), np.zeros(3))


@pytest.mark.parametrize("fused", [False, True])
def test_a_function_over_many_numbers_at_once(fused):
    table = backend.to_device(np.array([[1.0, 2.0], [3.0, 4.0]]))
    calls = []

    def function(numbers):
        calls.append(1)
        alpha, beta = numbers
        index = 1 / (1 + alpha * table + beta)
        return ops.sum(index), ops.sum(index, axis=0)

    alphas, betas = np.linspace(0, 1, 41), np.linspace(1, 0, 41)
    made = backend.vectorized(function)
    made = backend.compiled(made) if fused else made
    totals, rows = made((backend.to_device(alphas), backend.to_device(betas)))
    assert len(calls) < 41
    every = 1 / (1 + alphas[:, None, None] * np.array([[1, 2], [3, 4]]) + betas[:, None, None])
    np.testing.assert_allclose(backend.to_numpy(totals), every.sum(axis=(1, 2)), rtol=1e-14)
    np.testing.assert_allclose(backend.to_numpy(rows), every.sum(axis=1), rtol=1e-14)


@pytest.mark.slow
def test_the_response_of_every_loss_of_sums_is_one_call():
    """A loss's value for 41 values of each of its numbers, as for each of them alone."""
    sums = Asked(random_prediction(), {}, [random_prediction()]).pipeline.sums(
        complete_controls({})
    )
    tables = sums.map(backend.to_device)
    for loss in LOSSES.values():
        defaults = loss.complete({})
        numbers = [name for name, value in defaults.items() if isinstance(value, float)]
        if loss.kind != "sums" or not numbers:
            continue

        def value(numbers, loss=loss, defaults=defaults, name=numbers[0]):
            values = {**defaults, name: numbers[0]}
            terms, weights = loss.class_terms(tables, values), loss.weights(tables, values)
            return loss.value(terms, weights if loss.counted else None)

        tried = np.linspace(0.25, 1, 41)
        found = backend.to_numpy(backend.vectorized(value)((backend.to_device(tried),)))
        alone = [float(value((backend.to_device(number),))) for number in tried]
        np.testing.assert_allclose(found, alone, rtol=1e-6, err_msg=loss.name)


def test_what_does_not_fit_into_memory_is_told_from_other_errors():
    # Where a number of bytes exists for it at all, TensorFlow tries for ten seconds.
    count = 2**62 if NAME == "tensorflow" else 2**50
    error = raised(lambda: backend.to_numpy(ops.zeros((count,), "float32")))
    assert backend.is_out_of_memory(error)
    assert backend.is_out_of_memory(MemoryError())
    row = backend.to_device(np.ones((2, 3), "f4"))
    assert not backend.is_out_of_memory(raised(lambda: ops.matmul(row, row)))
    assert not backend.is_out_of_memory(RuntimeError("no space"))
    assert not backend.is_out_of_memory(ValueError("out of memory"))


def raised(call):
    """What a call raises, whatever it is."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - each backend has its own
        return error
    return pytest.fail("nothing was raised")


def test_after_release_everything_works(asked):
    before = asked.answer("dice").losses[0].value
    backend.release()
    fresh = Pipeline(asked.volume)
    assert fresh.sums(complete_controls({})).truth.sum() == asked.volume.labels.size
    assert asked.answer("dice").losses[0].value == before


# Which backend and which device


@pytest.mark.parametrize("name", ["", "GPU", "gpu:", "gpu:x", "cuda", "cpu:0", "gpu:-1"])
def test_a_device_that_is_none_is_refused(name):
    with pytest.raises(BackendError, match=r"must be auto, cpu, gpu or gpu:N .* not "):
        Device(name)


@pytest.mark.parametrize(
    ("name", "gpus", "index"),
    [
        ("auto", [], None),
        ("auto", ["A", "B"], 0),
        ("cpu", ["A"], None),
        ("gpu", ["A", "B"], 0),
        ("gpu:1", ["A", "B"], 1),
    ],
)
def test_a_device_is_picked(name, gpus, index):
    assert Device(name).pick(gpus, "JAX") == index


@pytest.mark.parametrize(
    ("name", "gpus", "why"),
    [("gpu", [], "JAX sees no GPU"), ("gpu:2", ["A", "B"], "JAX sees only gpu:0 to gpu:1")],
)
def test_a_gpu_that_is_not_there_is_said(name, gpus, why):
    with pytest.raises(BackendError, match=rf"The device {name} was asked for, but {why}\."):
        Device(name).pick(gpus, "JAX")


def test_without_variables_it_is_tensorflow_and_any_device(monkeypatch):
    for variable in (environment.BACKEND_VARIABLE, environment.DEVICE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    assert (environment.chosen_backend(), environment.chosen_device()) == (
        "tensorflow",
        Device("auto"),
    )


def test_what_is_chosen_is_what_a_child_inherits(monkeypatch):
    monkeypatch.setenv(environment.BACKEND_VARIABLE, "tensorflow")
    monkeypatch.setenv(environment.DEVICE_VARIABLE, "gpu:3")
    environment.choose("jax", None)
    assert (environment.chosen_backend(), environment.chosen_device()) == ("jax", Device("gpu:3"))
    environment.choose(None, "cpu")
    assert (os.environ["KERAS_BACKEND"], os.environ["LOSSEXPLORER_DEVICE"]) == ("jax", "cpu")


def started(**environment):
    """The last line that a process says in which the backend is imported."""
    code = """
import sys
from lossexplorer.engine.backends.environment import BackendError
try:
    from lossexplorer.engine.backends.active import backend
except BackendError as error:
    print(error)
    print(sorted({"keras", "tensorflow", "jax", "torch"} & sys.modules.keys()))
else:
    print(backend.prepare().device, backend.is_gpu())
"""
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return answer.stdout.splitlines()


def test_an_unknown_backend_is_refused_before_anything_is_imported():
    message, imported = started(KERAS_BACKEND="openvino")
    assert message == "The backend must be tensorflow, jax or torch, not 'openvino'."
    assert imported == "[]"


@pytest.mark.parametrize("name", environment.TITLES)
def test_a_missing_backend_is_refused_before_anything_is_imported(name):
    if importlib.util.find_spec(name) is not None:
        pytest.skip(f"{name} is installed")
    message, imported = started(KERAS_BACKEND=name)
    assert message.startswith(
        f"{environment.TITLES[name]} is not installed. Install it with: pip install {name}"
    )
    assert imported == "[]"


@pytest.mark.slow
def test_a_gpu_that_is_not_there_is_said_by_the_backend():
    missing, *_ = started(LOSSEXPLORER_DEVICE="gpu:63")
    title = environment.TITLES[NAME]
    assert missing.startswith(f"The device gpu:63 was asked for, but {title} sees ")


@pytest.mark.skipif(backend.devices() == ["CPU"], reason="there is no GPU to be hidden")
def test_the_cpu_can_be_asked_for_where_there_is_a_gpu():
    assert started(LOSSEXPLORER_DEVICE="cpu") == ["CPU False"]


# Who imports what


def imported_by(source):
    """Top-level names of what a file imports, by statement or by name, at any depth."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
            for argument in node.args:
                with contextlib.suppress(ValueError):
                    yield str(ast.literal_eval(argument)).partition(".")[0]


def test_a_backend_is_imported_by_its_own_module_alone():
    found = {
        (source.relative_to(ENGINE).as_posix(), name)
        for source in ENGINE.rglob("*.py")
        for name in imported_by(source)
        if name in environment.TITLES
    }
    assert found == {(f"backends/{name}.py", name) for name in environment.TITLES}
