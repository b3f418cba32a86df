"""What is listed of a voxel, in words: every class or the most probable ones, and every loss."""

import numpy as np

from lossexplorer.app.stage.voxel_rows import gradient_rows, probability_rows
from lossexplorer.engine.messages import TOTAL, VoxelValues
from lossexplorer.session import Session
from tests.session.volumes import case

CLASSES = 83


def state(classes, shown):
    session = Session()
    session.open(case(shape=(3, 8, 9), classes=classes))
    session.show(class_index=shown)
    return session.state


def test_of_83_classes_the_one_shown_and_the_most_probable_are_listed_in_their_order():
    p = np.full(CLASSES, 0.001)
    p[[70, 12, 33, 5, 60]] = 0.4, 0.3, 0.1, 0.08, 0.04
    p[81] = 0.002
    rows, others = probability_rows(state(CLASSES, shown=7), VoxelValues((0, 0, 0), tuple(p), {}))
    assert [row.class_index for row in rows] == [5, 7, 12, 33, 60, 70]
    assert [row.text for row in rows] == ["0.08", "0.001", "0.3", "0.1", "0.04", "0.4"]
    assert others == "and 77 more, at most 0.002"


def test_without_values_every_row_has_an_ellipsis():
    few = state(3, shown=1)
    rows, others = probability_rows(few, None)
    assert [(row.name, row.text) for row in rows] == [(f"class {i}", "…") for i in range(3)]
    assert others == ""
    assert {row.text for row in gradient_rows(few, None)} == {"…"}


def test_what_is_pending_has_an_ellipsis_and_what_has_no_value_says_so():
    few = state(2, shown=1)
    first, second, *_ = few.experiment.shown
    gradients = dict.fromkeys(few.experiment.shown, 0.5) | {first: np.nan, second: np.nan}
    values = VoxelValues(
        (0, 0, 0), (0.1, 0.9), gradients | {TOTAL: np.nan}, frozenset({second, TOTAL})
    )
    texts = {row.loss: row.text for row in gradient_rows(few, values)}
    assert (texts[first], texts[second], texts[TOTAL]) == ("NaN", "…", "…")
    assert set(texts) == {*few.experiment.shown, TOTAL}
