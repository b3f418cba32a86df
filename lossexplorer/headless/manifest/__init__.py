"""``lossexplorer evaluate --manifest``: many pairs of truth and prediction, one after the other.

`pairs` reads which they are, `rows` has what is found of one, and `run` evaluates all of them.
"""

from lossexplorer.headless.manifest.pairs import Pair, read_manifest
from lossexplorer.headless.manifest.rows import PairSetup
from lossexplorer.headless.manifest.run import (
    InterruptedRun,
    Summary,
    as_text,
    evaluate_manifest,
)

__all__ = [
    "InterruptedRun",
    "Pair",
    "PairSetup",
    "Summary",
    "as_text",
    "evaluate_manifest",
    "read_manifest",
]
