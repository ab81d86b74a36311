"""`check --staged` compares with the issues that git has, whether the index has read them or not."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dupfind.check import tracked_issues
from dupfind.decisions import DIFFERENT, Decision, Decisions
from dupfind.encoders.model_encoder import ModelEncoder
from dupfind.service import discovery
from dupfind.sources.open import open_source
from tests.support.repositories import commit, enter, git, put
from tests.support.samples import NOW, Command, Ran

CRASH = "# abc def crash\n\ngab cab face\n"
BEE = "# feed the bee\n\ndecade of bees\n"
IDEA = "# a new idea of ours\n\nwhich nobody had before\n"
MATTER = f"---\nreporter: {'ann, who lives far away, ' * 10}\n---\n"
"""Fields that make a file so long that git does not take it for a renamed copy of a deleted one."""


@pytest.fixture
def root(here: Path, model: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two issues and their index, the working folder."""
    root = enter(here / "repo", monkeypatch)
    put(root, ".gitignore", ".dupfind/\n")
    put(root, "issues/0001-crash.md", CRASH)
    put(root, "issues/0002-bee.md", BEE)
    commit(root)
    ran = dupfind("index", "issues", "--model", model)
    assert ran.code == 0, ran.err
    return root


def originals(ran: Ran) -> list[dict[str, Any]]:
    """Return the originals of the only finding."""
    [finding] = ran.json["findings"]
    return [dict(original) for original in finding["originals"]]


def test_a_copy_of_an_issue_that_was_committed_after_the_last_index_fails(
    root: Path, dupfind: Command
) -> None:
    put(root, "issues/0017-idea.md", f"---\nstatus: open\n---\n{IDEA}")
    commit(root)
    put(root, "issues/0018-copy.md", IDEA)
    ran = dupfind("check", "--staged")
    assert ran.code == 1
    assert ran.out == (
        "issues/0018-copy.md: likely duplicate of #17 (open, issues/0017-idea.md, not indexed)"
        " 'a new idea of ours': score 1.000, probability 0.980; both say the same, to the letter\n"
    )
    [first, *rest] = originals(dupfind("check", "--staged", "--json"))
    assert (first["id"], first["source"], first["new"], first["indexed"], first["file"]) == (
        "17",
        "issues",
        False,
        False,
        "issues/0017-idea.md",
    )
    assert {(other["id"], other["indexed"], other["file"]) for other in rest} == {
        ("1", True, None),
        ("2", True, None),
    }
    assert dupfind("index", "issues").code == 0
    [first, *_] = originals(dupfind("check", "--staged", "--json"))
    assert (first["id"], first["indexed"], first["file"]) == ("17", True, None)


def test_an_issue_that_is_not_indexed_has_no_finding_of_its_own(root: Path, dupfind: Command) -> None:
    put(root, "issues/0017-copy.md", CRASH)
    commit(root)
    put(root, "issues/0018-idea.md", IDEA)
    ran = dupfind("check", "--staged", "--json")
    assert ran.code == 0
    assert [finding["id"] for finding in ran.json["findings"]] == ["18"]


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_moved_file_is_one_issue_under_its_present_name(
    root: Path, dupfind: Command, is_committed: bool
) -> None:
    put(root, "issues/by-path.md", IDEA)
    commit(root)
    assert dupfind("index", "issues").code == 0
    (root / "issues" / "closed").mkdir()
    git(root, "mv", "issues/0001-crash.md", "issues/closed/0001-crash.md")
    git(root, "mv", "issues/by-path.md", "issues/closed/by-path.md")
    if is_committed:
        commit(root)
    put(root, "issues/0018-copy.md", MATTER + CRASH)
    same, *others = originals(dupfind("check", "--staged", "--json"))
    # A number is a name in any folder, so the record is still the same one.
    assert (same["id"], same["verdict"], same["indexed"]) == ("1", "likely", True)
    assert sorted(other["id"] for other in others) == ["2", "closed/by-path"]
    put(root, "issues/0018-copy.md", MATTER + IDEA)
    moved, *others = originals(dupfind("check", "--staged", "--json"))
    assert (moved["id"], moved["file"], moved["verdict"]) == (
        "closed/by-path",
        "issues/closed/by-path.md",
        "likely",
    )
    assert sorted(other["id"] for other in others) == ["1", "2"]


