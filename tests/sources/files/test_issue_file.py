from pathlib import PurePath

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.files import issue_file
from tests.support.timing import growth


def parsed(text: str | bytes, path: str = "issues/0007-boom.md") -> Record:
    data = text.encode() if isinstance(text, str) else text
    return issue_file.parse(data, PurePath(path), source="s")[0]


def test_front_matter_and_body() -> None:
    record = parsed(
        "---\nid: 6\ntitle: 'It: crashes'\nstatus: closed\ncreated: 2024-01-18\n"
        "labels: [bug]\nduplicate_of: 2\n---\n\nfirst\n\nsecond\n"
    )
    assert (record.id, record.title, record.body) == ("6", "It: crashes", "first\n\nsecond")
    assert (record.state, record.duplicate_of) == ("closed", (Ref(None, "2"),))
    assert record.created is not None
    assert record.created.isoformat() == "2024-01-18T00:00:00+00:00"


@pytest.mark.parametrize(
    ("matter", "id", "originals"),
    [
        ("id: 0012\nduplicate_of: 0007", "12", ["7"]),
        ("id: '#12'\nduplicate_of: [7, '#8']", "12", ["7", "8"]),
        ("id: task-12\nduplicate_of: task-7", "task-12", ["task-7"]),
        ("id: no\nduplicate_of:", "no", []),
        ("title: x", "7", []),
        ("id: 1e3\nduplicate_of: null", "1e3", []),
        ("id: #12\nduplicate_of: #0007", "12", ["7"]),
        ("id: 5 # twelve\nduplicate_of: # none", "5", []),
    ],
)
def test_values_are_what_was_written(matter: str, id: str, originals: list[str]) -> None:
    record = parsed(f"---\n{matter}\n---\nx")
    assert record.id == id
    assert [ref.id for ref in record.duplicate_of] == originals


@pytest.mark.parametrize(
    ("path", "id"),
    [
        ("0006-boom.md", "6"),
        ("6.md", "6"),
        ("task-12 - Boom.md", "task-12"),
        ("old/boom.md", "old/boom"),
        ("2fast.md", "2"),
    ],
)
def test_the_name_of_the_file_stands_in_for_an_id(path: str, id: str) -> None:
    assert parsed("# Boom\n", path).id == id


def test_the_first_heading_stands_in_for_a_title_and_leaves_the_body() -> None:
    record = parsed("intro\n\n```\n# no heading\n```\n# The title #\n\ntext")
    assert (record.title, record.body) == ("The title", "intro\n\n```\n# no heading\n```\n\ntext")
    assert parsed("---\ntitle: t\n---\n# h\n").body == "# h"


def test_of_a_task_of_backlog_the_description_is_the_body() -> None:
    text = (
        "---\nid: TASK-3\ntitle: t\nstatus: In Progress\ncreated_date: '2025-06-08 10:00'\n---\n\n"
        "## Description\n\n<!-- SECTION:DESCRIPTION:BEGIN -->\nIt fails.\n\n```\n## no section\n```\n"
        "<!-- SECTION:DESCRIPTION:END -->\n\n## Acceptance Criteria\n- [ ] #1 works\n"
    )
    record = parsed(text, "backlog/tasks/task-3 - t.md")
    assert (record.id, record.state) == ("TASK-3", "open")
    assert record.body == "It fails.\n\n```\n## no section\n```"


def test_a_folder_of_completed_tasks_closes_them() -> None:
    assert parsed("# a", "backlog/completed/task-1 - a.md").state == "closed"
    assert parsed("# a", "backlog/tasks/task-1 - a.md").state is None


def test_windows_line_ends_and_a_byte_order_mark_are_nothing() -> None:
    record = parsed("\ufeff---\r\nid: 4\r\ntitle: t\r\n---\r\nbody\r\n")
    assert (record.id, record.title, record.body) == ("4", "t", "body")


def test_rules_and_front_matter_in_code_are_text() -> None:
    body = "a\n\n---\n\nb\n\n---\n\n```\n---\nid: 1\ntitle: x\n---\n```"
    assert parsed(f"---\nid: 4\n---\n{body}").body == body


BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "---\ntitle: [a\nid: 1\n---\n",
            r"0007-boom\.md, line \d: broken front matter: expected ',' or '\]'",
        ),
        ("---\nid: 1\ntitle: a: b\n---\n", r"line 3: broken front matter: mapping values are not allowed"),
        ("---\nid: 1\ntitle: x\n", r"line 1: front matter begins here and does not end: close it with ---"),
        ("---\njust words\n---\n", r"line 2: front matter must be lines such as `title:"),
        (f"---\n{BOMB}---\n", r"line 3: broken front matter: an alias, which is not read"),
        ("---\nid: !!python/object/apply:os.system [ls]\ntitle: *x\n---\n", "line 3: broken front matter"),
        ("---\n" + "a: " + "[" * 5_000 + "\n---\n", "broken front matter: it is nested too deep"),
        ("---\na: " + "x" * 70_000 + "\n---\n", "front matter of more than 64 Ki characters"),
        ("---\nid: 1\n---\na\n\n---\nid: 2\ntitle: b\n---\nc", "line 6: a second issue begins here"),
        (b"# a\n\ncaf\xe9\n", r"0007-boom\.md, line 3: no UTF-8: save the file in that encoding"),
        (b"# a\nx\0y", "line 2: a zero byte: this is no text"),
        (b"x" * (16 * 2**20 + 1), "has more than 16 MiB"),
    ],
    ids=range(12),
)
def test_what_is_broken_is_named_with_its_line(text: str | bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message) as raised:
        parsed(text)
    assert "\n" not in str(raised.value)


def test_a_tag_makes_no_object() -> None:
    assert parsed("---\nid: !!python/object/apply:os.getpid []\n---\nx").id == "[]"


@pytest.mark.parametrize(
    ("start", "unit", "end"), [("# ", "####", "x"), ("# ", " # #", ""), ("", "<!-- ", ""), ("", "---\n", "")]
)
def test_time_grows_no_faster_than_the_text(start: str, unit: str, end: str) -> None:
    def read(n: int) -> None:
        line = start + unit * n + end
        assert parsed(f"# a\n{line}\n").title == "a"
        assert parsed(line).id == "7"

    assert growth(read, 12_500) < 24
