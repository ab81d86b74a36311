"""Lists of commands: one option for their format, and tables with links and styles at a terminal."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from dupfind.cli import list_output, terminal
from dupfind.cli.list_output import Cell, TableRow, print_table
from dupfind.cli.terminal import fit, linked, safe
from dupfind.reports.display import visible
from tests.support.samples import Command

LISTS = (("query", "abc def crash"), ("info",), ("doctor",), ("model", "list"))
FORMS = ("json", "jsonl", "csv", "markdown", "github")


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (terminal, list_output):
        monkeypatch.setattr(module, "is_terminal", lambda _: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("FORCE_HYPERLINK", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize("arguments", LISTS, ids=" ".join)
def test_every_list_has_every_format(indexed: Path, dupfind: Command, arguments: tuple[str, ...]) -> None:
    drawn = {form: dupfind(*arguments, "--format", form) for form in FORMS}
    assert {ran.code for ran in drawn.values()} == {0}
    assert drawn["json"] == dupfind(*arguments, "--json")
    n_items = len(drawn["jsonl"].out.splitlines())
    assert all(isinstance(json.loads(line), dict) for line in drawn["jsonl"].out.splitlines())
    assert len(list(csv.DictReader(io.StringIO(drawn["csv"].out)))) == n_items
    assert len(drawn["markdown"].out.splitlines()) == n_items + 2
    assert all(line.startswith("::") for line in drawn["github"].out.splitlines())


def test_two_formats_are_refused(indexed: Path, dupfind: Command) -> None:
    ran = dupfind("info", "--json", "--format", "csv")
    assert (ran.code, ran.out) == (2, "")
    assert "--format csv and --json exclude each other" in ran.err
    assert dupfind("info", "--json", "--format", "json").code == 0


def test_the_rows_of_a_query_are_its_hits(indexed: Path, dupfind: Command) -> None:
    hits = dupfind("query", "abc def crash", "--json").json["hits"]
    rows = list(csv.DictReader(io.StringIO(dupfind("query", "abc def crash", "--format", "csv").out)))
    assert [row["id"] for row in rows] == [hit["id"] for hit in hits]
    assert [float(row["score"]) for row in rows] == [hit["score"] for hit in hits]


def test_what_sets_a_sibling_apart_stands_in_words(indexed: Path, dupfind: Command, tmp_path: Path) -> None:
    body = "The error E0308 is shown on the second screen."
    (tmp_path / "windows.json").write_text(
        json.dumps([{"id": 1, "title": "Window closes at once", "body": body}]), encoding="utf-8"
    )
    assert dupfind("index", str(tmp_path / "windows.json"), "--accept").code == 0
    query = ("query", "--title", "Window opens at once", "--body", body, "-k", "1", "--format")
    [hit] = json.loads(dupfind(*query, "json").out)["hits"]
    assert hit["difference"] == {"kind": "contrary", "asked": "opens", "found": "closes"}
    [row] = csv.DictReader(io.StringIO(dupfind(*query, "csv").out))
    assert (row["id"], row["kind"], row["difference"]) == ("1", "sibling", "contrary: opens ≠ closes")
    assert "| contrary: opens ≠ closes |" in dupfind(*query, "markdown").out
    assert json.loads(dupfind(*query, "jsonl").out) == hit


def test_a_table_has_columns_links_styles_and_lines_below(
    at_a_terminal: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    rows = [
        TableRow(
            (Cell("1"), Cell("#12", "https://example.org/12"), Cell("")), "title " * 20, [Cell("below")]
        ),
        TableRow((Cell("2"), Cell("#3", "javascript:x"), Cell("")), "\x1b[2Jwide 日本", []),
    ]
    print_table(rows, indent=4)
    first, below, second = capsys.readouterr().out.splitlines()
    assert first.startswith("1  \x1b]8;;https://example.org/12\x1b\\#12\x1b]8;;\x1b\\  title title")
    assert first.endswith("…")
    assert below == "    below"
    assert second == "2  #3   \\x1b[2Jwide 日本"


def test_reasons_and_advice_are_wrapped_and_addresses_are_not(
    at_a_terminal: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    advice, address = (
        "-> run `dupfind index SOURCE` to make the file again",
        f"https://example.org/{'a' * 60}",
    )
    row = TableRow(
        (Cell("BAD"),),
        "the snapshot is missing or damaged, and it is slow",
        [Cell(advice), Cell(address, address)],
    )
    print_table([row], indent=10, wraps=True)
    found, more, *below, last = capsys.readouterr().out.splitlines()
    assert (found, more) == ("BAD  the snapshot is missing or damaged, and it is", "     slow")
    assert [line[:10] for line in below] == [" " * 10] * 2
    assert " ".join(line.strip() for line in below) == advice
    assert "…" in last
    print_table([row], indent=10)
    cut, *rest = capsys.readouterr().out.splitlines()
    assert cut == "BAD  the snapshot is missing or damaged, and it i…"
    assert rest == [*below, last]


def test_the_remedy_of_a_fault_is_whole_on_a_narrow_terminal(
    indexed: Path, dupfind: Command, at_a_terminal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    [snapshot] = (indexed / ".dupfind/snapshots").glob("*.faiss")
    snapshot.unlink()
    shown = dupfind("doctor").out
    assert "to make it again" in " ".join(shown.split())
    assert "…" not in shown


@pytest.mark.parametrize(
    ("variable", "value", "is_link"),
    [("FORCE_HYPERLINK", "1", True), ("FORCE_HYPERLINK", "0", False), ("TERM", "dumb", False)],
)
def test_the_environment_turns_links_on_and_off(
    at_a_terminal: None, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, is_link: bool
) -> None:
    monkeypatch.setenv(variable, value)
    assert ("\x1b" in linked("#1", "https://example.org/1")) == is_link


def test_no_address_leaves_its_mark(at_a_terminal: None) -> None:
    assert linked("#1", "https://example.org/\x1b\\x") == "#1"
    assert linked("#1", "https://example.org/" + "a" * 5000) == "#1"
    assert "https://example.org/%C3%BC%9C" not in linked("#1", "https://example.org/ü")
    assert "https://example.org/%C3%BC" in linked("#1", "https://example.org/ü")


def test_a_link_has_no_width_and_a_cut_closes_it(at_a_terminal: None) -> None:
    text = f"ab{linked('cdef', 'https://example.org/1')}gh"
    assert fit(text, 8) == text
    cut = fit(text, 5)
    assert re.sub("\x1b\\]8;;[^\x1b]*\x1b\\\\", "", cut) == "abcd…"
    assert cut.count("\x1b]8;;") == 2
    assert fit("abcdef", 3) == "ab…"


def test_no_character_that_a_person_would_not_see_reaches_a_terminal() -> None:
    """What the reports escape is escaped in every other line, too: invisible characters can hide instructions."""
    hidden = (
        "\x1b\x07\x7f\x9b\u00ad\u061c\u180e\u200b\u200e\u2028\u202e\u2060\u2066\ufeff\ufff9\ud800\U000e0041"
    )
    shown = safe(f"a{hidden}b\tc\r\nd")
    assert (
        shown == visible(f"a{hidden.replace(chr(0x2028), '')}b").replace(r"\u200e", r"\u200e\u2028") + " c d"
    )
    assert shown.isascii()
    kept = "\u00e9 \u65e5\u672c \U0001f468\u200d\U0001f469 \u0301 \ufe0f"  # marks, and joined emoji
    assert safe(kept) == kept


def test_a_hidden_mark_in_a_title_or_a_name_is_seen(here: Path, model: Path, dupfind: Command) -> None:
    issue = {
        "id": "a\u200b1",
        "title": "abc \U000e0041def\u2060 crash",
        "project": "p\ufeffq",
        "state": "s\u00adt",
    }
    (here / "issues.jsonl").write_text(json.dumps(issue) + "\n", encoding="utf-8")
    assert dupfind("index", "issues.jsonl", "--model", model).code == 0
    for arguments in (
        ("query", "abc def"),
        ("info",),
        ("query", "abc", "--project", "x"),
        ("query", "--id", "7"),
    ):
        ran = dupfind(*arguments)
        assert (ran.out + ran.err).isascii(), arguments
    assert r"p\ufeffq" in dupfind("query", "abc", "--project", "x").err
