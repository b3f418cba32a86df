"""Commands are found in their folder: a command is one file."""

import pkgutil
import re

import pytest

from lossexplorer.cli import commands
from lossexplorer.engine.backends.environment import chosen_backend


def test_every_module_is_a_command_and_the_help_lists_them_in_order(run):
    modules = [module.name for module in pkgutil.iter_modules(commands.__path__)]
    names = [command.name for command in commands.COMMANDS]
    assert sorted(names) == sorted(modules)
    code, out, _ = run("--help")
    assert code == 0
    assert re.findall(r"^  ([a-z]+)  ", out.partition("Commands:")[2], re.M) == names


def test_a_command_is_described_by_its_docstring(run):
    for command in commands.COMMANDS:
        code, out, _ = run(command.name, "--help")
        assert code == 0
        assert command.run.__doc__.splitlines()[0] in " ".join(out.split())


@pytest.fixture
def failing(run, monkeypatch):
    """Run a command in which a training step raises."""
    from lossexplorer.learning.training import Trainer

    def failing(error):
        def train(self, with_table=True):
            raise error

        monkeypatch.setattr(Trainer, "train", train)
        return run("learn", "sample:nodule", "--steps", "1")

    return failing


@pytest.mark.parametrize("said_by", ["Python", "TensorFlow"])
def test_a_lack_of_memory_is_a_sentence(failing, said_by):
    error = MemoryError()
    if said_by == "TensorFlow":
        if chosen_backend() != "tensorflow":
            pytest.skip("another backend computes")
        import tensorflow as tf

        error = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
    code, _, err = failing(error)
    assert code == 2
    assert err.startswith("lossexplorer: The computer's memory does not suffice: ")
    assert "smaller or fewer patches" in err
    assert err.count("\n") == 1


def test_another_error_is_not_taken_for_a_lack_of_memory(failing):
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError())
