"""The command line, run in this process."""

import json
import sys

import pytest

from lossexplorer import cli


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line: exit code, standard output, standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lossexplorer", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture(params=["as it is written", pytest.param("compiled", marks=pytest.mark.slow)])
def compilation(request):
    """Have nothing compiled, and in the full run everything once more."""
    if request.param != "compiled":
        request.getfixturevalue("uncompiled")


@pytest.fixture
def answer(run):
    """The JSON of a command that succeeds."""

    def answer(*arguments):
        code, out, err = run(*arguments, "--json")
        assert (code, err) == (0, "")
        return json.loads(out, parse_constant=pytest.fail)

    return answer


@pytest.fixture
def evaluate(answer, compilation):
    """The JSON of an evaluation."""
    return lambda *arguments: answer("evaluate", *arguments)
