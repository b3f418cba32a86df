"""The steps that this program's is held against compute the same numbers."""

import shutil

import numpy as np
import pytest

from lossexplorer.bench import compilers, monai_side, same_step, workloads
from lossexplorer.bench.same_step import LOSSES, StepResult
from lossexplorer.engine.backends.environment import installed


@pytest.fixture(scope="module")
def ours():
    made = workloads.pipeline_of(workloads.every_voxel_uncertain((8, 10, 12), 4), 4)
    return compilers.given_step(made), compilers.our_step(made)


def check(compute, ours, *, gradient):
    found = compute(0)
    assert found.values == pytest.approx(ours.values, rel=1e-5)
    assert np.ptp(found.values) > 0.1  # five losses and not one
    if gradient:
        scale = np.abs(ours.gradient).max()
        assert scale > 0
        np.testing.assert_allclose(np.asarray(found.gradient), ours.gradient, atol=1e-5 * scale)
    else:
        assert found.gradient is None


def needs(package):
    """Skip before our step is compiled."""
    return pytest.mark.skipif(not installed(package), reason=f"{package} is not installed")


forward_and_backward = pytest.mark.parametrize("gradient", [False, True])


@needs("torch")
@forward_and_backward
def test_the_step_written_for_torch(ours, gradient):
    """Without its compiler, which takes a quarter of a minute."""
    check(
        same_step.torch_step(ours[0], gradient=gradient, compiler="eager"),
        ours[1],
        gradient=gradient,
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # its compiler's own
@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler")
@needs("torch")
@forward_and_backward
def test_the_step_that_torch_compiles(ours, gradient):
    check(same_step.torch_step(ours[0], gradient=gradient), ours[1], gradient=gradient)


@needs("jax")
@forward_and_backward
def test_the_step_written_for_jax(ours, gradient):
    check(same_step.jax_step(ours[0], gradient=gradient), ours[1], gradient=gradient)


@pytest.mark.slow
@needs("monai")
@forward_and_backward
def test_the_step_made_of_monai(ours, gradient):
    check(monai_side.step(ours[0], gradient=gradient), ours[1], gradient=gradient)


@pytest.mark.parametrize("number", range(len(LOSSES)))
def test_a_wrong_value_is_not_timed(number):
    values = [0.5] * len(LOSSES)
    wrong = values.copy()
    wrong[number] += 1e-3
    assert compilers.difference(StepResult(values), StepResult(values)) == ""
    said = compilers.difference(StepResult(wrong), StepResult(values))
    assert said == f"{LOSSES[number]} is 0.501 and ours 0.5: not timed."
    wrong[number] = float("nan")
    assert "nan" in compilers.difference(StepResult(wrong), StepResult(values))


def test_a_wrong_gradient_is_not_timed():
    values, gradient = [0.5] * len(LOSSES), np.array([[0.0, 2.0]])
    found = StepResult(values, gradient + 1e-3)
    said = compilers.difference(found, StepResult(values, gradient))
    assert said == "The gradient differs from ours by 0.0005 of its largest: not timed."


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(compilers, "_N", 8)
    monkeypatch.setattr(compilers, "installed", lambda _: False)
    rows = list(compilers.rows(1))
    assert {row.verdict for row in rows} == {"not measured"}
    names = ("torch.compile", "jax.jit", "MONAI")
    for name, row in zip(2 * names, rows, strict=True):
        assert row.note.startswith(f"{name}, forward")
        assert "pip install 'lossexplorer[bench]'" in row.note
