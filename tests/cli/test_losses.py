"""`lossexplorer losses`: every description, for people and for programs."""

import math
from pathlib import Path

from lossexplorer.conventions import CONVENTIONS
from lossexplorer.losses import LOSSES


def test_every_loss_with_its_formula_and_citation(run):
    code, out, err = run("losses")
    assert (code, err) == (0, "")
    blocks = [block.splitlines() for block in out.strip().split("\n\n")]
    assert len(blocks) == len(LOSSES)
    for (title, formula, citation), loss in zip(blocks, LOSSES.values(), strict=True):
        assert title.split() == [loss.name, *loss.title.split()]
        assert formula.strip() == loss.formula
        assert citation.strip() == loss.citation


def test_the_descriptions(answer):
    described = {loss["name"]: loss for loss in answer("losses")["losses"]}
    assert list(described) == list(LOSSES)
    for name, loss in LOSSES.items():
        found = described[name]
        assert [p["name"] for p in found["parameters"]] == [p.name for p in loss.parameters]
        assert all(p["meaning"] and "default" in p for p in found["parameters"])
        assert [float(bound) for bound in found["bounds"]] == list(loss.bounds)
        assert math.isclose(float(found["all_background"]), loss.all_background)
        for said in ("title", "class_name", "summary", "citation", "kind", "character"):
            assert found[said] == getattr(loss, said)


def test_what_a_program_reads_of_parameters(answer):
    described = {loss["name"]: loss for loss in answer("losses")["losses"]}
    dice = {p["name"]: p for p in described["dice"]["parameters"]}
    assert (dice["smooth"]["kind"], dice["smooth"]["low"]) == ("number", 0)
    assert (dice["form"]["kind"], dice["form"]["options"]) == ("choice", ["1-D", "-D"])
    assert (dice["smooth_dr"]["kind"], dice["smooth_dr"]["rules"]) == ("numbers", ["smooth"])
    assert (dice["include_background"]["kind"], dice["include_background"]["default"]) == (
        "flag",
        True,
    )
    assert described["cross_entropy"]["bounds"] == [0, "inf"]


def test_the_conventions_of_each_loss(answer):
    told = [
        (loss["name"], each["library"], each["name"])
        for loss in answer("losses")["losses"]
        for each in loss["conventions"]
    ]
    existing = [(each.loss, each.library.name, each.name) for each in CONVENTIONS]
    assert sorted(told) == sorted(existing)


def test_the_page_of_losses_is_what_the_descriptions_say(run):
    """After a change of a description: lossexplorer losses --page > resources/losses.md."""
    code, out, err = run("losses", "--page")
    assert (code, err) == (0, "")
    assert out == (Path(__file__).parents[2] / "resources/losses.md").read_text("utf-8")


def test_json_or_the_page(run):
    code, out, err = run("losses", "--page", "--json")
    assert (code, out) == (2, "")
    assert err == "lossexplorer: Give --json or --page, not both.\n"
