"""The command as a function: the same words, what it says, the code it ends with, and no interpreter started for it."""

import io
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from shanshui.cli.main import main


def called(words, folder="."):
    """Code, output and error output of a command given in a folder."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["shanshui", *map(str, words)])
        patch.setenv("COLUMNS", "200")
        with chdir(Path(folder)):
            try:
                main()
            except SystemExit as end:
                code = end.code or 0
    return code, out.getvalue(), err.getvalue()


def shanshui(*words, code=0):
    """What a command says that ends with ``code``; errors too where that is not 0."""
    found, out, err = called(words)
    assert found == code, out + err
    return out if code == 0 else out + err
