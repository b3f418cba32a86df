"""Small volumes and questions for the engine's tests."""

import numpy as np
from scipy import ndimage

from lossexplorer.engine.messages import Answer, LossSetting, Request
from lossexplorer.engine.pipeline import Pipeline, Volume
from lossexplorer.losses import LOSSES, loss_named
from lossexplorer.predictions import complete_controls
from lossexplorer.volumes import open_volume


def setting(name, weight=1.0, **given):
    return LossSetting(name, loss_named(name).complete(given), weight)


SHOWN = [name for name, loss in LOSSES.items() if loss.shown]
DEFAULTS = tuple(setting(name) for name in SHOWN)


def ask(losses=DEFAULTS, painted=None, **controls):
    return Request("v", complete_controls(controls), tuple(losses), painted)


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