def test_a_file_that_moved_out_of_its_source_is_not_compared_unless_it_is_next_to_a_new_one(
    root: Path, dupfind: Command
) -> None:
    (root / "archive").mkdir()
    git(root, "mv", "issues/0001-crash.md", "archive/0001-crash.md")
    commit(root)
    put(root, "issues/0018-copy.md", CRASH)
    assert dupfind("check", "--staged").code == 0
    git(root, "rm", "-q", "-f", "issues/0018-copy.md")
    put(root, "archive/0018-copy.md", CRASH)
    ran = dupfind("check", "--staged")
    assert ran.code == 1
    assert "likely duplicate of #1 (closed, archive/0001-crash.md, not indexed)" in ran.out


@pytest.mark.parametrize("is_committed", [False, True])
def test_an_issue_that_was_edited_is_compared_with_its_present_text(
    root: Path, dupfind: Command, is_committed: bool
) -> None:
    put(root, "issues/0001-crash.md", IDEA)
    if is_committed:
        commit(root)
    put(root, "issues/0018-copy.md", CRASH)
    assert dupfind("check", "--staged").code == 0  # it was a copy of the old text
    put(root, "issues/0018-copy.md", IDEA)
    ran = dupfind("check", "--staged")
    assert ran.code == 1
    assert "likely duplicate of #1 (no state, issues/0001-crash.md, not indexed) 'a new idea" in ran.out
    assert [original["id"] for original in originals(dupfind("check", "--staged", "--json"))] == ["1", "2"]


def test_what_is_not_staged_does_not_count(root: Path, dupfind: Command) -> None:
    (root / "issues" / "0001-crash.md").write_text(IDEA)
    (root / "issues" / "0002-bee.md").unlink()
    (root / "issues" / "0003-draft.md").write_text(IDEA)
    put(root, "issues/0018-copy.md", IDEA)
    assert dupfind("check", "--staged").code == 0
    put(root, "issues/0018-copy.md", BEE)
    assert dupfind("check", "--staged").code == 1


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_deleted_issue_is_no_original(root: Path, dupfind: Command, is_committed: bool) -> None:
    git(root, "rm", "-q", "issues/0001-crash.md")
    if is_committed:
        commit(root)
    put(root, "issues/0018-copy.md", MATTER + CRASH)
    assert dupfind("check", "--staged").code == 0
    assert [original["id"] for original in originals(dupfind("check", "--staged", "--json"))] == ["2"]
    git(root, "rm", "-q", "issues/0002-bee.md")  # the last one
    assert originals(dupfind("check", "--staged", "--json")) == []


def test_an_indexed_issue_that_git_never_had_is_an_original(root: Path, dupfind: Command) -> None:
    (root / "issues" / "0003-private.md").write_text(IDEA)
    assert dupfind("index", "issues").code == 0
    git(root, "rm", "-q", "issues/0001-crash.md")
    put(root, "issues/0018-copy.md", IDEA)
    first, *_ = originals(dupfind("check", "--staged", "--json"))
    assert (first["id"], first["verdict"], first["indexed"]) == ("3", "likely", True)


def test_a_source_that_git_ignores_stays_as_it_was_indexed(root: Path, dupfind: Command) -> None:
    put(root, ".gitignore", ".dupfind/\ntracker/\n")
    commit(root)
    (root / "tracker").mkdir()
    (root / "tracker" / "7-idea.md").write_text(IDEA)
    assert dupfind("index", "tracker").code == 0
    put(root, "issues/0018-copy.md", IDEA)
    first, *_ = originals(dupfind("check", "--staged", "--json"))
    assert (first["id"], first["source"], first["indexed"]) == ("7", "tracker", True)


