"""Small volumes and answers for the session's tests."""

import numpy as np

from lossexplorer.engine.messages import Answer, LossResult
from lossexplorer.volumes import LabelClass, LabelVolume, case_of


def volume(shape=(2, 3, 4), classes=2, name="v", seed=1):
    labels = np.random.default_rng(seed).integers(0, classes, shape).astype(np.uint8)
    described = tuple(LabelClass(i, f"class {i}", int((labels == i).sum())) for i in range(classes))
    return LabelVolume(labels, described, (6.5, 0.5, 0.25), True, name, name)


def case(**of):
    return case_of(volume(**of))


def answer(
    request, value=0.25, *, preview="", pending=(), classes=2, seconds=0.001, left_out=False
):
    """An answer in which every loss has one value; some losses may be pending."""
    results = tuple(
        LossResult(
            setting.name,
            setting.parameters,
            setting.weight,
            float("nan") if setting.name in pending else value,
            ((None,) if setting.name in pending else (value,)) * classes,
            pending=setting.name in pending,
        )
        for setting in request.question.losses
    )
    known = [result for result in results if not result.pending]
    total = sum(result.weight * result.value for result in known)
    return Answer(request, results, total, None, seconds, preview, left_out)
