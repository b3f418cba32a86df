"""Documents hold the whole state, say what is wrong with them, and restore to the digit."""

import json
import os
import random
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lossexplorer.documents import (
    VERSION,
    DocumentError,
    Expected,
    MissingFilesError,
    ScenarioDocument,
    case_of,
    differences,
    document_of,
    opening_of,
    read_document,
    recorded,
    restored,
    session_document,
    text_of,
    write_document,
)
from lossexplorer.documents.migrations import MIGRATIONS
from lossexplorer.engine.messages import Plane
from lossexplorer.learning.setup import OwnNetwork
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import CONTROLS
from lossexplorer.session import Session, State
from lossexplorer.session.panes import DEFAULT_PANES, Pane
from lossexplorer.volumes import open_case

SAVED = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


def session_of(*sources, **more):
    session = Session()
    session.open(open_case(sources, **more))
    return session


def without_case(state):
    return replace(state, experiment=replace(state.experiment, case=None))


def altered(document, change):
    """The document's JSON with a change that a hand made."""
    content = json.loads(text_of(document))
    change(content)
    return json.dumps(content)


@pytest.fixture
def cells(tmp_path):
    """Two cubes, of ids 3 and 9, with spacing by a file beside it."""
    labels = np.zeros((6, 12, 12), np.uint16)
    labels[1:4, 2:6, 2:6], labels[2:5, 7:10, 7:10] = 3, 9
    path = tmp_path / "Zellen für später.npy"
    np.save(path, labels)
    return path


def test_a_document_of_nothing_holds_every_control_and_restores_the_state():
    document = session_document(State(), saved_at=SAVED)
    assert set(document.controls) == set(CONTROLS)
    again = document_of(text_of(document))
    assert again == document
    assert text_of(again) == text_of(document)
    assert restored(again, None) == State()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_set_is_restored_exactly(seed):
    """Random values of everything, as a drag sets them: fractions that no rounding keeps."""
    dice = random.Random(seed)
    session = session_of("sample:brain", classes=dice.choice(["each", "foreground"]))
    for name in dice.sample(["grow", "shift_x", "softness", "confidence", "temperature"], 3):
        low, high = CONTROLS[name].span
        session.set_control(name, dice.uniform(low, high))
    session.set_control("blob_seed", float(dice.randrange(1000)))
    for loss in session.state.experiment.shown:
        session.set_weight(loss, dice.uniform(-2, 2))
    session.set_parameter("dice", "smooth", dice.uniform(0, 1))
    session.set_descent("rate", dice.uniform(0.001, 1))
    session.show(plane=Plane(dice.randrange(3), dice.randrange(5)), layout="overlaid")
    session.show(scale="fixed", limit=dice.uniform(1e-9, 1))
    document = document_of(text_of(session_document(session.state)))
    again = restored(document, case_of(document))
    assert without_case(again) == without_case(session.state)
    assert again.experiment.case.key == session.case.key


def test_every_loss_of_the_catalogue_with_numbers_per_class_is_kept():
    session = session_of("sample:tumour")
    for name in LOSSES:
        if name not in session.state.experiment.shown:
            session.add_loss(name)
    session.set_parameter("dice", "class_weights", (0.25, 1.75))
    session.set_control("grow", (0.0, 1.5))
    document = document_of(text_of(session_document(session.state)))
    assert without_case(restored(document, case_of(document))) == without_case(session.state)


def test_a_loss_that_is_shown_twice_keeps_its_names_and_titles():
    session = session_of("sample:tumour")
    second = session.add_loss("tversky")
    session.set_parameter(second, "alpha", 0.7)
    session.rename_loss(second, "Tversky, few false positives")
    session.show(loss=second)
    document = document_of(text_of(session_document(session.state)))
    assert [each.name for each in document.losses if each.loss == "tversky"] == [
        "tversky",
        "tversky_2",
    ]
    assert without_case(restored(document, case_of(document))) == without_case(session.state)


