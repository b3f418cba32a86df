"""Commands are found in their folder: a command is one file."""

import pkgutil
import re

from lossexplorer.cli import commands


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
