"""The hooks run under the real programs pre-commit and prek, in real repositories."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.paths import ROOT
from tests.support.repositories import ENVIRONMENT, commit, git, put, repository
from tests.support.samples import Command

pytestmark = pytest.mark.slow

pytest.importorskip("pre_commit", reason="pre-commit is not installed")

COPY = "# abc def crash\n\ngab cab face\n"
PROBE = """
- id: probe
  name: what is installed
  entry: python -c "from importlib.util import find_spec as find; print('torch', find('torch'), 'faiss', find('faiss'))"
  language: python
  always_run: true
  pass_filenames: false
  verbose: true
"""


class Ran(NamedTuple):
    """What a program did; both of its outputs together."""

    code: int
    out: str


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git and pre-commit without the machine's own configuration, and this environment's dupfind first."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("SKIP", "PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF", "DUPFIND_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    monkeypatch.setenv("PREK_HOME", str(tmp_path / "prek"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def hooks(tmp_path: Path, environment: None) -> Path:
    """A repository with the hooks as they are, but run by the dupfind that is tested and not by a new installation."""
    root = repository(tmp_path / "hooks")
    manifest = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    put(root, ".pre-commit-hooks.yaml", manifest.replace("language: python", "language: system"))
    commit(root)
    return root


@pytest.fixture
def root(
    here: Path, environment: None, model: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A repository with three issues and their index, which is not committed; the working folder."""
    root = repository(here / "repo")
    monkeypatch.chdir(root)
    put(root, ".gitignore", ".dupfind/\n.pre-commit-config.yaml\n")
    put(root, "issues/0001-crash.md", f"---\nstatus: open\n---\n{COPY}")
    put(root, "issues/0002-cafe.md", "# bad cafe\n")
    put(root, "main.py", "pass\n")
    commit(root)
    assert dupfind("index", "issues", "--model", model).code == 0
    return root


def pre_commit(*arguments: object) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout)


PREK = shutil.which("prek", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))

Runner = Callable[..., Ran]


