"""What has to agree before a tag is published."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dupfind
from tests.support.paths import ROOT

FILES = (".github/release_check.py", "CHANGELOG.md", "pyproject.toml", "dupfind/version.py")
OWNER = "pyproject.toml still has OWNER in [project.urls]: write the repository's owner"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the files that the check reads."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def check(checkout: Path, tag: str = f"v{dupfind.__version__}") -> list[str]:
    """Return the lines that the check prints."""
    process = subprocess.run(
        [sys.executable, str(checkout / FILES[0]), tag], capture_output=True, text=True, timeout=60
    )
    lines = process.stdout.splitlines()
    assert process.returncode == (lines != ["ready to be released"]), process.stderr
    return lines


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_version_and_changelog_are_ready_for_the_tag(checkout: Path) -> None:
    assert [line for line in check(checkout) if line != OWNER] in ([], ["ready to be released"])
    text = (checkout / "pyproject.toml").read_text(encoding="utf-8")
    (checkout / "pyproject.toml").write_text(text.replace("github.com/OWNER/", "github.com/someone/"))
    assert check(checkout) == ["ready to be released"]


def test_each_disagreement_is_one_line(checkout: Path) -> None:
    replace(checkout / "dupfind/version.py", dupfind.__version__, "9.9.9")
    lines = [line for line in check(checkout) if line != OWNER]
    assert lines == [
        f"the tag is v{dupfind.__version__} and dupfind/version.py has 9.9.9: they must agree",
        "CHANGELOG.md does not begin with `## [9.9.9] - YYYY-MM-DD`",
    ]


def test_a_placeholder_for_the_owner_is_not_published(checkout: Path) -> None:
    with (checkout / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# https://github.com/OWNER/dupfind\n")
    assert OWNER in check(checkout)
