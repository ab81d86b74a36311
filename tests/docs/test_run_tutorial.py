"""The tutorial does what its page shows, and its script notices where it does not."""

import os
import sys
from pathlib import Path

import pytest

from docs import run_tutorial
from tests.support.paths import DOCS, ROOT
from tests.support.tiny_models import needs_minilm

PAGE = """\
# Page

```console
$ echo one
one
$ cat > file <<'END'
> two
>
> three
> END
$ cat file
two
...
```

<!-- the last command exits with 3 -->

```console
$ sh -c 'echo took 4.2 s; exit 3'
took 1.0 s
```

<!-- install -->

```console
$ echo installed > installed
```
"""


def test_commands_and_their_output_are_read_from_the_page() -> None:
    found = list(run_tutorial.steps(PAGE))
    assert [step.command for step in found] == [
        "echo one",
        "cat > file <<'END'\ntwo\n\nthree\nEND",
        "cat file",
        "sh -c 'echo took 4.2 s; exit 3'",
        "echo installed > installed",
    ]
    assert [step.exit_code for step in found] == [0, 0, 0, 3, 0]
    assert found[2].output == ("two", "...")


def test_a_page_that_shows_what_happens_has_no_fault(tmp_path: Path) -> None:
    assert run_tutorial.run(PAGE, tmp_path) == []
    assert (tmp_path / "file").read_text() == "two\n\nthree\n"
    assert not (tmp_path / "installed").exists()
    assert run_tutorial.run(PAGE, tmp_path, install=True) == []
    assert (tmp_path / "installed").exists()


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        (PAGE.replace("one\none", "one\nzero"), "$ echo one\nexits with 0"),
        (PAGE.replace("\n...", ""), "but the page shows\n(no further line, but: )"),
        (PAGE.replace("exits with 3", "exits with 4"), "exits with 3"),
        (PAGE.replace("$ echo one", "$ exit 7"), "the shell ended"),
    ],
)
def test_another_output_or_exit_code_is_a_fault(page: str, fault: str, tmp_path: Path) -> None:
    [line] = run_tutorial.run(page, tmp_path)
    assert fault in line


@pytest.mark.parametrize(
    ("expected", "printed", "first"),
    [
        (["score 0.552"], ["score 0.555"], None),
        (["score 0.552"], ["score 0.560"], "score 0.552"),
        (["a", "...", "d"], ["a", "b", "c", "d"], None),
        (["a", "...", "e"], ["a", "b", "c", "d"], "e"),
        (["..."], [], None),
        (["a"], [], "a"),
        (["dupfind ..."], ["dupfind 1.2.3"], None),
        (["dupfind ..."], ["other"], "dupfind ..."),
    ],
)
def test_a_line_differs_by_more_than_the_last_digit_of_a_score(
    expected: list[str], printed: list[str], first: str | None
) -> None:
    assert run_tutorial.differs(expected, printed) == first


@pytest.mark.slow
@pytest.mark.model
@needs_minilm
def test_the_tutorial_prints_what_its_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    command = programs / "dupfind"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m dupfind "$@"\n')
    command.chmod(0o755)
    python = Path(sys.executable).parent
    if not (python / "pre-commit").exists():
        pytest.skip("pre-commit is missing: install dupfind[dev]")
    monkeypatch.setenv("PATH", f"{programs}:{python}:{os.environ['PATH']}")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "empty"
    folder.mkdir()
    assert run_tutorial.run((DOCS / "tutorial.md").read_text(encoding="utf-8"), folder) == []
