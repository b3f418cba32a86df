"""Small volumes and questions for the engine's tests."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from lossexplorer.engine.messages import Answer, LossSetting, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Maps, Numbers
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES, loss_named
from lossexplorer.predictions import complete_controls
from lossexplorer.volumes import open_volume


def setting(name, weight=1.0, **changed):
    return LossSetting(name, loss_named(name).complete(changed), weight)


SHOWN = [name for name, loss in LOSSES.items() if loss.shown]
DEFAULTS = tuple(setting(name) for name in SHOWN)


def question_of(volume, controls, losses, painted=None):
    """Numbers, and maps if something is to be painted."""
    asked = (volume, complete_controls(controls), tuple(losses))
    return Numbers(*asked) if painted is None else Maps(*asked, painted)


def ask(losses=DEFAULTS, painted=None, **controls):
    return Request(question_of("v", controls, losses, painted))


def asking(request, **changes):
    """The same request with another question or effort, by the names of their fields."""
    of_effort = {name: changes.pop(name) for name in ("exact", "whole_field") if name in changes}
    question = replace(request.question, **changes)
    return Request(question, replace(request.effort, **of_effort))


def of_kind(kind, request):
    """The same request for numbers alone, or for norms."""
    asked = request.question
    return Request(kind(asked.volume, asked.controls, asked.losses), request.effort)


def named(answer: Answer):
    return {result.name: result for result in answer.losses}


def of_sample(name):
    opened = open_volume(f"sample:{name}")
    return Pipeline(Volume(opened.labels, tuple(c.name for c in opened.classes), opened.spacing))


SHAPE = (7, 9, 11)
SPACING = (2.0, 0.75, 1.25)
NAMES = ("background", "liver", "vessel", "gone")


def small_labels():
    rng = np.random.default_rng(21)
    field = ndimage.gaussian_filter(rng.normal(size=(3, *SHAPE)), (0, 1, 1, 1))
    field[0] += 0.05
    return field.argmax(axis=0).astype(np.uint8)


SOFT = {"softness": 0.9, "shift_y": 0.5, "grow": 0.2, "confidence": 0.98}
