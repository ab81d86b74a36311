"""Files of issues are known by their names, before anything is read."""

from pathlib import PurePath

import pytest

from dupfind.sources.files.filenames import holds_many, is_issue_file


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("issues/1.md", True),
        ("backlog/tasks/task-1 - A.MD", True),
        (".beads/issues.jsonl", True),
        ("issues/a.yml", True),
        ("issues/README.md", False),
        ("CHANGELOG.md", False),
        ("src/main.py", False),
        ("picture.png", False),
    ],
)
def test_issue_files_are_known_by_their_names(path: str, is_one: bool) -> None:
    assert is_issue_file(PurePath(path)) is is_one
    assert holds_many(PurePath(path)) is path.endswith(".jsonl")
