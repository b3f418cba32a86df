"""Frozen values that are passed between the window's process and the engine's.

`loss_settings` has the losses that are shown, `asked` what else questions ask about, `question`
questions, efforts and requests, `answer` answers, `training` orders, turns and reports of a
training run, and `status` the engine's status and progress.
"""

from lossexplorer.engine.messages.answer import (
    Answer,
    Cure,
    LossResult,
    PaintedMaps,
    Problem,
    VoxelValues,
)
from lossexplorer.engine.messages.asked import (
    TOTAL,
    MapRequest,
    MapSubject,
    Plane,
    Reference,
    Voxel,
)
from lossexplorer.engine.messages.descent import (
    DESCENT_PARAMETERS,
    Descent,
    DescentReport,
    DescentStep,
    check_exclusive,
)
from lossexplorer.engine.messages.gradient_parts import REGIONS, GradientParts
from lossexplorer.engine.messages.loss_settings import (
    LONGEST_TITLE,
    LossSetting,
    catalogued,
    free_name,
    heading_of,
    loss_of,
    number_of,
    title_of,
    untitled,
)
from lossexplorer.engine.messages.question import EXACT, PREVIEW, Effort, Question, Request
from lossexplorer.engine.messages.status import (
    Compiling,
    EngineInfo,
    EngineState,
    EngineStatus,
    Progress,
)
from lossexplorer.engine.messages.training import (
    OutputMaps,
    Past,
    Prepared,
    Repeat,
    TrainingOrder,
    Turn,
    TurnRefusal,
    TurnReport,
)

__all__ = [
    "DESCENT_PARAMETERS",
    "EXACT",
    "LONGEST_TITLE",
    "PREVIEW",
    "REGIONS",
    "TOTAL",
    "Answer",
    "Compiling",
    "Cure",
    "Descent",
    "DescentReport",
    "DescentStep",
    "Effort",
    "EngineInfo",
    "EngineState",
    "EngineStatus",
    "GradientParts",
    "LossResult",
    "LossSetting",
    "MapRequest",
    "MapSubject",
    "OutputMaps",
    "PaintedMaps",
    "Past",
    "Plane",
    "Prepared",
    "Problem",
    "Progress",
    "Question",
    "Reference",
    "Repeat",
    "Request",
    "TrainingOrder",
    "Turn",
    "TurnRefusal",
    "TurnReport",
    "Voxel",
    "VoxelValues",
    "catalogued",
    "check_exclusive",
    "free_name",
    "heading_of",
    "loss_of",
    "number_of",
    "title_of",
    "untitled",
]