def test_files_classes_ignored_patch_prediction_and_mask_are_restored(cells, tmp_path):
    labels = np.load(cells)
    np.save(tmp_path / "predicted.npy", np.roll(labels, 1, axis=2))
    np.save(tmp_path / "mask.npy", (np.arange(12) < 11) * np.ones_like(labels))
    np.save(tmp_path / "image.npy", labels.astype(np.float32) * 0.5)
    session = session_of(
        str(cells),
        prediction=str(tmp_path / "predicted.npy"),
        mask=str(tmp_path / "mask.npy"),
        image=str(tmp_path / "image.npy"),
        ignore=9,
        classes=(3,),
        patch=(6, 12, 6),
    )
    document = document_of(text_of(session_document(session.state)))
    case = case_of(document)
    assert differences(document, case) == ()
    assert case.key == session.case.key
    assert np.array_equal(case.batch[0].image, session.case.batch[0].image)
    assert without_case(restored(document, case)) == without_case(session.state)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda c: c.update(colour="red"), "the key colour is unknown"),
        (lambda c: c["view"].update(zoom=2), "the key view.zoom is unknown"),
        (lambda c: c["setup"]["network"].update(width=2), "the key setup.network.width is unknown"),
        (lambda c: c["losses"][0].update(weight="x"), r"losses\[0\].weight"),
        (lambda c: c["controls"].update(grow="much"), "grow must be a number"),
        (lambda c: c["controls"].update(grwo=1), "'grwo'; did you mean 'grow'"),
        (lambda c: c["losses"][0].update(loss="dise"), "'dise'; did you mean 'dice'"),
        (lambda c: c["losses"][1].update(c["losses"][0]), "Two losses have the name 'dice'"),
        (lambda c: c["losses"][0].update(name="iou_2"), "'iou_2' names no loss 'dice'"),
        (lambda c: c["losses"][0]["parameters"].update(smooth="x"), "smooth must be a number"),
        (lambda c: c.pop("losses"), "the key losses is missing"),
        (lambda c: c.update(losses=[]), "losses"),
        (lambda c: c["view"].update(loss="nothing"), "view.loss"),
        (lambda c: c["descent"].update(follows="nothing"), "descent"),
        (lambda c: c.update(classes="some"), "classes cannot be 'some'"),
        (lambda c: c.update(patch=[1, 2]), "patch"),
        (
            lambda c: c.update(version=7),
            "version 7 of the format, and this program knows versions up to 2",
        ),
        (lambda c: c.update(version="1"), "its version is '1'"),
        (lambda c: c.update(kind="holiday"), "its kind is 'holiday'"),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_the_file(change, key):
    text = altered(session_document(State()), change)
    with pytest.raises(DocumentError, match=key) as raised:
        document_of(text, "talk.lossx")
    assert str(raised.value).startswith("talk.lossx")
    assert str(raised.value).endswith(".")


@pytest.mark.parametrize(
    "content",
    [
        '{"a":' * 100_000,
        "[" * 1_000_000,
        "{",
        "[1]",
        "",
        "NaN",
        '{"kind": "lossexplorer session", "version": 1, "x": ' + "9" * 10_000 + "}",
        '{"kind": "lossexplorer session", "kind": "lossexplorer session"}',
        b"\xff\xfe\x00",
        b"\x00" * 1000,
    ],
)
def test_what_is_no_document_is_refused(content):
    with pytest.raises(DocumentError, match=r"^talk\.lossx"):
        document_of(content, "talk.lossx")


def test_a_folder_a_device_and_a_huge_file_are_refused(tmp_path):
    huge = tmp_path / "huge.lossx"
    with huge.open("wb") as stream:
        stream.truncate(1 << 40)  # a hole: a terabyte that takes no room
    for path in (tmp_path, Path("/dev/zero"), huge, tmp_path / "none.lossx", Path("a\0b")):
        with pytest.raises(DocumentError):
            read_document(path)


def test_a_file_is_found_beside_the_document_after_the_folder_has_moved(cells, tmp_path):
    folder = tmp_path / "Vortrag 1"
    folder.mkdir()
    moved = cells.rename(folder / cells.name)
    session = session_of(str(moved))
    write_document(session_document(session.state), folder / "talk.lossx")
    there = folder.rename(tmp_path / "Vortrag 2")
    document = read_document(there / "talk.lossx")
    opening = opening_of(document, there)
    assert opening.missing == ()
    assert Path(opening.volumes[0]) == there / cells.name
    assert differences(document, opening.open()) == ()


def test_a_file_that_is_gone_is_named_and_another_can_take_its_place(cells, tmp_path):
    session = session_of(str(cells))
    document = session_document(session.state)
    renamed = cells.rename(tmp_path / "renamed.npy")
    opening = opening_of(document, tmp_path)
    assert [each.path for each in opening.missing] == [str(cells)]
    with pytest.raises(MissingFilesError, match=r"Zellen für später\.npy is not there"):
        opening.open()
    chosen = opening_of(document, tmp_path, {str(cells): str(renamed)})
    assert chosen.missing == ()
    assert differences(document, chosen.open()) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda labels: labels[1:], "has 5 × 12 × 12 voxels, and had 6 × 12 × 12"),
        (lambda labels: labels * (labels != 9), "has the classes 0, 3, and had 0, 3, 9"),
        (lambda labels: np.roll(labels, 1, 0), "other labels in some voxels"),
    ],
)
def test_what_is_different_in_a_file_is_said_and_what_fits_is_restored(cells, change, said):
    session = session_of(str(cells))
    session.set_control("grow", 0.7)
    session.show(plane=Plane(0, 5))
    document = session_document(session.state)
    np.save(cells, change(np.load(cells)))
    case = case_of(document)
    (difference,) = differences(document, case)
    assert said in difference.text
    assert difference.source == document.volumes[0]
    state = restored(document, case)
    assert state.experiment.controls["grow"] == 0.7
    assert state.view.plane.index < case.batch[0].shape[0]


