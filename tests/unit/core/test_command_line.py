"""Mistakes on a command line: one sentence that names the command, and exit code 4."""

import pytest

from loadtests.__main__ import main as loadtests
from playbook.__main__ import main as playbook
from sandbox.__main__ import main as sandbox


@pytest.mark.parametrize(
    ("main", "arguments", "sentence"),
    [
        (playbook, "doctor --nope", "python -m playbook doctor: unrecognized arguments: --nope (--help"),
        (playbook, "site build --target x", "python -m playbook site build: unrecognized arguments: --target x"),
        (playbook, "watch --stable-for x", "--stable-for: expected a whole number, 1 or more, got 'x'"),
        (playbook, "watch --every 0", "--every: expected a number over 0, got '0'"),
        (playbook, "run daily --limit x", "--limit: expected a number over 0, got 'x'"),
        (playbook, "run dialy", "run: expected a set such as daily, got 'dialy'; did you mean 'daily'?"),
        (
            playbook,
            "notify --digest dialy",
            "notify: expected a set such as daily, got 'dialy'; did you mean 'daily'?",
        ),
        (playbook, "report {file}", "expected a report's folder with its results.json, got none that can be read"),
        (playbook, "history --history={file}", "expected the folder of the history, and {file} is a file"),
        (playbook, "notify --history={file}", "expected the folder of the history, and {file} is a file"),
        (playbook, "site build --history={file}", "expected the folder of the history, and {file} is a file"),
        pytest.param(
            playbook,
            "handoff --weekly --history={file}",
            "expected the folder of the history, and {file} is a file",
            marks=pytest.mark.slow,
        ),
        (playbook, "doctor --target a --target b", "doctor: --target: expected one value, got 'a' and 'b'"),
        (sandbox, "--nope", "python -m sandbox: unrecognized arguments: --nope"),
        (sandbox, "--fault nope", "unknown fault 'nope' (--list-faults lists them)"),
        (loadtests, "plan --nope", "python -m loadtests plan: unrecognized arguments: --nope"),
        (loadtests, "plan --workers -1", "--workers: expected a whole number, 0 or more, got '-1'"),
    ],
)
def test_command_line_mistake_is_one_sentence(main, arguments, sentence, tmp_path, capsys):
    """It states what was expected; nothing else is printed, and nothing is done."""
    file = tmp_path / "file"
    file.touch()
    assert main(arguments.format(file=file).split()) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert sentence.format(file=file) in shown.err
    assert shown.err.count("\n") == 1


def test_program_without_arguments_prints_its_help(capsys):
    """This is not an error."""
    assert playbook([]) == 0
    assert "usage: python -m playbook" in capsys.readouterr().out
