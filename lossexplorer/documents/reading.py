"""From text to a document: what is wrong is said in a sentence that names the key."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lossexplorer.core.files import is_special
from lossexplorer.core.parameters import Number, ParameterError, closest
from lossexplorer.documents.document import VERSION, SessionDocument, StateRecord
from lossexplorer.documents.migrations import migrated
from lossexplorer.documents.scenario import ScenarioDocument
from lossexplorer.engine.messages import DESCENT_PARAMETERS, TOTAL, LossSetting
from lossexplorer.learning.loss_choices import checked
from lossexplorer.losses import loss_named
from lossexplorer.predictions import CONTROLS
from lossexplorer.session.shown_losses import in_order, renamed

LARGEST_BYTES = 64 << 20
"""No document is larger: it holds no volume, and pictures of snapshots are small."""

KINDS: Mapping[str, type[SessionDocument]] = {
    "lossexplorer session": SessionDocument,
    "lossexplorer scenario": ScenarioDocument,
}


class DocumentError(ValueError):
    """A session or a scenario cannot be used; the message is one or two plain sentences."""


def read_document(path: str | os.PathLike[str]) -> SessionDocument:
    """Read a session or a scenario.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    SessionDocument
        A `ScenarioDocument` if it is a scenario.

    Raises
    ------
    DocumentError
        If the file cannot be read, is of a newer version, or holds something else; the message
        names file and key.
    """
    file = Path(path)
    try:
        if is_special(file):
            raise DocumentError(f"{file} is no file. Choose a session that was saved to one.")
        with file.open("rb") as stream:
            content = stream.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, DocumentError):
            raise
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise DocumentError(f"{file} cannot be read: {why}.") from error
    return document_of(content, file.name)


def document_of(content: str | bytes, name: str = "The text") -> SessionDocument:
    """Return the document that JSON holds.

    Parameters
    ----------
    content : str or bytes
        The JSON, as UTF-8 if it is bytes.
    name : str
        What it is called in errors.

    Raises
    ------
    DocumentError
        As `read_document`.

    Examples
    --------
    >>> document_of('{"kind": "lossexplorer session", "version": 99}', "talk.lossx")
    Traceback (most recent call last):
    ...
    lossexplorer.documents.reading.DocumentError: talk.lossx has version 99 of the format, and this program knows versions up to 2. Update the program, or save the session with an older one.
    """  # noqa: E501 - the example's sentence
    if len(content) > LARGEST_BYTES:
        raise DocumentError(
            f"{name} has more than {LARGEST_BYTES >> 20} MiB, which no session has. Choose another "
            "file."
        )
    stored = _parsed(content, name)
    model = _model_of(stored, name)
    version = _version_of(stored, name)
    try:
        current = migrated(stored, version, VERSION)
        document = model.model_validate(current)
    except ValidationError as error:
        raise DocumentError(f"{name}: {_in_words(error)}") from error
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        # A migration takes what its version always has.
        raise DocumentError(f"{name} is no session of version {version}: it is damaged.") from error
    for place, record in _states(document):
        try:
            _check(record)
        except ParameterError as error:
            raise DocumentError(f"{name}: {place}{error}") from error
    return document


def _parsed(content: str | bytes, name: str) -> dict[str, Any]:
    """Return the JSON object, with tuples for lists.

    Raises
    ------
    DocumentError
        If it is none.
    """
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        stored = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise DocumentError(f"{name} is no session: it is no text in UTF-8.") from error
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"{name} is damaged or no session: line {error.lineno}, column {error.colno} is no "
            "JSON."
        ) from error
    except RecursionError as error:
        raise DocumentError(f"{name} is no session: it is nested too deeply.") from error
    except ValueError as error:  # a key twice, NaN, a number of thousands of digits
        raise DocumentError(f"{name} is damaged or no session: {error}.") from error
    if not isinstance(stored, dict):
        raise DocumentError(f"{name} is no session: it holds no JSON object.")
    return stored


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def _object(entries: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in entries:
        if key in found:
            raise ValueError(f"the key {key!r} is there twice")
        found[key] = _with_tuples(value)
    return found


def _with_tuples(value: Any) -> Any:
    """Return a value with tuples for lists, as parameters have them."""
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value


def _model_of(stored: Mapping[str, Any], name: str) -> type[SessionDocument]:
    kind = stored.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise DocumentError(
            f"{name} is no session of Loss Explorer: its kind is {_shown(kind)}, and not one of "
            f"{', '.join(KINDS)}."
        )
    return KINDS[kind]


def _version_of(stored: Mapping[str, Any], name: str) -> int:
    version = stored.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise DocumentError(f"{name} is damaged: its version is {_shown(version)}, and no number.")
    if version > VERSION:
        raise DocumentError(
            f"{name} has version {version} of the format, and this program knows versions up to "
            f"{VERSION}. Update the program, or save the session with an older one."
        )
    return version


def _in_words(error: ValidationError) -> str:
    """Return the first thing that is wrong, with its key."""
    problems = error.errors(include_url=False, include_context=False)
    # Of a union, what is wrong with the member that fits best comes last; unknown keys first.
    first = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    key = _key([part for part in first["loc"] if part not in _UNION_TAGS])
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"the key {key} is unknown. A newer program may have written it; update this one."
    if first["type"] == "missing":
        return f"the key {key} is missing."
    what = first["msg"][0].lower() + first["msg"][1:]
    return f"{key} cannot be {_shown(first['input'])}: {what}."


_UNION_TAGS = {
    "BuiltNetwork",
    "OwnNetwork",
    "literal['each','foreground']",
    "tuple[int, ...]",
    "int",
}


def _key(parts: list[int | str]) -> str:
    """Return a place in a document, such as ``losses[0].weight``."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _shown(value: object) -> str:
    """Return a value for a message, of which one line is enough."""
    text = "missing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _states(document: SessionDocument) -> list[tuple[str, StateRecord]]:
    kept = [(f"snapshots[{n}]: ", each) for n, each in enumerate(document.snapshots)]
    return [("", document), *kept]