def test_a_file_that_is_stored_otherwise_is_the_same_volume(cells, tmp_path):
    session = session_of(str(cells))
    document = session_document(session.state)
    np.savez_compressed(tmp_path / "packed.npz", np.load(cells).astype(np.int32))
    chosen = {str(cells): str(tmp_path / "packed.npz")}
    assert differences(document, opening_of(document, None, chosen).open()) == ()


def test_trust_in_code_is_not_saved_and_not_read():
    session = Session()
    setup = replace(session.state.experiment.setup, network=OwnNetwork("/x/net.py", True))
    session.set_up(setup, "Open a model")
    document = session_document(session.state)
    assert not document.setup.network.is_trusted
    forged = altered(document, lambda c: c["setup"]["network"].update(is_trusted=True))
    assert not restored(document_of(forged), None).experiment.setup.network.is_trusted


def test_a_scenario_is_a_document_with_numbers():
    scenario = ScenarioDocument(
        **recorded(session_of("sample:tumour").state),
        program="1",
        saved_at=SAVED,
        name="empty_class",
        title="An empty class",
        text="Look at Dice.",
        claim="Dice of nothing is NaN, 0 or 1.",
        source="Reinke et al. 2024",
        expected=(Expected(what="dice", value=float("nan"), source="0 / 0"),),
    )
    again = document_of(text_of(scenario))
    assert isinstance(again, ScenarioDocument)
    assert np.isnan(again.expected[0].value)
    assert text_of(again) == text_of(scenario)


def test_a_stored_file_of_version_1_opens_with_what_it_says():
    """The file was written before a loss could be shown twice; its values are read as JSON."""
    path = Path(__file__).parent / "stored" / "version_1.lossx"
    stored = json.loads(path.read_text("utf-8"))
    assert stored["version"] == 1
    document = read_document(path)
    assert document.version == 2
    assert [each.loss for each in document.losses] == [each["name"] for each in stored["losses"]]
    state = restored(document, case_of(document))
    assert state.experiment.controls["grow"] == 0.7
    assert state.experiment.setting("tversky").parameters["alpha"] == 0.3
    assert state.experiment.setting("dice").weight == 0.5
    assert state.experiment.case.batch.names[0] == "background"
    assert len(state.experiment.case.batch.names) == 3
    assert (state.view.loss, state.view.plane) == ("tversky", Plane(1, 40))


def test_a_damaged_file_of_version_1_is_refused():
    text = altered(session_document(State()), lambda c: c.update(version=1, losses=[7]))
    with pytest.raises(DocumentError, match="version 1: it is damaged"):
        document_of(text, "talk.lossx")


def test_there_is_a_migration_from_every_version():
    assert sorted(MIGRATIONS) == list(range(1, VERSION))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the names of files are text")
def test_a_file_whose_name_is_no_text_is_found_again(tmp_path):
    volume, path = (os.fsdecode(bytes(tmp_path / name) + b"\xff") for name in ("a", "b"))
    np.save(f"{volume}.npy", np.pad(np.ones((2, 2, 2), np.uint8), 2))
    session = session_of(f"{volume}.npy")
    write_document(session_document(session.state), Path(f"{path}.lossx"))
    document = read_document(f"{path}.lossx")
    assert differences(document, case_of(document, tmp_path)) == ()


def test_panes_are_kept_and_a_file_from_before_them_has_the_usual_ones():
    panes = (Pane("image"), Pane("error", classes="all"), Pane("gradient", "dice", 3))
    state = replace(State(), view=replace(State().view, panes=panes))
    document = session_document(state)
    assert document_of(text_of(document), "s").view.panes == panes
    before = altered(document, lambda content: content["view"].pop("panes"))
    assert document_of(before, "s").view.panes == DEFAULT_PANES


@pytest.mark.parametrize("pane", [{"kind": "mood"}, {"kind": "error", "classes": "some"}])
def test_a_pane_that_nobody_knows_is_refused(pane):
    wrong = altered(session_document(State()), lambda content: content["view"].update(panes=[pane]))
    with pytest.raises(DocumentError, match=r"view\.panes"):
        document_of(wrong, "s")
