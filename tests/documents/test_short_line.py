"""A session of sample volumes fits into one line, which survives mail programs."""

import base64
import textwrap
import zlib
from dataclasses import replace

import numpy as np
import pytest

from lossexplorer.documents import (
    DocumentError,
    case_of,
    from_short_line,
    restored,
    session_document,
    short_line,
)
from lossexplorer.engine.messages import Plane
from lossexplorer.session import Session, State
from lossexplorer.volumes import open_case


@pytest.fixture
def session():
    session = Session()
    session.open(open_case(["sample:brain"], classes=(1, 3), patch=(64, 64, 64)))
    session.set_control("grow", 1 / 3)
    session.set_control("shift_x", 3.125)
    session.set_parameter("tversky", "alpha", 0.7)
    session.set_weight("iou", 0.1)
    session.add_loss("focal")
    session.remove_loss("dice")
    session.set_descent("rate", 0.3)
    session.show(plane=Plane(1, 7), loss="total", layout="overlaid")
    return session


def same(again, session):
    case = case_of(again)
    state = restored(again, case)
    assert case.key == session.case.key
    known = replace(session.state.experiment, case=None)
    return (replace(state.experiment, case=None), state.view) == (known, session.state.view)


def test_the_line_has_everything_that_differs(session):
    line = short_line(session_document(session.state))
    assert len(line) < 400
    assert len(line.split()) == 1
    assert same(from_short_line(line), session)


def test_the_line_is_found_in_a_mail_that_broke_it(session):
    line = short_line(session_document(session.state))
    mail = "Look at this:\n\n" + "\n".join(textwrap.wrap(line, 72)) + "\n"
    assert same(from_short_line(mail), session)


def test_a_session_of_a_file_says_why_it_is_no_line(tmp_path):
    np.save(tmp_path / "cube.npy", np.pad(np.ones((2, 2, 2), np.uint8), 2))
    session = Session()
    session.open(open_case([str(tmp_path / "cube.npy")]))
    with pytest.raises(DocumentError, match=r"sample volumes.*cube\.npy"):
        short_line(session_document(session.state))
    with pytest.raises(DocumentError, match="sample volumes"):
        short_line(session_document(State()))


@pytest.mark.parametrize("cut", [8, 20, -4])
def test_a_line_that_is_cut_off_is_refused(session, cut):
    line = short_line(session_document(session.state))
    with pytest.raises(DocumentError, match="damaged or incomplete"):
        from_short_line(line[:cut])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no session"),
        ("lossx2:abcd", "the form 2"),
        ("lossx1:", "damaged"),
        ("lossx1:ab!d", "damaged"),
    ],
)
def test_other_text_is_refused(text, said):
    with pytest.raises(DocumentError, match=said):
        from_short_line(text)


def packed(content):
    raw = zlib.compress(content, wbits=-15)
    return "lossx1:" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b'{"volumes": 7}',
        b'{"losses": [7]}',
        b'{"losses": [{"loss": "dise"}]}',
        b'{"controls": {"grow": "much"}}',
        b'{"unknown": 1}',
        b"[" * 100_000,
        b" " * (1 << 28),  # 256 MiB of spaces in 260 kB
    ],
)
def test_a_forged_line_is_refused(content):
    with pytest.raises(DocumentError):
        from_short_line(packed(content))


@pytest.mark.parametrize("words", ["a", "ab", "abc", "abcd", "Yours,\nAnna B"])
def test_words_behind_the_line_do_not_count(session, words):
    line = short_line(session_document(session.state))
    assert same(from_short_line(f"{line}\n{words}"), session)