def _check(record: StateRecord) -> None:
    """Refuse controls, losses and parameters that there are not, and values that cannot be.

    The ranges of lengths belong to a volume and are checked once it is open.
    """
    for name, value in record.controls.items():
        if name not in CONTROLS:
            raise closest(name, CONTROLS, "control")
        control = CONTROLS[name]
        (control.of_any_size() if isinstance(control, Number) else control).check(value)
    names = [each.name for each in losses_of(record)]
    shown = [TOTAL, *names]
    if record.view.loss not in shown:
        raise ParameterError(f"view.loss is {record.view.loss!r}, which is not shown.")
    for what, followed in (("follows", record.descent.follows), ("beside", record.descent.beside)):
        if followed and followed not in shown:
            raise ParameterError(f"descent.{what} is {followed!r}, which is not shown.")
    for parameter in DESCENT_PARAMETERS:
        parameter.check(getattr(record.descent, parameter.name))
    for branch in record.setup.outputs:
        checked(branch.loss)


def losses_of(record: StateRecord) -> tuple[LossSetting, ...]:
    """Return the losses that a document shows, in the order in which the window shows them.

    Parameters
    ----------
    record : StateRecord
        The document, or a snapshot of it.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such loss or parameter, a value is not allowed, or two have one name or
        title.
    """
    found: list[LossSetting] = []
    for each in record.losses:
        parameters = loss_named(each.loss).complete(each.parameters)
        setting = LossSetting(each.loss, parameters, each.weight, each.name)
        if setting.name in [other.name for other in found]:
            raise ParameterError(f"Two losses have the name {each.name!r}; give each its own.")
        found.append(renamed(setting, each.title, found))
    return in_order(found)
