"""What the window shows where its engine cannot start or a loss is broken.

The engine's process is broken from outside, by what it finds on its path.
"""

import os

import pytest

from tests.app.driver import Closed, shifted, tumour

BROKEN_TENSORFLOW = """
class OwnError(Exception):
    "One that no other process can unpickle."

raise {error}("libcudart.so.12: cannot open shared object file")
"""

BROKEN_LOSS = """
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import PathFinder

def broken(*_, **__):
    raise ZeroDivisionError("there is a mistake in this loss")

class Broken(Loader):
    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        object.__setattr__(module.LOSSES["LOSS"], "FUNCTION", broken)

class Finder(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "lossexplorer.losses":
            return None
        spec = PathFinder.find_spec(name, path, target)
        spec.loader = Broken(spec.loader)
        return spec

sys.meta_path.insert(0, Finder())
"""


@pytest.fixture
def engine_finds(monkeypatch, tmp_path):
    """Put a module before all others on the path of the engines that are started from now on.

    A spawned process starts with the path in the environment and then takes its parent's.
    """

    def put(name, text):
        (tmp_path / name).write_text(text, "utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
        monkeypatch.syspath_prepend(tmp_path)
        return tmp_path / name

    return put


@pytest.mark.parametrize("error", [pytest.param("ImportError", marks=pytest.mark.slow), "OwnError"])
def test_without_tensorflow_the_window_says_what_to_install(make_driver, engine_finds, error):
    broken = engine_finds("tensorflow.py", BROKEN_TENSORFLOW.format(error=error))
    driver = make_driver()
    failed = driver.wait(
        driver.controller.engine_changed,
        driver.controller.client.start,
        check=lambda status: status.state == "failed",
    )
    assert "libcudart.so.12: cannot open shared object file" in failed.message
    assert "pip install" in failed.message
    assert "tensorflow" in failed.message
    messages = driver.window.messages
    assert messages.text.text() == failed.message
    assert messages.isVisible()

    # The volume can be seen all the same.
    driver.wait(
        driver.files.opened,
        lambda: driver.files.open(["sample:tumour"]),
    )
    assert (driver.canvas.array("truth") == tumour()).all()
    driver.session.set_control("shift_x", 0.78125)
    assert driver.button(messages, "Start it again") is not None
    if error == "ImportError":
        broken.unlink()  # it is repaired
        again = driver.button(messages, "Start it again")
        driver.answer(lambda: driver.click(again))
        assert driver.card_text("dice") == f"{Closed(shifted(tumour(), x=1)).value('dice'):.4f}"
        assert not messages.isVisible()


@pytest.mark.slow
@pytest.mark.parametrize(("loss", "function"), [("tversky", "terms"), ("cross_entropy", "maps")])
def test_an_exception_in_a_loss_is_said_on_its_card_and_the_others_answer(
    make_driver, engine_finds, loss, function
):
    text = BROKEN_LOSS.replace('LOSS"]', f'{loss}"]').replace("FUNCTION", function)
    engine_finds("sitecustomize.py", text)
    driver = make_driver()
    driver.start()
    driver.answer(lambda: driver.session.set_control("shift_x", 0.78125))
    closed = Closed(shifted(tumour(), x=1))
    for other in ("dice", "iou", "generalized_dice"):
        assert driver.card_text(other) == f"{closed.value(other):.4f}"
    card = driver.losses.cards[loss]
    assert card.value.text() == "NaN"
    assert any("there is a mistake in this loss" in text for text in driver.texts(card))
    assert not driver.window.messages.isVisible()
