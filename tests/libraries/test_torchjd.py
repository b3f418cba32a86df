"""Methods of combining gradients against TorchJD, on the gradients themselves."""

import numpy as np
import pytest

from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.methods.uncertainty import total
from tests.libraries.common import needs

needs("torchjd", "TorchJD", "torch")

import torch  # noqa: E402 - where the module is not skipped
from torchjd import aggregation, scalarization  # noqa: E402 - where the module is not skipped

CONFLICTING = np.array([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]])


def random_rows(seed, count, opposed):
    """Gradients in 12 dimensions of norms from about 0.4 to 40, which may conflict."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, 12)) - opposed * np.linspace(-1, 1, count)[:, None]
    return rows * 10 ** random.uniform(-1, 1, (count, 1))


GRADIENTS = {"conflicting": CONFLICTING} | {
    f"{count} losses, seed {seed}": random_rows(seed, count, opposed=0.6)
    for seed, count in enumerate((2, 2, 3, 3, 4, 5, 6))
}
every = pytest.mark.parametrize("rows", GRADIENTS.values(), ids=GRADIENTS)
TWO = {name: rows for name, rows in GRADIENTS.items() if len(rows) == 2}
of_two = pytest.mark.parametrize("rows", TWO.values(), ids=TWO)


def ours(name, rows, **parameters):
    """The direction of a method, without λ."""
    ones = np.ones(len(rows))
    return np.array(METHODS[name].combine(rows @ rows.T, ones, ones, **parameters).weights) @ rows


def theirs(aggregator, rows):
    return aggregator(torch.tensor(rows)).numpy()


def near(direction, rel):
    return pytest.approx(direction, rel=rel, abs=rel * np.linalg.norm(direction))


@every
def test_weighted_sum(rows):
    assert ours("weighted_sum", rows) == near(theirs(aggregation.Sum(), rows), 1e-12)


@of_two
def test_pcgrad(rows):
    assert ours("pcgrad", rows) == near(theirs(aggregation.PCGrad(), rows), 1e-12)


def test_pcgrad_of_three_has_the_same_outcomes_over_all_orders():
    rows = np.array([[1.0, 0.2, 0.0], [-0.5, 1.0, -0.8], [-0.6, -0.4, 1.0]])
    torch.manual_seed(0)
    theirs_all = {tuple(theirs(aggregation.PCGrad(), rows).round(9)) for _ in range(200)}
    ours_all = {tuple(ours("pcgrad", rows, seed=seed).round(9)) for seed in range(200)}
    assert len(ours_all) > 1
    assert ours_all == theirs_all


@every
def test_mgda(rows):
    # Their Frank-Wolfe steps come near the shortest vector, from above.
    expected = theirs(aggregation.MGDA(epsilon=1e-9, max_iters=5000), rows)
    d = ours("mgda", rows)
    assert np.linalg.norm(d) <= np.linalg.norm(expected) * (1 + 1e-9)
    assert d == near(expected, 1e-2)


@every
@pytest.mark.parametrize("c", [0.2, 0.5])
def test_cagrad(rows, c):
    d = ours("cagrad", rows, values={"c": c})
    expected = theirs(aggregation.CAGrad(c=c, norm_eps=1e-8), rows)
    # Their solver stops at 1e-8 in the value, which is 1e-4 in the place; ours is no worse.
    assert d == near(expected, 1e-3)
    worst = (rows @ expected).min()
    assert (rows @ d).min() >= worst - 1e-9 * abs(worst)


@every
def test_imtl_g(rows):
    assert ours("imtl_g", rows) == near(theirs(aggregation.IMTLG(), rows), 1e-8)


@every
@pytest.mark.filterwarnings("ignore:You are solving a parameterized problem:UserWarning")
def test_nash_mtl(rows):
    # Their solver does not arrive where one norm is a hundred times the other, but the bargain
    # does not see norms. It stops at 1e-3 and clips the direction to 1, where ours has norm √K.
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    expected = theirs(aggregation.NashMTL(n_tasks=len(rows), optim_niter=100), rows)
    assert ours("nash_mtl", rows) / np.sqrt(len(rows)) == near(expected, 2e-3)


def test_dwa():
    epochs = [(3.0, 8.0, 1.0), (3.0, 4.0, 0.9), (2.0, 3.9, 0.1), (1.0, 1.0, 1.0)]
    scalarizer, memory = scalarization.DWA(), {}
    for step, losses in enumerate(epochs, 1):
        values = torch.tensor(losses, dtype=torch.float64, requires_grad=True)
        scalarizer(values).backward()
        scalarizer.step()
        done = METHODS["dwa"].combine(np.eye(3), losses, np.ones(3), memory, step)
        memory = done.memory
        assert done.weights == pytest.approx(values.grad.numpy())


def test_uncertainty():
    scalarizer = scalarization.UW(2).double()
    optimizer = torch.optim.SGD(scalarizer.parameters(), lr=0.1)
    memory = {}
    for step, losses in enumerate([(4.0, 0.01), (3.0, 0.02), (5.0, 0.5)], 1):
        values = torch.tensor(losses, dtype=torch.float64, requires_grad=True)
        s = memory.get("log_variances", (0.0, 0.0))
        value = scalarizer(values)
        assert total(losses, s) == pytest.approx(value.item())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        done = METHODS["uncertainty"].combine(
            np.eye(2), losses, np.ones(2), memory, step, values={"rate": 0.1}
        )
        memory = done.memory
        assert done.weights == pytest.approx(values.grad.numpy())
        assert memory["log_variances"] == pytest.approx(scalarizer.log_var.detach().numpy())
