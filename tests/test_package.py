"""What a user of the library sees: the public names, the version, the README's help texts."""

import contextlib
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import dupfind
from dupfind.cli.main import COMMANDS
from dupfind.storage.migrate import migrations
from tests.support.paths import ROOT
from tests.support.tiny_models import needs_minilm


def test_all_is_what_can_be_imported() -> None:
    for name in dupfind.__all__:
        assert getattr(dupfind, name) is not None
    assert "Collection" in dupfind.__all__


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    assert not hasattr(dupfind, "Nonsense")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_stands_in_the_readme_as_it_is_now(command: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "dupfind", command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "100"},
    )
    assert ran.stdout.rstrip() in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.model
@needs_minilm
def test_the_python_of_the_readme_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    [said] = re.findall(r"print\(hit.*\)  +# (.*)", code)
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue() == said + "\n"


def test_an_installed_dupfind_finds_its_migrations() -> None:
    assert (migrations() / "versions" / "0001_first_tables.py").is_file()


def test_a_wheel_carries_the_migrations(tmp_path: Path) -> None:
    hatchling = pytest.importorskip("hatchling.builders.wheel")
    [wheel] = hatchling.WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"dupfind/migrations/env.py", "dupfind/migrations/versions/0001_first_tables.py"} <= names
    for room in ("reports", "service"):
        assert {f"dupfind/{room}/page.{kind}" for kind in ("html", "css", "js")} <= names
    assert not any(name.startswith(("tests/", "examples/", "benchmarks/")) for name in names)