@pytest.fixture(params=["pre-commit", "prek"])
def runner(request: pytest.FixtureRequest) -> Runner:
    """One of the programs that run hooks; both read the same files and know the same options."""
    if request.param == "pre-commit":
        return pre_commit
    if PREK is None:
        pytest.skip("prek is not installed")
    program = PREK

    def prek(*arguments: object) -> Ran:
        done = subprocess.run(
            [program, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout)

    return prek


def configure(root: Path, hooks: Path) -> None:
    """Write a configuration with the hook and with another one: prek stops where SKIP leaves no hook at all."""
    revision = git(hooks, "rev-parse", "HEAD")
    (root / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {revision}\n  hooks:\n  - id: dupfind\n"
        "- repo: local\n  hooks:\n  - {id: other, name: other, entry: git version, language: system, files: main}\n"
    )


def commits(*arguments: str) -> Ran:
    """Run `git commit`, with its hooks."""
    done = subprocess.run(
        ["git", "commit", "-m", "x", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout)


def test_a_commit_that_adds_a_copy_fails_and_names_the_ways_out(
    root: Path, hooks: Path, runner: Runner
) -> None:
    put(root, "issues/0003-copy.md", COPY)
    ran = runner("try-repo", hooks, "dupfind")
    assert ran.code == 1
    assert "issues/0003-copy.md: likely duplicate of #1 (open) 'abc def crash'" in ran.out
    for way in ("SKIP=dupfind", "not_duplicate_of", ".dupfind-decisions.jsonl"):
        assert way in ran.out


def test_advice_is_shown_though_the_hook_passes(root: Path, hooks: Path, runner: Runner) -> None:
    put(root, "issues/0003-copy.md", COPY)
    ran = runner("try-repo", hooks, "dupfind-advise")
    assert ran.code == 0
    assert "issues/0003-copy.md: likely duplicate of #1 (open)" in ran.out


def test_renamed_and_edited_issues_pass(root: Path, hooks: Path, runner: Runner) -> None:
    git(root, "mv", "issues/0001-crash.md", "issues/0001-renamed.md")
    put(root, "issues/0002-cafe.md", COPY)
    put(root, "main.py", "# edited\n")
    ran = runner("try-repo", hooks, "dupfind")
    assert (ran.code, "Passed" in ran.out) == (0, True)


def test_a_commit_without_issues_does_not_even_start_it(root: Path, hooks: Path, runner: Runner) -> None:
    shutil.rmtree(root / ".dupfind")
    put(root, "main.py", "# edited\n")
    ran = runner("try-repo", hooks, "dupfind")
    assert (ran.code, "no files to check" in ran.out) == (0, True)


def test_all_files_report_each_pair_once_and_no_issue_as_its_own_duplicate(
    root: Path, hooks: Path, runner: Runner, dupfind: Command
) -> None:
    assert runner("try-repo", hooks, "dupfind", "--all-files").code == 0
    put(root, "issues/0003-copy.md", COPY)
    commit(root)
    for indexed in (False, True):
        if indexed:
            assert dupfind("index", "issues").code == 0
        ran = runner("try-repo", hooks, "dupfind", "--all-files")
        assert ran.code == 1
        assert ran.out.count(".md: likely duplicate of") == 1  # prek shows the hook's description, too


def test_a_push_is_checked_between_its_two_refs(root: Path, hooks: Path, runner: Runner) -> None:
    first = git(root, "rev-parse", "HEAD")
    put(root, "issues/0003-copy.md", COPY)
    second = commit(root)
    put(root, "issues/0004-new.md", "# a new idea of ours\n")
    third = commit(root)

    def pushed(start: str, end: str) -> Ran:
        stage = ("--hook-stage", "pre-push", "--from-ref", start, "--to-ref", end)
        return runner("try-repo", hooks, "dupfind", *stage)

    assert pushed(first, third).code == 1
    assert pushed(second, third).code == 0


def test_an_installed_hook_stops_a_commit_and_each_way_out_lets_it_pass(
    root: Path, hooks: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(root, hooks)
    assert runner("install").code == 0
    put(root, "issues/0003-copy.md", COPY)
    (root / "issues" / "0003-copy.md").write_text("# not staged\n")
    assert commits().code == 1
    monkeypatch.setenv("SKIP", "dupfind")
    assert commits().code == 0
    monkeypatch.delenv("SKIP")
    git(root, "checkout", "-q", "issues/0003-copy.md")
    put(root, "issues/0004-copy.md", COPY)
    assert commits().code == 1
    put(root, "issues/0004-copy.md", f"---\nnot_duplicate_of: [1, 3]\n---\n{COPY}")
    assert commits().code == 0


def test_without_an_index_one_line_says_how_to_make_it_and_passing_is_a_choice(
    root: Path, hooks: Path, runner: Runner
) -> None:
    shutil.rmtree(root / ".dupfind")
    put(root, "issues/0003-copy.md", COPY)
    ran = runner("try-repo", hooks, "dupfind")
    assert ran.code == 1
    assert "make one with `dupfind index issues`" in ran.out
    assert "Traceback" not in ran.out
    (root / ".dupfind.toml").write_text('missing-index = "pass"\n')
    assert runner("try-repo", hooks, "dupfind").code == 0


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("3.md", b"---\ntitle: [\n---\n", ", line 2: broken front matter"),
        (
            "3.md",
            b"---\nid: 1\n---\na\n\n---\nid: 2\ntitle: b\n---\n",
            ", line 6: a second issue begins here",
        ),
        ("3.md", b"---\na: &a [x, x]\nb: [*a, *a]\n---\n", ", line 3: broken front matter: an alias"),
        ("3.md", b"# sch\xf6n\n", ", line 1: no UTF-8"),
        ("3.md", b"\x89PNG\r\n\x1a\n\0\0\0", ", line 3: a zero byte: this is no text"),
        ("3.md", b"# large\n" + b"x" * (17 << 20), " has more than 16 MiB"),
        ("3.json", b'{"title": ', ", line 1: no JSON"),
        ("3.yaml", b"title: a\n---\ntitle: b\n", ", line 2: broken YAML"),
    ],
)
def test_a_broken_file_stops_the_commit_with_one_line(
    root: Path, hooks: Path, name: str, data: bytes, message: str
) -> None:
    put(root, f"issues/{name}", data)
    for hook in ("dupfind", "dupfind-advise"):
        ran = pre_commit("try-repo", hooks, hook)
        assert ran.code == 1
        assert f"dupfind: issues/{name}{message}" in ran.out
        assert "Traceback" not in ran.out


def test_neither_a_link_nor_a_pipe_reaches_the_hook(root: Path, hooks: Path, runner: Runner) -> None:
    (root / "issues" / "0004-link.md").symlink_to("/etc/hostname")
    git(root, "add", "issues/0004-link.md")
    os.mkfifo(root / "issues" / "0005-pipe.md")
    for more in ((), ("--all-files",)):
        assert runner("try-repo", hooks, "dupfind", *more).code == 0


def test_names_that_look_like_options_are_names(root: Path, hooks: Path, runner: Runner) -> None:
    put(root, "issues/-rf.md", COPY)
    put(root, "issues/--advise ü.md", COPY)
    ran = runner("try-repo", hooks, "dupfind")
    assert ran.code == 1
    assert "issues/-rf.md: likely duplicate of " in ran.out
    assert "issues/--advise ü.md: likely duplicate of " in ran.out


def test_a_folder_that_looks_like_an_option_names_no_index(root: Path, hooks: Path, runner: Runner) -> None:
    """An index that is named counts as the user's own, and a pull request may bring both folders."""
    name = "--index=other/issues/1.md"
    put(root, name, COPY)
    shutil.copytree(root / ".dupfind", root / "other" / "issues" / "1.md")
    ran = runner("try-repo", hooks, "dupfind")
    assert ran.code == 1
    assert f"dupfind: {name} is the name of a file, and looks like an option: rename the file" in ran.out
    assert "score 1.000" not in ran.out


def test_the_staged_content_counts_in_a_worktree_a_partial_commit_and_an_amendment(
    root: Path, hooks: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(root, hooks)
    assert runner("install").code == 0
    put(root, "issues/0003-copy.md", COPY)
    put(root, "issues/0004-other.md", "# a new idea of ours\n\nwhich nobody had\n")
    assert commits("issues/0004-other.md").code == 0  # of two staged files only this one
    assert commits("issues/0003-copy.md").code == 1
    assert commits("--amend", "issues/0004-other.md").code == 0
    assert commits("--amend", "--all").code == 1
    tree = root.parent / "tree"
    git(root, "worktree", "add", "-q", str(tree))
    shutil.copyfile(root / ".pre-commit-config.yaml", tree / ".pre-commit-config.yaml")
    monkeypatch.setenv("DUPFIND_INDEX", str(root / ".dupfind"))
    monkeypatch.chdir(tree)
    put(tree, "issues/0005-copy.md", COPY)
    assert commits().code == 1
    put(tree, "issues/0005-copy.md", "# yet another idea of ours\n")
    assert commits().code == 0


def test_an_installed_hook_checks_the_files_that_a_push_adds(
    root: Path, hooks: Path, runner: Runner, tmp_path: Path
) -> None:
    configure(root, hooks)
    assert runner("install", "--hook-type", "pre-push").code == 0
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    git(root, "remote", "add", "origin", str(tmp_path / "remote.git"))

    def pushed(*what: str) -> bool:
        done = subprocess.run(["git", "push", "-q", "origin", *what], capture_output=True, check=False)
        return done.returncode == 0

    assert pushed("main")  # all of it, for the first time
    assert pushed("main")  # nothing
    git(root, "checkout", "-q", "-b", "more")
    put(root, "issues/0003-copy.md", COPY)
    commit(root)
    assert not pushed("more")  # a branch that is new there
    git(root, "rm", "-q", "issues/0003-copy.md")
    commit(root)
    assert pushed("more")
    assert pushed("--delete", "more")
    git(root, "checkout", "-q", "--orphan", "anew")
    commit(root)
    assert pushed("-f", "anew:main")  # another history in its place


@pytest.mark.slow
def test_a_base_install_that_pre_commit_makes_itself_has_no_torch_and_checks(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = repository(tmp_path / "dupfind")
    for name in ("dupfind", "migrations", "examples"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, project / name)
    manifest = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    (project / ".pre-commit-hooks.yaml").write_text(manifest + PROBE, encoding="utf-8")
    git(project, "add", ".")
    commit(project)
    monkeypatch.delenv("PYTHONPATH")
    put(root, "issues/0003-copy.md", COPY)
    ran = pre_commit("try-repo", project)
    if "No matching distribution" in ran.out or "Could not fetch" in ran.out:
        pytest.skip("no package index can be reached, from which pre-commit installs the base")
    assert "torch None faiss None" in ran.out, ran.out
    assert ran.code == 1
    assert ran.out.count("issues/0003-copy.md: likely duplicate of #1 (open)") == 2  # and the advice
