"""What is set as a command: run, it gives the numbers of the engine for what is set."""

import contextlib
import json
import shlex
import sys

import numpy as np
import pytest

from lossexplorer import cli
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.volume import volume_of
from lossexplorer.exports.command import evaluate_command
from lossexplorer.session import Session
from lossexplorer.volumes import case_of, open_case


@pytest.fixture
def printed(monkeypatch, capsys, tmp_path):
    """The JSON that a command prints, in another folder."""

    def printed(command):
        words = shlex.split(command)
        assert words[0] == "lossexplorer"
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        monkeypatch.chdir(elsewhere)
        monkeypatch.setattr(sys, "argv", [*words, "--json"])
        with contextlib.suppress(SystemExit):  # of a mistake, after which nothing is printed
            cli.main()
        return json.loads(capsys.readouterr().out)

    return printed


def files(folder):
    """Two volumes with ids 1, 2 and 5, a prediction of the first, and a mask, in odd names."""
    random = np.random.default_rng(2)
    paths = {}
    for name in ("one; ls", "zwei ü"):
        ids = np.zeros((4, 8, 9), np.uint8)
        for id_ in (1, 2, 5):
            z, y, x = (random.integers(0, n - 3) for n in ids.shape)
            ids[z : z + 2, y : y + 3, x : x + 3] = id_
        paths[name] = folder / f"{name}.npy"
        np.save(paths[name], ids)
    p = random.random((3, 4, 8, 9)) + 0.05
    paths["prediction"] = folder / "p.npy"
    np.save(paths["prediction"], (p / p.sum(0)).astype("f4"))
    mask = np.ones((4, 8, 9), np.uint8)
    mask[0] = 0
    paths["mask"] = folder / "mask.npy"
    np.save(paths["mask"], mask)
    return paths


def expected(session):
    """What the engine says of what is set."""
    case, experiment = session.case, session.state.experiment
    pipeline = Pipeline(volume_of(case.batch), case.predictions)
    return {
        each.name: each.value for each in pipeline.results(experiment.losses, experiment.controls)
    }


def agrees(found, session):
    values = {each["name"]: each["value"] for each in found["losses"]}
    assert values == pytest.approx(expected(session), rel=1e-6)


def test_classes_mask_patches_and_controls(printed, tmp_path, uncompiled):
    paths = files(tmp_path)
    session = Session()
    names = [str(paths["one; ls"]), str(paths["zwei ü"])]
    session.open(open_case(names, mask=paths["mask"], classes=(1, 5), patch=(4, 8, 6)))
    session.set_control("grow", (0.0, 1 / 3, 1.5))
    session.set_control("noise", 0.7)
    session.set_control("noise_seed", 12.0)
    session.set_control("swap", 0.4)
    session.set_control("swap_from", 2)
    session.set_parameter("tversky", "alpha", 1 / 3)
    session.set_parameter("dice", "class_weights", (0.1, 2.0, 1.0))
    session.add_loss("tversky")
    session.set_parameter("tversky_2", "include_background", False)
    session.set_weight("tversky_2", -0.125)
    for name in ("dice", "tversky", "tversky_2"):  # a class is absent from some patches
        session.set_parameter(name, "smooth", 1.0)
    session.remove_loss("cross_entropy")
    agrees(printed(evaluate_command(session.state)), session)


def test_a_given_prediction_and_an_ignored_id(printed, tmp_path, uncompiled):
    paths = files(tmp_path)
    session = Session()
    session.set_control("shift_x", 1.5)  # of a simulated prediction alone
    session.open(open_case([paths["one; ls"]], prediction=paths["prediction"], ignore=2))
    assert session.state.experiment.controls["shift_x"] == 1.5
    session.set_control("temperature", 1.7)
    found = printed(evaluate_command(session.state))
    agrees(found, session)
    assert found["truth"]["ignored_voxels"] == np.count_nonzero(np.load(paths["one; ls"]) == 2)


def test_a_loss_whose_first_one_is_gone(printed, tmp_path, uncompiled):
    """The command line names losses by their places."""
    session = Session()
    session.open(open_case([files(tmp_path)["one; ls"]]))
    session.add_loss("dice")
    session.remove_loss("dice")
    session.set_weight("dice_2", 0.5)
    session.set_control("confidence", 0.9)
    found = printed(evaluate_command(session.state))
    losses = session.state.experiment.losses
    values = [expected(session)[setting.name] for setting in losses]
    assert [each["value"] for each in found["losses"]] == pytest.approx(values, rel=1e-6)
    total = sum(s.weight * value for s, value in zip(losses, values, strict=True))
    assert found["total"] == pytest.approx(total, rel=1e-6)


def test_a_descent(printed, tmp_path, uncompiled):
    session = Session()
    session.open(open_case([files(tmp_path)["one; ls"]]))
    session.set_control("softness", 1.0)
    session.set_control("shift_x", 1.0)
    session.set_descent("rate", 0.05)
    session.set_descent("follows", "dice")
    session.show(descended=3)
    command = evaluate_command(session.state)
    assert shlex.split(command)[1] == "descend"
    found = printed(command)
    dice = [step["losses"]["dice"] for step in found["steps"]]
    assert len(dice) == 4
    assert dice == sorted(dice, reverse=True)
    assert found["steps"][0]["losses"]["dice"] == pytest.approx(expected(session)["dice"])
    assert (found["descent"]["follows"], found["descent"]["rate"]) == ("dice", 0.05)


def test_what_is_no_file_has_no_command(tmp_path):
    session = Session()
    session.open(case_of(open_case([files(tmp_path)["one; ls"]]).batch[0]))
    with pytest.raises(ParameterError, match="not read from a file"):
        evaluate_command(session.state)
