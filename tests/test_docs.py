"""The tutorial runs, and generated pages are those of the code."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["reference.md", "terminology.md"])
def test_generated_pages_are_up_to_date(page):
    assert (ROOT / "docs" / page).read_text("utf-8") == generator().PAGES[page](), (
        "run: python docs/generate.py"
    )


def test_every_command_and_line_of_the_tutorial_runs(tmp_path):
    text = (ROOT / "docs/tutorial.md").read_text("utf-8")
    python = []
    commands = 0
    for kind, body in re.findall(r"```(console|python)\n(.*?)```", text, flags=re.DOTALL):
        if kind == "python":
            python.append(body)
            continue
        for line in body.splitlines():
            words = shlex.split(line.removeprefix("$ "))
            assert words[0] == "shanshui"
            done = subprocess.run(
                [sys.executable, "-m", "shanshui.cli.main", *words[1:]],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            commands += 1
    assert commands >= 12
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(python)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "units of" in done.stdout


def test_the_readme_names_files_that_exist():
    text = (ROOT / "README.md").read_text("utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / link).exists(), link
