"""An index finds its sources again where both were carried to, and knows which of them a file belongs to."""

from pathlib import Path, PurePath

import pytest

from dupfind.sources.locations import absolute_location, relative_location, source_of

INDEX = Path("/srv/repo/.dupfind")


@pytest.mark.parametrize(
    ("location", "remembered"),
    [
        ("/srv/repo/issues", "./issues"),
        ("/srv/repo", "./."),
        ("/srv/repository/issues", "/srv/repository/issues"),
        ("/elsewhere/tracker.db", "/elsewhere/tracker.db"),
        ("github:owner/repo", "github:owner/repo"),
        ("-", "-"),
    ],
)
def test_what_lies_below_the_indexs_home_is_remembered_from_there(location: str, remembered: str) -> None:
    assert relative_location(location, INDEX) == remembered
    assert absolute_location(remembered, INDEX) == location
    moved = absolute_location(remembered, Path("/other/clone/.dupfind"))
    assert moved == (location.replace("/srv/repo", "/other/clone") if remembered[0] == "." else location)


def test_a_file_belongs_to_the_source_whose_folder_is_read(tmp_path: Path) -> None:
    index = tmp_path / ".dupfind"
    for path in ("issues/1.md", "backlog/tasks/task-1 - a.md", ".beads/issues.jsonl"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("# a\n")
    sources = {"github:a/b": "hub", "-": "stdin", "./issues": "issues", "./.beads": "beads"}
    assert source_of(tmp_path / "issues" / "old" / "2.md", sources, index) == ("issues", PurePath("old/2.md"))
    assert source_of(tmp_path / ".beads" / "issues.jsonl", sources, index) == (
        "beads",
        PurePath("issues.jsonl"),
    )
    whole = {"./.": "repo"}  # of a whole checkout the folder that holds issues is read
    assert source_of(tmp_path / ".beads" / "issues.jsonl", whole, index) == ("repo", PurePath("issues.jsonl"))
    assert source_of(tmp_path / "issues" / "1.md", whole, index)[0] == ""
    assert source_of(tmp_path / "docs" / "1.md", sources, index)[0] == ""
