"""The tutorial runs, and generated pages are those of the code."""

import csv
import importlib.util
import io
import re
import shlex
from contextlib import chdir, redirect_stdout
from pathlib import Path

import pytest

from tests.command import called

ROOT = Path(__file__).resolve().parents[1]


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["reference.md", "terminology.md", "peers.md"])
def test_generated_pages_are_up_to_date(page):
    assert (ROOT / "docs" / page).read_text("utf-8") == generator().PAGES[page](), (
        "run: python docs/generate.py"
    )


@pytest.mark.parametrize("table", sorted((ROOT / "docs/peers").glob("*.csv")), ids=lambda p: p.stem)
def test_a_comparison_with_a_peer_names_what_shows_it_and_why_it_differs(table):
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        assert row["verdict"] in generator().VERDICTS, row
        assert row["verdict"] == "absent" or (row["figure"] and row["seen"]), row
        assert row["verdict"] == "same" or row["why"], row
        for shown in row["seen"].split():
            path, _, name = shown.partition("::")
            text = (ROOT / path).read_text("utf-8")
            if path.startswith("benchmarks/"):
                # a benchmark runs the peer that it is named for
                assert re.split(r"[. ]", row["peer"])[0].lower() in text.lower(), row
            elif row["verdict"] != "absent":
                assert re.search(rf"^def {re.escape(name or '-')}\(", text, re.MULTILINE), row


@pytest.mark.slow
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
            code, out, err = called(words[1:], tmp_path)
            assert code == 0, (line, out, err)
            commands += 1
    assert commands >= 12
    lines, said = "\n".join(python), io.StringIO()
    with chdir(tmp_path), redirect_stdout(said):
        exec(compile(lines, "tutorial.md", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own page
    assert "units of" in said.getvalue()


def test_the_readme_names_files_that_exist():
    text = (ROOT / "README.md").read_text("utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / link).exists(), link
