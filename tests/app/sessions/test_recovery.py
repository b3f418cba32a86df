"""The window is killed, and nothing is lost: real windows, each in a process of its own."""

import json
import os
import random
import signal
import time

import pytest

from tests.app.driver import small_labels, write_nifti
from tests.patience import PATIENCE

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="signals of POSIX"),
    pytest.mark.slow,  # each starts the program several times
]


def changed_and_killed(home, *, presses=4):
    """A window in which a slider was moved, killed once that is on the disk; the value set."""
    program = home.start()
    program.begin()
    value = program.do(f"press('shift_x', 'Right', {presses})")
    program.until("is_kept('shift_x')")
    program.kill()
    return value


def test_after_a_kill_one_dialog_offers_what_was_set_and_restores_it(home):
    value = changed_and_killed(home)
    program = home.start()
    program.begin()
    assert program.do("value('shift_x')") != value
    offered = program.do("offered()")
    ((title, kept_at, changes),) = offered["rows"]
    assert (title, changes) == ("tumour", "1 control changed")
    assert kept_at.startswith(("today at ", "yesterday at "))
    assert set(offered["buttons"]) == {"Restore", "Start Empty", "Later"}
    assert not offered["without volume"]
    program.do("click('Restore')")
    program.until(f"value('shift_x') == {value}")
    assert program.do("offered()") is None
    # It is a session of this window now, and there is no second one.
    program.until("is_kept('shift_x')")
    assert program.end(signal.SIGTERM) == 128 + signal.SIGTERM
    (session,) = home.left()
    assert (session.status, session.crashes) == ("ended", 0)
    assert json.loads(session.document)["controls"]["shift_x"] == value


def test_escape_is_later_and_start_empty_offers_no_more_and_discards_nothing(home):
    value = changed_and_killed(home)
    program = home.start()
    program.until("offered() is not None")
    program.do("escape()")
    assert program.do("offered()") is None
    program.end(signal.SIGTERM)
    program = home.start()
    program.until("offered() is not None")
    program.do("click('Start Empty')")
    program.end(signal.SIGTERM)
    program = home.start()
    program.begin()
    assert program.do("offered()") is None
    program.do("trigger('Recover Session…')")
    rows = program.do("offered()")["rows"]
    assert set(program.do("offered()")["buttons"]) == {"Restore", "Cancel"}
    (place,) = [n for n, row in enumerate(rows) if row[2] == "1 control changed"]
    for _ in range(place):
        program.do("down()")
    program.do("click('Restore')")
    program.until(f"value('shift_x') == {value}")


def test_two_windows_never_take_each_other_for_cut_off(home):
    first = home.start()
    first.begin()
    value = first.do("press('shift_x', 'Right', 2)")
    first.until("is_kept('shift_x')")
    second = home.start()
    second.begin()
    assert second.do("offered()") is None
    second.do("press('shift_x', 'Left', 2)")
    second.until("is_kept('shift_x')")
    first.kill()
    third = home.start()
    third.begin()
    assert [changes for _, _, changes in third.do("offered()")["rows"]] == ["1 control changed"]
    third.do("click('Restore')")
    third.until(f"value('shift_x') == {value}")
    assert second.do("value('shift_x')") != value


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGHUP", "close", "logout"])
def test_what_ends_the_program_on_purpose_is_no_crash(home, how):
    program = home.start()
    program.begin()
    value = program.do("press('shift_x', 'Right', 4)")
    if how == "logout":
        program.do("logout()")
        program.kill()  # the system waits for nobody
    elif how == "close":
        program.do("trigger('Quit')")
        assert program.process.wait(PATIENCE) == 0
    else:
        number = getattr(signal, how)
        assert program.end(number) == 128 + number
    program = home.start()
    program.begin()
    assert program.do("offered()") is None
    assert program.do("value('shift_x')") != value
    program.do("trigger('Reopen Last Session')")
    program.until(f"value('shift_x') == {value}")


def test_a_logout_that_is_called_off_is_no_end(home):
    program = home.start()
    program.begin()
    program.do("press('shift_x', 'Right', 4)")
    program.do("logout()")
    value = program.do("press('shift_x', 'Right', 1)")
    program.until("is_kept('shift_x')")
    program.kill()
    (session,) = home.left()
    assert session.status == "open"
    assert json.loads(session.document)["controls"]["shift_x"] == value