def test_a_record_of_another_place_than_the_repository_is_no_deleted_file(
    root: Path, dupfind: Command, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere.jsonl").write_text('{"id": 7, "title": "a new idea", "body": "of ours"}\n')
    assert dupfind("index", tmp_path / "elsewhere.jsonl").code == 0
    (root / "named.json").write_text('[{"nr": 8, "what": "another idea", "body": "of theirs"}]')
    git(root, "add", "named.json")
    commit(root)
    assert dupfind("index", "named.json", "--title-column", "what").code == 0
    put(root, "issues/0018-copy.md", "# a new idea\n\nof ours\n")
    first, *_ = originals(dupfind("check", "--staged", "--json"))
    assert (first["id"], first["verdict"], first["indexed"]) == ("7", "likely", True)
    put(root, "issues/0018-copy.md", "# another idea\n\nof theirs\n")
    first, *_ = originals(dupfind("check", "--staged", "--json"))
    assert (first["id"], first["verdict"], first["indexed"]) == ("8", "likely", True)


def test_with_the_index_of_a_folder_above_only_files_next_to_the_new_one_are_compared(
    root: Path, dupfind: Command, model: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "0009-outside.md").write_text("# outside of the repository\n\nand indexed\n")
    above = here / "above"
    assert dupfind("index", here, "--index", above, "--model", model).code == 0
    monkeypatch.setenv("DUPFIND_INDEX", str(above))
    put(root, "issues/0017-idea.md", IDEA)
    put(root, "issues/0001-crash.md", "# quite another crash\n")
    put(root, "other/0016-idea.md", "# idea of another folder\n\nin it\n")
    commit(root)
    put(root, "issues/0018-copy.md", IDEA)
    found = originals(dupfind("check", "--staged", "--json", "-k", 9))
    assert {(original["id"], original["indexed"]) for original in found} == {
        ("17", False),
        ("1", False),
        ("2", True),
        ("9", True),
    }


def test_a_file_next_to_the_new_one_is_compared_though_no_source_has_it(root: Path, dupfind: Command) -> None:
    put(root, "docs/0017-idea.md", IDEA)
    put(root, "docs/deeper/0016-crash.md", "# a crash in a deeper folder\n")
    put(root, "issues/7.yaml", "title: of YAML\nbody: it is made\n")
    commit(root)
    put(root, "docs/0018-copy.md", IDEA)
    first, *others = originals(dupfind("check", "--staged", "--json"))
    assert (first["file"], first["verdict"]) == ("docs/0017-idea.md", "likely")
    assert [other["id"] for other in others] == ["1", "2"]
    git(root, "rm", "-q", "-f", "docs/0018-copy.md")
    put(root, "issues/0018-copy.md", "# of YAML\n\nit is made\n")
    first, *_ = originals(dupfind("check", "--staged", "--json"))
    assert (first["file"], first["verdict"]) == ("issues/7.yaml", "likely")


def test_in_a_worktree_the_files_that_the_index_has_are_not_compared_twice(
    root: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = root.parent / "tree"
    git(root, "worktree", "add", "-q", str(tree))
    monkeypatch.setenv("DUPFIND_INDEX", str(root / ".dupfind"))
    monkeypatch.chdir(tree)
    put(tree, "issues/0017-idea.md", IDEA)
    commit(tree)
    put(tree, "issues/0018-copy.md", CRASH)
    found = originals(dupfind("check", "--staged", "--json"))
    assert {(original["id"], original["indexed"]) for original in found} == {
        ("1", True),
        ("2", True),
        ("17", False),
    }
    assert (found[0]["id"], found[0]["verdict"]) == ("1", "likely")


def bead(number: int, title: str) -> str:
    fields = {"id": f"bd-{number}", "title": title, "description": "of wood and of glass", "status": "open"}
    return json.dumps({**fields, "issue_type": "bug", "priority": 1}) + "\n"


def test_the_old_issues_of_a_file_of_many_are_compared_as_they_are_now(root: Path, dupfind: Command) -> None:
    put(root, ".beads/issues.jsonl", bead(1, "first bead") + bead(2, "second bead") + bead(3, "third bead"))
    commit(root)
    assert dupfind("index", ".beads").code == 0
    old = bead(1, "first bead") + bead(2, "second bead, renamed") + bead(4, "fourth bead")
    put(root, ".beads/issues.jsonl", old)
    commit(root)
    put(root, ".beads/issues.jsonl", old + bead(5, "fourth bead"))
    found = originals(dupfind("check", "--staged", "--json", "-k", 9))
    assert (found[0]["id"], found[0]["verdict"], found[0]["file"]) == (
        "bd-4",
        "likely",
        ".beads/issues.jsonl, line 3",
    )
    of_beads = {(one["id"], one["title"], one["indexed"]) for one in found if one["source"] == ".beads"}
    assert of_beads == {
        ("bd-1", "first bead", True),
        ("bd-2", "second bead, renamed", False),
        ("bd-4", "fourth bead", False),
    }


def test_a_broken_file_of_many_issues_leaves_the_indexed_ones(root: Path, dupfind: Command) -> None:
    put(root, ".beads/issues.jsonl", bead(1, "first bead"))
    commit(root)
    assert dupfind("index", ".beads").code == 0
    put(root, ".beads/issues.jsonl", '{"id": ')
    commit(root)
    put(root, "issues/0018-copy.md", "# first bead\n\nof wood and of glass\n")
    ran = dupfind("check", "--staged")
    assert ran.code == 1
    assert "likely duplicate of bd-1" in ran.out
    assert "not compared: .beads/issues.jsonl, line 1: " in ran.err


def test_a_broken_file_that_is_committed_is_named_and_stops_nothing(root: Path, dupfind: Command) -> None:
    put(root, "issues/0005-broken.md", "---\ntitle: [\n---\n")
    put(root, "issues/0006-large.md", "# large\n" + "x" * (17 << 20))
    put(root, "issues/0002-bee.md", b"# sch\xf6n\n")
    (root / "issues" / "0007-link.md").symlink_to("0001-crash.md")
    git(root, "add", "issues/0007-link.md")
    git(root, "commit", "-q", "-m", "x")
    put(root, "issues/0018-copy.md", CRASH)
    ran = dupfind("check", "--staged")
    assert ran.code == 1
    assert "likely duplicate of #1 (no state) 'abc def crash'" in ran.out
    [line] = [line for line in ran.err.splitlines() if line.startswith("not compared: ")]
    assert "issues/0002-bee.md, line 1: no UTF-8" in line
    assert line.endswith("(and 2 more)")
    # Whether the issue in the broken file still says the same is unknown, so its record stays.
    assert [one["id"] for one in originals(dupfind("check", "--staged", "--json"))] == ["1", "2"]


def test_each_mark_and_decision_on_an_issue_that_is_not_indexed_counts(root: Path, dupfind: Command) -> None:
    put(root, "issues/0017-idea.md", IDEA)
    commit(root)

    def checked(text: str) -> Ran:
        put(root, "issues/0018-copy.md", text)
        return dupfind("check", "--staged")

    assert checked(IDEA).code == 1
    for name in ("17", "issues#17"):
        ran = checked(f"---\nnot_duplicate_of: ['{name}']\n---\n{IDEA}")
        assert (ran.code, "no issue has that id" in ran.err) == (0, False)
    assert checked(f"---\nduplicate_of: 17\n---\n{IDEA}").code == 0
    assert checked(IDEA).code == 1
    records = {record.id: record for record in open_source("issues")}
    decided = Decision.of(records["17"], records["18"], DIFFERENT, decided=NOW, who="A")
    (root / ".dupfind-decisions.jsonl").write_text(Decisions.of([decided]).text())
    assert dupfind("check", "--staged").code == 0
    (root / ".dupfind-decisions.jsonl").unlink()
    put(root, "issues/0017-idea.md", f"---\nnot_duplicate_of: 18\n---\n{IDEA}")
    assert dupfind("check", "--staged").code == 0


def test_a_push_is_compared_with_the_files_of_the_pushed_commit(
    root: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "issues/0017-idea.md", IDEA)
    first = commit(root)
    git(root, "rm", "-q", "issues/0001-crash.md")
    put(root, "issues/0018-copy.md", IDEA)
    put(root, "issues/0019-copy.md", CRASH)
    second = commit(root)
    git(root, "checkout", "-q", "-b", "other", first)
    git(root, "rm", "-q", "issues/0017-idea.md")
    commit(root)
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", first)
    monkeypatch.setenv("PRE_COMMIT_TO_REF", second)
    ran = dupfind("check", "--staged")
    assert ran.code == 1
    [line] = ran.out.splitlines()
    assert line.startswith("issues/0018-copy.md: likely duplicate of #17 (no state, issues/0017-idea.md, not")


def test_all_files_report_each_pair_once_before_and_after_they_are_indexed(
    root: Path, dupfind: Command
) -> None:
    put(root, "issues/0017-idea.md", IDEA)
    put(root, "issues/0018-copy.md", IDEA)
    put(root, "docs/0019-copy.md", IDEA)
    commit(root)
    every = sorted(str(path) for path in Path().glob("*/*.md"))
    some = [path for path in every if "0017" not in path]
    for more in ((), ("index",)):
        if more:
            assert dupfind("index", "issues").code == 0
        ran = dupfind("check", "--staged", *every)
        assert ran.code == 1
        assert len(ran.out.splitlines()) == 2
        assert "0017-idea.md, not indexed" not in ran.out  # it is checked, too
        ran = dupfind("check", "--staged", *some)
        assert len(ran.out.splitlines()) == 2
        assert ("issues/0017-idea.md, not indexed" in ran.out) == (not more)


def test_of_too_many_issues_the_newest_are_compared_and_one_line_says_so(
    root: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracked_issues, "MAX_UNINDEXED", 2)
    put(root, "issues/0017-old.md", "# the old idea of ours\n\nof long ago\n")
    put(root, "issues/0020-dated.md", "---\ncreated: 2024-01-03\n---\n# the dated idea of ours\n\nof then\n")
    for number in (18, 19):
        put(root, f"issues/{number:04}.md", f"# idea {number} of ours\n\nof the year {number}\n")
    commit(root)
    put(root, "issues/0030-copy.md", "# the old idea of ours\n\nof long ago\n")
    ran = dupfind("check", "--staged", "--json", "-k", 9)
    assert {original["id"] for original in originals(ran)} == {"1", "2", "19", "20"}
    [line] = [line for line in ran.err.splitlines() if "not indexed" in line]
    assert line == (
        "4 issues of the repository are not indexed, and 2 of them, the oldest, were not compared:"
        " run `dupfind index`"
    )


def test_only_issues_that_are_not_indexed_are_encoded_and_git_runs_as_often_for_any_number(
    root: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(first: int, n: int) -> None:
        for number in range(first, first + n):
            (root / "issues" / f"{number:04}.md").write_text(f"# idea {number} of ours\n")
        git(root, "add", ".")
        commit(root)

    encoded: list[str] = []
    commands: list[str] = []
    encode, popen = ModelEncoder.encode, subprocess.Popen

    def counted_encode(self: ModelEncoder, texts: Any, *more: Any) -> Any:
        encoded.extend(texts)
        return encode(self, texts, *more)

    def counted_popen(command: Any, *more: Any, **options: Any) -> Any:
        commands.append(command[0])
        return popen(command, *more, **options)

    def counts() -> tuple[int, int]:
        encoded.clear()
        commands.clear()
        with monkeypatch.context() as patch:
            patch.setattr(ModelEncoder, "encode", counted_encode)
            patch.setattr(subprocess, "Popen", counted_popen)
            assert dupfind("check", "--staged").code == 0
        return len(encoded), commands.count("git")

    put(root, "issues/0900-new.md", IDEA)
    own = 2  # its title and its whole text
    n_texts, n_processes = counts()
    assert n_texts == own
    git(root, "rm", "-q", "-f", "issues/0900-new.md")
    add(100, 100)
    assert dupfind("index", "issues").code == 0
    add(200, 20)
    put(root, "issues/0900-new.md", IDEA)
    assert counts() == (own + 20, n_processes)  # without a body an issue is one text
    assert n_processes <= 10


def test_a_service_answers_only_if_every_issue_is_indexed(
    root: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(discovery, "find", asked.append)
    put(root, "issues/0018-copy.md", IDEA)
    dupfind("check", "--staged")
    assert len(asked) == 1
    put(root, "issues/0017-idea.md", IDEA)
    git(root, "commit", "-q", "-m", "x", "issues/0017-idea.md")
    dupfind("check", "--staged")
    assert len(asked) == 1
    git(root, "rm", "-q", "issues/0017-idea.md", "issues/0001-crash.md")
    dupfind("check", "--staged")
    assert len(asked) == 1


def test_files_that_share_an_id_are_all_compared(root: Path, dupfind: Command) -> None:
    put(root, "issues/0001-other.md", IDEA)
    commit(root)
    put(root, "issues/0018-copy.md", IDEA)
    ran = dupfind("check", "--staged")
    assert ran.code == 1
    assert "issues/0001-other.md, not indexed" in ran.out
    put(root, "issues/0018-copy.md", CRASH)
    ran = dupfind("check", "--staged")
    assert ran.code == 1
    assert "likely duplicate of #1 (no state) 'abc def crash'" in ran.out


def test_a_folder_that_two_sources_read_is_compared_once(root: Path, dupfind: Command) -> None:
    put(root, "issues/deep/0003-deep.md", "# a deep issue\n\nin a deep folder\n")
    commit(root)
    assert dupfind("index", "issues", "issues/deep").code == 0
    put(root, "issues/0018-copy.md", IDEA)
    found = originals(dupfind("check", "--staged", "--json", "-k", 9))
    assert all(original["indexed"] for original in found)
    assert sorted(original["id"] for original in found) == ["1", "2", "3", "3"]
