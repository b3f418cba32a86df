"""What is remembered between runs, and what a damaged file costs."""

import json

import pytest
from pydantic import ValidationError
from qtpy.QtCore import QSettings

from lossexplorer.app.settings import Settings, SettingsStore

KEPT = {
    "version": 1,
    "theme": "light",
    "folder": "/data/scans",
    "recent": [["/data/a.nii"], ["/data/b.nii", "/data/c.nii"]],
    "device": "gpu:1",
    "backend": "jax",
    "panel_titles": True,
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "settings.json"


def stored(path, fields):
    path.write_text(json.dumps(fields), "utf-8")
    return SettingsStore(path).value


def test_without_a_file_the_defaults_hold_and_nothing_is_written(path):
    assert SettingsStore(path).value == Settings()
    assert not list(path.parent.iterdir())


def test_what_is_changed_is_there_in_the_next_run(path):
    SettingsStore(path).update(theme="light", recent=[("/data/a.nii",)])
    again = SettingsStore(path).value
    assert (again.theme, again.recent) == ("light", (("/data/a.nii",),))
    assert list(path.parent.iterdir()) == [path]  # and nothing half written beside it


@pytest.mark.parametrize(
    ("field", "damage"),
    [
        ("theme", "mauve"),
        ("theme", 7),
        ("recent", "all of them"),
        ("recent", [[1, 2]]),
        ("folder", None),
        ("device", "tpu"),
        ("device", "gpu:"),
        ("backend", "theano"),
        ("panel_titles", "perhaps"),
        ("version", []),
    ],
)
def test_a_damaged_field_costs_that_field(path, field, damage):
    found = stored(path, KEPT | {field: damage})
    expected = Settings(**{name: value for name, value in KEPT.items() if name != field})
    assert found == expected


def test_a_file_that_ends_too_early_keeps_what_comes_before(path):
    text = json.dumps(KEPT)
    path.write_text(text[: text.index("/data/c.nii")], "utf-8")
    found = SettingsStore(path).value
    assert (found.theme, found.folder) == ("light", "/data/scans")
    assert found.recent[0] == ("/data/a.nii",)
    assert found.device is None


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\x00\xff", b"[1, 2]", b"7", b"{{"])
def test_garbage_costs_everything_and_no_start(path, content):
    path.write_bytes(content)
    store = SettingsStore(path)
    assert store.value == Settings()
    store.update(theme="light")
    assert SettingsStore(path).value.theme == "light"


def test_a_newer_file_is_read_as_far_as_it_is_known(path):
    found = stored(path, KEPT | {"version": 9, "talk": {"size": 20}})
    assert (found.theme, found.folder) == ("light", "/data/scans")


def test_two_windows_keep_what_the_other_has_written(path):
    first, second = SettingsStore(path), SettingsStore(path)
    first.update(folder="/data")
    second.update(theme="light")
    assert SettingsStore(path).value == Settings(folder="/data", theme="light")


def test_a_change_is_said_once(path):
    store, said = SettingsStore(path), []
    store.changed.connect(said.append)
    store.update(theme="light")
    store.update(theme="light")
    assert said == [Settings(theme="light")]


def test_a_value_of_no_field_is_refused_and_changes_nothing(path):
    store = SettingsStore(path)
    with pytest.raises(ValidationError):
        store.update(theme="mauve")
    assert store.value == Settings()


def test_what_cannot_be_written_holds_until_the_program_ends(tmp_path):
    store = SettingsStore(tmp_path / "no folder" / "settings.json")
    store.update(theme="light")
    assert store.value.theme == "light"


def test_the_recent_files_of_the_former_version_are_not_lost(path):
    former = QSettings(str(path.with_name("window.ini")), QSettings.Format.IniFormat)
    former.setValue("recent", json.dumps([["/data/Müller.nii"], ["/b.nii", "/c.nii"]]))
    former.sync()
    store = SettingsStore(path)
    assert store.value.recent == (("/data/Müller.nii",), ("/b.nii", "/c.nii"))
    store.update(theme="light")
    assert SettingsStore(path).value.recent == (("/data/Müller.nii",), ("/b.nii", "/c.nii"))


@pytest.mark.parametrize("damage", ["{", "7", json.dumps([7, 8])])
def test_a_damaged_file_of_the_former_version_costs_no_start(path, damage):
    former = QSettings(str(path.with_name("window.ini")), QSettings.Format.IniFormat)
    former.setValue("recent", damage)
    former.sync()
    assert SettingsStore(path).value == Settings()