def test_what_cuts_the_program_off_twice_is_offered_without_its_volume(home, tmp_path):
    path = tmp_path / "Bauch Größe" / "Niere links.nii.gz"
    path.parent.mkdir()
    write_nifti(path, small_labels())
    program = home.start(path)
    program.until(f"is_open({os.fspath(path)!r})")
    value = program.do("press('shift_x', 'Right', 3)")
    assert value != 0
    program.until("is_kept('shift_x')")
    program.kill()

    program = home.start()
    program.begin()
    offered = program.do("offered()")
    assert offered["rows"][0][0] == "Niere links.nii.gz – Bauch Größe"
    assert not offered["without volume"]
    program.do("click('Restore')")
    program.until(f"is_open({os.fspath(path)!r}) and value('shift_x') == {value}")
    program.until("is_kept('shift_x')")
    program.kill()

    program = home.start()
    program.begin()
    assert program.do("offered()")["without volume"]
    program.do("click('Restore')")
    program.until(f"value('shift_x') == {value}")
    assert program.do("is_open()")  # what the program starts with


def test_a_session_whose_volume_is_gone_asks_for_it_and_stays(home, tmp_path):
    path = tmp_path / "labels.nii"
    write_nifti(path, small_labels())
    program = home.start(path)
    program.until(f"is_open({os.fspath(path)!r})")
    program.do("press('shift_x', 'Right', 3)")
    program.until("is_kept('shift_x')")
    program.kill()
    path.unlink()
    program = home.start()
    program.begin()
    program.do("click('Restore')")
    program.until("question() != ''")
    assert path.name in program.do("question()")
    program.do("cancel()")
    program.end(signal.SIGTERM)
    program = home.start()
    program.begin()
    offered = program.do("offered()")
    assert offered["rows"][0][0].startswith("labels.nii – ")
    assert not offered["without volume"]  # a volume that is gone cuts nothing off


def test_an_engine_that_is_killed_costs_nothing(home):
    program = home.start()
    program.begin()
    program.until("engine() == 'ready' and number('dice') not in ('', '–')")
    value = program.do("press('shift_x', 'Right', 4)")
    program.do("kill_engine()")
    program.until("engine() == 'restarting'")
    assert program.do("value('shift_x')") == value
    program.until("is_kept('shift_x')")
    program.until("engine() == 'ready'")
    assert program.do("value('shift_x')") == value
    program.kill()
    (session,) = home.left()
    assert json.loads(session.document)["controls"]["shift_x"] == value


def test_on_a_full_disk_sliders_go_on_and_the_former_session_stays(home):
    program = home.start()
    program.begin()
    kept = program.do("press('shift_x', 'Right', 4)")
    program.until("is_kept('shift_x')")
    program.do("fill_disk()")
    value = program.do("press('shift_x', 'Right', 3)")
    assert value > kept
    program.until("message() != ''")
    assert "cannot be kept in" in program.do("message()")
    assert "File too large" in program.do("message()")
    assert not program.do("is_kept('shift_x')")
    program.do("fill_disk(False)")
    program.until("is_kept('shift_x')")  # tried again, though nothing has changed
    program.do("fill_disk()")
    program.do("press('shift_x', 'Right', 1)")
    program.kill()
    (session,) = home.left()
    assert json.loads(session.document)["controls"]["shift_x"] == value


def test_scripts_can_start_the_program_without_the_dialog(home):
    changed_and_killed(home)
    program = home.start("--no-restore")
    program.begin()
    assert program.do("offered()") is None
    program.kill()
    assert len(home.left()) == 2  # neither is discarded


def last_kept(home):
    """The number that traffic had set last, as the disk has it."""
    return round(1000 * json.loads(home.left()[0].document)["controls"]["shift_x"])


@pytest.mark.parametrize(
    ("kills", "seed"),
    # Fifty in five parts of some minutes.
    [(3, 0), *(pytest.param(10, seed, marks=pytest.mark.long) for seed in range(1, 6))],
)
@pytest.mark.timeout(0)
def test_killed_at_random_in_traffic_nothing_older_than_a_second_is_lost(home, kills, seed):
    draw = random.Random(seed)
    oldest, number = [], 0
    for kill in range(kills):
        program = home.start()
        program.begin()
        if kill:
            assert len(program.do("offered()")["rows"]) == 1
            if program.do("offered()")["without volume"]:
                assert not program.do("tick()")
            program.do("click('Restore')")
            program.until(f"round(1000 * value('shift_x')) == {number}")
        program.do("traffic()")
        if kill % 3 == 2:  # the engine, too
            program.until("engine() == 'ready'")
            program.do("kill_engine()")
        steps = draw.randrange(20, 400)
        while len(program.said) < steps:
            program.hear()
        at = time.monotonic()
        program.kill()
        program.hear_all()
        number = last_kept(home)
        times = {int(line.split()[1]): float(line.split()[2]) for line in program.said}
        assert number in times
        lost = [at - moment for each, moment in times.items() if each > number]
        oldest.append(max(lost, default=0.0))
        print(f"kill {kill}: {len(times)} set, the oldest that is lost {oldest[-1]:.3f} s")
    assert max(oldest) <= 1.0
