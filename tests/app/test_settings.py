"""What is remembered between runs, and what a damaged file costs."""

import errno
import json
import os
import stat

import pytest
from pydantic import ValidationError
from qtpy.QtCore import QSettings

from lossexplorer.app import settings
from lossexplorer.app.recent import RecentSources, missing
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


# As Python has it on Linux: the name holds the byte E9, which is é in Latin-1.
NOT_UTF8 = "/data/caf\udce9.npy"


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
        ("theme", "\ud800"),
        ("device", "\ud800"),
        ("geometry", "\ud800"),
        ("arrangement", "\u00e9"),
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


@pytest.mark.parametrize("slip", [",}", ', "device": gpu}', " // mine\n}"])
def test_a_slip_of_who_wrote_by_hand_costs_what_comes_after_it(path, slip):
    path.write_text(json.dumps(KEPT | {"theme": "light"}).removesuffix("}") + slip, "utf-8")
    assert SettingsStore(path).value == Settings(**KEPT | {"theme": "light"})


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\x00\xff", b"[1, 2]", b"7", b"{{"])
def test_garbage_costs_everything_and_no_start(path, content):
    path.write_bytes(content)
    store = SettingsStore(path)
    assert store.value == Settings()
    store.update(theme="light")
    assert SettingsStore(path).value.theme == "light"


def test_a_damaged_entry_costs_that_entry(path):
    found = stored(path, KEPT | {"recent": [["/data/a.nii"], 5, ["/data/b.nii", 7], []]})
    assert found.recent == (("/data/a.nii",), ())
    assert found.folder == "/data/scans"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_costs_nothing(path, encoding):
    path.write_text(json.dumps(KEPT | {"folder": "/data/Müller"}, ensure_ascii=False), encoding)
    assert SettingsStore(path).value == Settings(**KEPT | {"folder": "/data/Müller"})


def test_names_that_are_not_utf8_are_kept(path):
    store = SettingsStore(path)
    store.update(folder=NOT_UTF8, recent=[(NOT_UTF8,), ("/data/Müller 👁.nii", "\ud800")])
    assert SettingsStore(path).value == store.value
    assert store.value.recent[0] == (NOT_UTF8,)
    assert list(path.parent.iterdir()) == [path]


def test_a_name_written_by_hand_in_latin_1_is_the_name_of_the_file(path):
    path.write_bytes(b'{"theme": "light", "recent": [["/data/caf\xe9.npy"]]}')
    assert SettingsStore(path).value == Settings(theme="light", recent=((NOT_UTF8,),))


def test_too_many_brackets_cost_everything_and_no_start(path):
    path.write_text('{"theme": "light", "recent": ' + 100_000 * "[", "utf-8")
    assert SettingsStore(path).value == Settings()


def test_a_newer_file_is_read_as_far_as_it_is_known(path):
    found = stored(path, KEPT | {"version": 9, "talk": {"size": 20}})
    assert (found.theme, found.folder) == ("light", "/data/scans")


def test_what_a_newer_version_has_written_is_kept_in_the_file(path):
    newer = {"version": 9, "talk": {"size": 20}, "theme": "sepia"}
    path.write_text(json.dumps(newer), "utf-8")
    SettingsStore(path).update(folder="/data")
    found = json.loads(path.read_bytes())
    assert {name: found[name] for name in newer} == newer
    assert found["folder"] == "/data"


def test_the_version_of_the_file_is_written(path):
    path.write_text(json.dumps({"version": 0, "theme": "light"}), "utf-8")
    SettingsStore(path).update(folder="/data")
    assert json.loads(path.read_bytes())["version"] == settings.VERSION


def test_two_windows_keep_what_the_other_has_written(path):
    first, second = SettingsStore(path), SettingsStore(path)
    first.update(folder="/data")
    second.update(theme="light")
    assert SettingsStore(path).value == Settings(folder="/data", theme="light")


def test_what_another_window_sets_holds_there_until_the_next_start(path):
    """A window shows what it has applied: bars that it has no notice of are not in its menu."""
    first, second = SettingsStore(path), SettingsStore(path)
    heard = []
    second.changed.connect(heard.append)
    first.update(panel_titles=True, theme="light")
    second.update(folder="/data")
    assert second.value == Settings(folder="/data")
    assert heard == [Settings(folder="/data")]
    assert SettingsStore(path).value == Settings(folder="/data", panel_titles=True, theme="light")


def test_the_last_choice_is_in_the_file_even_if_it_changes_nothing_in_its_window(path):
    first, second = SettingsStore(path), SettingsStore(path)
    first.update(theme="light")
    second.update(theme="dark")
    assert SettingsStore(path).value.theme == "dark"


def test_what_other_windows_have_opened_stays_in_the_list(path):
    first, second = RecentSources(SettingsStore(path)), RecentSources(SettingsStore(path))
    first.add(("/data/a.nii",))
    second.add(("/data/b.nii",))
    expected = [("/data/b.nii",), ("/data/a.nii",)]
    assert RecentSources(SettingsStore(path)).entries() == expected


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


def is_in_no_folder(path):
    path.parent.rmdir()
    path.parent.write_text("a file")


def is_a_folder(path):
    path.mkdir()


def is_a_pipe(path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(path)


@pytest.mark.parametrize("spoil", [is_in_no_folder, is_a_folder, is_a_pipe])
def test_what_cannot_be_written_holds_until_the_program_ends(tmp_path, spoil):
    path = tmp_path / "lossexplorer" / "settings.json"
    path.parent.mkdir()
    spoil(path)
    store = SettingsStore(path)
    store.update(theme="light")
    store.update(folder="/data")
    RecentSources(store).add(("/data/a.nii",))
    RecentSources(store).add(("/data/b.nii",))
    recent = (("/data/b.nii",), ("/data/a.nii",))
    assert store.value == Settings(theme="light", folder="/data", recent=recent)
    assert not path.is_file()
    assert not list(tmp_path.rglob("*.partial"))


def test_a_full_disk_costs_nothing_once_there_is_room(path, monkeypatch):
    def write(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    store = SettingsStore(path)
    with monkeypatch.context() as full:
        full.setattr(settings.Path, "replace", write)
        store.update(theme="light")
    assert store.value.theme == "light"
    assert not list(path.parent.iterdir())
    store.update(folder="/data")
    assert SettingsStore(path).value == Settings(theme="light", folder="/data")


def test_the_folder_is_made_when_there_is_something_to_write(tmp_path):
    path = tmp_path / "new" / "settings.json"
    store = SettingsStore(path)
    assert not path.parent.exists()
    store.update(theme="light")
    assert stat.S_ISREG(path.stat().st_mode)


@pytest.mark.parametrize(
    "source", ["/" + 5000 * "a", "/data/a\0b", "/data/\ud800", "/dev/null/labels.nii", NOT_UTF8]
)
def test_what_cannot_be_looked_at_is_missing(source):
    assert missing((source,))


def test_what_may_not_be_looked_at_is_missing(monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pathlib.Path.stat", refuse)
    assert missing(("/data/a.nii",))


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
    store = SettingsStore(path)
    assert store.value == Settings()
    store.update(theme="light")
    assert json.loads(path.read_bytes())["recent"] == []
