"""What travels between the window's process and the engine's: frozen values.

`settings` says what is set, `question` what is asked and with which effort, `answer` what comes
back, and `status` what the engine says of itself.
"""

from lossexplorer.engine.messages.answer import (
    Answer,
    Cure,
    LossResult,
    PaintedMaps,
    Problem,
)
from lossexplorer.engine.messages.question import EXACT, PREVIEW, Effort, Question, Request
from lossexplorer.engine.messages.settings import (
    TOTAL,
    LossSetting,
    MapRequest,
    Plane,
    Reference,
)
from lossexplorer.engine.messages.status import (
    EngineInfo,
    EngineState,
    EngineStatus,
    Progress,
)

__all__ = [
    "EXACT",
    "PREVIEW",
    "TOTAL",
    "Answer",
    "Cure",
    "Effort",
    "EngineInfo",
    "EngineState",
    "EngineStatus",
    "LossResult",
    "LossSetting",
    "MapRequest",
    "PaintedMaps",
    "Plane",
    "Problem",
    "Progress",
    "Question",
    "Reference",
    "Request",
]
