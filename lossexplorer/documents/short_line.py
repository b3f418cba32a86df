"""A session of sample volumes as one short line of text, to be pasted into a mail or a chat."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lossexplorer.documents.document import VERSION, SessionDocument
from lossexplorer.documents.reading import DocumentError, document_of
from lossexplorer.documents.writing import session_document, text_of
from lossexplorer.losses import loss_named
from lossexplorer.session.shown_losses import default_setting
from lossexplorer.session.state import State
from lossexplorer.volumes import SAMPLE_VOLUME_PREFIX

SHORT_LINE_PREFIX = "lossx1:"
"""Begins every line; the number is that of the form of lines, and not of the document."""

_LINE = re.compile(r"lossx(\d+):([A-Za-z0-9_\-\s]*)")
_LARGEST = 1 << 20  # a line of a few hundred characters must not become gigabytes
_LEFT_OUT = ("kind", "version", "program", "libraries", "saved_at", "snapshots", "truth")
"""What a line does not have: who wrote it and when, and what follows from the sample volume."""


def short_line(document: SessionDocument) -> str:
    """Return a session as one line: what differs from the defaults, compressed.

    Parameters
    ----------
    document : SessionDocument
        Its volumes are sample volumes, for another computer has no others.

    Raises
    ------
    DocumentError
        If it needs a file.

    Examples
    --------
    >>> from lossexplorer.session import Session
    >>> from lossexplorer.volumes import open_case
    >>> session = Session()
    >>> session.open(open_case(["sample:plate"]))
    >>> session.set_control("grow", 2.0)
    >>> line = short_line(session_document(session.state))
    >>> line.startswith("lossx1:"), len(line) < 200, from_short_line(line).controls["grow"]
    (True, True, 2.0)
    """
    why_not = no_line(document)
    if why_not:
        raise DocumentError(why_not)
    content = json.loads(text_of(document))
    for each in content["losses"]:
        _leave_out(each, _default_loss(each["loss"], each["name"]))
    found = {
        name: value
        for name, value in _difference(content, _defaults()).items()
        if name not in _LEFT_OUT
    }
    found["volumes"] = [source.path for source in document.volumes]
    packed = zlib.compress(json.dumps(found, separators=(",", ":")).encode(), level=9, wbits=-15)
    return SHORT_LINE_PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def no_line(document: SessionDocument) -> str:
    """Return in a sentence why a session cannot be one line; empty if it can."""
    files = [each.path for each in document.files if not each.path.startswith(SAMPLE_VOLUME_PREFIX)]
    if files:
        return (
            f"Only sessions of sample volumes fit into a line of text, and this one needs "
            f"{files[0]}. Save it to a file, and send it with the volume."
        )
    if not document.volumes:
        return (
            "Only sessions of sample volumes fit into a line of text, and what is open is none. "
            "Choose one in File > Open Sample."
        )
    return ""


def from_short_line(text: str) -> SessionDocument:
    """Return the session that a line holds, wherever in a text it stands.

    Parameters
    ----------
    text : str
        The line; a mail program may have broken it.

    Raises
    ------
    DocumentError
        If there is none, it is damaged, or a newer program has written it.
    """
    match = _LINE.search(text)
    if match is None:
        raise DocumentError(
            f"The text holds no session: such a line begins with {SHORT_LINE_PREFIX}. Copy it "
            "with Edit > Copy Session."
        )
    if f"lossx{match[1]}:" != SHORT_LINE_PREFIX:
        raise DocumentError(
            f"The line has the form {match[1]}, and this program knows the form "
            f"{SHORT_LINE_PREFIX[5:-1]}. Update it."
        )
    content = _completed(_unpacked("".join(match[2].split())))
    return document_of(json.dumps(content), "The line")


def _unpacked(text: str) -> dict[str, Any]:
    damaged = DocumentError("The line is damaged or incomplete. Copy all of it.")
    # What stands behind the line is read as if it went on; the packing says where it ends.
    text = text[: len(text) - (len(text) % 4 == 1)]  # no number of bytes has so many characters
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpacking = zlib.decompressobj(wbits=-15)
        content = json.loads(unpacking.decompress(packed, _LARGEST))
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise damaged from error
    if not unpacking.eof or not isinstance(content, dict):
        raise damaged
    return content


def _completed(content: dict[str, Any]) -> dict[str, Any]:
    """Return a document's content with the defaults of what the line leaves out."""
    volumes = content.get("volumes")
    losses = content.get("losses", _defaults()["losses"])
    try:
        found = _merged(_defaults(), content)
        found["volumes"] = [{"path": path} for path in volumes or ()]
        found["losses"] = [
            _merged(_default_loss(each["loss"], each.get("name", each["loss"])), each)
            for each in losses
        ]
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise DocumentError("The line is damaged or incomplete. Copy all of it.") from error
    return found


def _defaults() -> dict[str, Any]:
    """Return the content of a session in which nothing was set."""
    content: dict[str, Any] = json.loads(
        text_of(session_document(State(), saved_at=datetime.now(UTC)))
    )
    for each in content["losses"]:
        _leave_out(each, _default_loss(each["loss"], each["name"]))
    return content | {"version": VERSION}


def _default_loss(loss: str, name: str) -> dict[str, Any]:
    setting = default_setting(loss_named(loss))
    parameters = json.loads(json.dumps(setting.parameters))
    return {
        "name": loss if name == loss else None,
        "title": "",
        "parameters": parameters,
        "weight": setting.weight,
    }


def _leave_out(content: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Remove what is at its default."""
    found = _difference(content, defaults)
    content.clear()
    content.update(found)


def _difference(content: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys with other values than the defaults, of mappings those within them."""
    found: dict[str, Any] = {}
    for key, value in content.items():
        before = defaults.get(key)
        if key not in defaults or value != before:
            nested = before if isinstance(value, dict) and isinstance(before, dict) else None
            found[key] = value if nested is None else _difference(value, nested)
    return found


def _merged(defaults: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults with other values, as `_difference` has them."""
    found = dict(defaults)
    for key, value in content.items():
        before = found.get(key)
        nested = before if isinstance(value, dict) and isinstance(before, dict) else None
        found[key] = value if nested is None else _merged(nested, value)
    return found
