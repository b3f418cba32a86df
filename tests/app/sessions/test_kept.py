"""The folders of sessions: who holds them, what is left of a process that was killed."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import lossexplorer
from lossexplorer.app.sessions.kept import KeptSession, KeptSessions, SessionFolder
from lossexplorer.core.files import LockedError

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)

# A process that keeps sessions, one after the other, or waits with what it has.
KEEPING = """
import itertools, pathlib, sys
from datetime import UTC, datetime
from lossexplorer.app.sessions.kept import KeptSession, KeptSessions
root, letters, how = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
folder = KeptSessions(root).make()
for number in itertools.count():
    document = f"{number} " + "x" * letters
    folder.write(KeptSession(kept_at=datetime.now(UTC), title="a", document=document))
    print(number, flush=True)
    if how == "once":
        sys.stdin.read()
"""


def kept(title="labels.nii.gz", minutes=0, **what):
    moment = NOON + timedelta(minutes=minutes)
    return KeptSession(kept_at=moment, title=title, document=what.pop("document", "{}"), **what)


def keeping(root, letters=10, how="once"):
    environment = {**os.environ, "PYTHONPATH": str(Path(lossexplorer.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-c", KEEPING, os.fspath(root), str(letters), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def left(root):
    found = KeptSessions(root).left()
    for folder, _ in found:
        folder.release()
    return [session for _, session in found]


@pytest.mark.parametrize("name", ["plain", "with spaces", "Größe Übung 測試"])
def test_what_is_written_is_read(tmp_path, name):
    session = kept(title="Bauchhöhle \udcff.nii.gz", changes="1 control changed", crashes=1)
    folder = KeptSessions(tmp_path / name).make()
    folder.write(session)
    assert folder.read() == session
    assert [each.name for each in folder.path.iterdir()] == ["session.json"]


def test_a_session_of_a_process_that_runs_is_not_left_until_it_is_killed(tmp_path):
    with keeping(tmp_path) as process:
        assert process.stdout.readline() == "0\n"
        assert left(tmp_path) == []
        process.send_signal(signal.SIGKILL)
        process.wait()
    (session,) = left(tmp_path)
    assert session.document == "0 xxxxxxxxxx"
    assert (session.status, session.all_crashes) == ("open", 1)


@pytest.mark.slow
@pytest.mark.parametrize("letters", [10, 300_000])
def test_whatever_a_write_is_killed_in_the_session_is_whole(tmp_path, letters):
    """What was said to be on the disk is there, or what came next."""
    for more in range(12):
        root = tmp_path / f"{more}"
        with keeping(root, letters, "always") as process:
            for _ in range(3 + more):
                said = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            said = [int(line) for line in process.stdout][-1:] or [said]
        (session,) = left(root)
        number, _, document = session.document.partition(" ")
        assert int(number) in (said[0], said[0] + 1)
        assert document == "x" * letters


def test_one_process_alone_takes_what_is_left(tmp_path):
    folder = KeptSessions(tmp_path).make()
    folder.write(kept())
    folder.release()
    ((first, _),) = KeptSessions(tmp_path).left()
    assert KeptSessions(tmp_path).left() == []
    with pytest.raises(LockedError):
        SessionFolder(first.path)
    first.release()
    assert len(left(tmp_path)) == 1


def test_a_removed_session_leaves_nothing(tmp_path):
    folder = KeptSessions(tmp_path).make()
    folder.write(kept())
    folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_newest_is_first_and_what_cannot_be_read_stays(tmp_path):
    for title, minutes in (("old", 0), ("newest", 9), ("new", 5)):
        folder = KeptSessions(tmp_path).make()
        folder.write(kept(title, minutes))
        folder.release()
    for name, content in (("damaged", "{"), ("newer", '{"version": 2}'), ("empty", None)):
        (tmp_path / name).mkdir()
        if content is not None:
            (tmp_path / name / "session.json").write_text(content, "ascii")
    assert [session.title for session in left(tmp_path)] == ["newest", "new", "old"]
    assert (tmp_path / "damaged" / "session.json").read_text("ascii") == "{"


def test_only_the_last_ended_session_and_the_newest_others_are_kept(tmp_path):
    for minutes in range(8):
        for status in ("ended", "open" if minutes % 2 else "declined"):
            folder = KeptSessions(tmp_path).make()
            folder.write(kept(f"{status} {minutes}", minutes, status=status))
            folder.release()
    KeptSessions(tmp_path).prune()
    titles = [session.title for session in left(tmp_path)]
    assert [title for title in titles if "ended" in title] == ["ended 7"]
    others = [title for title in titles if "ended" not in title]
    assert others == ["open 7", "declined 6", "open 5", "declined 4", "open 3"]


LIMITED = """
import pathlib, resource, signal, sys
from datetime import UTC, datetime
from lossexplorer.app.sessions.kept import KeptSession, KeptSessions
folder = KeptSessions(pathlib.Path(sys.argv[1])).make()
session = KeptSession(kept_at=datetime.now(UTC), title="a", document="x" * 1000)
folder.write(session)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
try:
    folder.write(session.model_copy(update={"document": "y" * 5000}))
except OSError as error:
    print(error.strerror)
print(folder.read() == session, [each.name for each in folder.path.iterdir()])
"""


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_where_nothing_more_can_be_written_the_former_session_stays(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(lossexplorer.__file__).parents[1])}
    command = [sys.executable, "-c", LIMITED, os.fspath(tmp_path / "voll & übervoll")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.splitlines() == ["File too large", "True ['session.json']"]
