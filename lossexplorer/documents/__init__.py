"""Saved documents: a session and a scenario, as versioned JSON that is checked when it is read.

`document` and `scenario` say what there is, `writing` makes it of the state, `reading` and
`migrations` make it of text, `restoring` makes of it what is to be opened and set.
"""

from lossexplorer.documents.document import (
    SCENARIO_SUFFIX,
    SESSION_SUFFIX,
    VERSION,
    LossRecord,
    SessionDocument,
    SnapshotRecord,
    SourceRecord,
    StateRecord,
)
from lossexplorer.documents.reading import DocumentError, document_of, read_document
from lossexplorer.documents.restoring import (
    Difference,
    MissingFilesError,
    Opening,
    case_of,
    differences,
    experiment_of,
    is_open,
    opening_of,
    restored,
)
from lossexplorer.documents.scenario import Expected, ScenarioDocument
from lossexplorer.documents.short_line import SHORT_LINE_PREFIX, from_short_line, short_line
from lossexplorer.documents.writing import (
    recorded,
    session_document,
    text_of,
    write_document,
)

__all__ = [
    "SCENARIO_SUFFIX",
    "SESSION_SUFFIX",
    "SHORT_LINE_PREFIX",
    "VERSION",
    "Difference",
    "DocumentError",
    "Expected",
    "LossRecord",
    "MissingFilesError",
    "Opening",
    "ScenarioDocument",
    "SessionDocument",
    "SnapshotRecord",
    "SourceRecord",
    "StateRecord",
    "case_of",
    "differences",
    "document_of",
    "experiment_of",
    "from_short_line",
    "is_open",
    "opening_of",
    "read_document",
    "recorded",
    "restored",
    "session_document",
    "short_line",
    "text_of",
    "write_document",
]
