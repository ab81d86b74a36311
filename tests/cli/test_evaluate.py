"""`dupfind evaluate` on an index whose duplicates are planted."""

import json
import os
import random
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dupfind.cli import figure_file
from tests.support.samples import Command, decide

N_DUPLICATES = 15


@pytest.fixture
def tracker(here: Path, model: Path, dupfind: Command) -> Path:
    """Sixty issues, a day apart, of which each fourth repeats the one before it, and is marked as its duplicate."""
    rng = random.Random(0)
    issues: list[dict[str, object]] = []
    for number in range(1, 61):
        words = ["".join(rng.choices("abcdef", k=4)) for _ in range(5)]
        issue = {
            "id": number,
            "title": " ".join(words),
            "created_at": f"2024-{1 + number // 28:02}-{1 + number % 28:02}",
        }
        if number % 4 == 0:
            issue |= {"title": issues[-1]["title"], "duplicate_of": number - 1}
        issues.append(issue)
    (here / "issues.jsonl").write_text(
        "".join(json.dumps(issue) + "\n" for issue in issues), encoding="utf-8"
    )
    assert dupfind("index", "issues.jsonl", "--model", model).code == 0
    return here


def test_planted_copies_are_all_found_first(tracker: Path, dupfind: Command) -> None:
    ran = dupfind("evaluate", "--json")
    assert ran.code == 0, ran.err
    facts = ran.json
    assert (facts["schema_version"], facts["labels"], facts["index"]["records"]) == (1, "marks", 60)
    assert (facts["issues"], facts["judged"], facts["duplicates"]) == (60, 60, N_DUPLICATES)
    for leg in ("bm25", "vectors", "dupfind"):
        assert facts["legs"][leg]["recall@1"] == {"mean": 1, "low": 1, "high": 1}
    assert sum(facts["scores"]["duplicates"]) == N_DUPLICATES
    assert facts["scores"]["duplicates"][-1] == N_DUPLICATES  # a copy has the cosine 1
    assert "only 15 issues have an older duplicate: the intervals are wide" in ran.err


def test_the_table_and_the_json_tell_the_same(tracker: Path, dupfind: Command) -> None:
    facts, shown = dupfind("evaluate", "--json", "--k", "3,1").json, dupfind("evaluate", "--k", "1,3")
    assert list(facts["legs"]["bm25"]) == ["recall@1", "recall@3", "mrr", "map"]
    assert shown.out.startswith(
        "60 issues in the order of time: 15 have an older duplicate by marks (45 others, 0 not judged); tiny\n"
    )
    assert "recall@3    1.000 (1.00 to 1.00)" in shown.out
    for head in ("precision (95 % interval)", "recall", "score ", "over vectors"):
        assert head in shown.out


def test_what_people_have_decided_stands_above_the_marks(tracker: Path, dupfind: Command) -> None:
    decide(tracker / ".dupfind", "3", "4", "different")
    decide(tracker / ".dupfind", "1", "2", "same")
    decide(tracker / ".dupfind", "5", "6", "same")
    facts = dupfind("evaluate", "--json").json
    assert (facts["labels"], facts["duplicates"]) == ("marks and 3 decisions", N_DUPLICATES + 1)


def test_the_same_command_gives_the_same_figures(tracker: Path, dupfind: Command) -> None:
    assert dupfind("evaluate", "--json").out == dupfind("evaluate", "--json").out


def test_quiet_says_the_figures_alone(tracker: Path, dupfind: Command) -> None:
    assert dupfind("evaluate", "-q").err == ""


def test_a_picture_and_the_figures_are_written_to_files(tracker: Path, dupfind: Command) -> None:
    assert dupfind("evaluate", "-o", "figures.svg").code == 0
    assert ElementTree.parse("figures.svg").getroot().tag.endswith("svg")
    ran = dupfind("evaluate", "--json", "-o", tracker / "figures.json")
    assert json.loads((tracker / "figures.json").read_text(encoding="utf-8")) == ran.json
    assert {path.name for path in tracker.iterdir()} == {
        ".dupfind",
        "issues.jsonl",
        "figures.svg",
        "figures.json",
    }


def test_it_ends_in_one_sentence_of_advice_and_a_page_has_it_too(tracker: Path, dupfind: Command) -> None:
    shown = dupfind("evaluate", "-o", "figures.html").out
    advice = shown.splitlines()[-1]
    assert advice.startswith("Advice: ")
    assert dupfind("evaluate", "--json").json["advice"] == advice
    page = (tracker / "figures.html").read_text(encoding="utf-8")
    assert advice in re.sub("</?code>", "`", page).replace("&#39;", "'")
    assert "default-src &#39;none&#39;" in page


def test_a_png_is_written_where_its_library_is_installed(tracker: Path, dupfind: Command) -> None:
    pytest.importorskip("resvg_py", reason="resvg-py is missing: install dupfind[png]")
    assert dupfind("evaluate", "-o", "figures.png").code == 0
    assert (tracker / "figures.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in a folder")
def test_figures_go_through_a_pipe_that_stays_one(tracker: Path, dupfind: Command) -> None:
    pipe = tracker / "figures.json"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert dupfind("evaluate", "-o", pipe).code == 0
        assert pipe.is_fifo()
        assert json.loads(os.read(reader, 65_536))["issues"] == 60
    finally:
        os.close(reader)


def test_without_its_library_a_png_is_refused_in_one_line(
    tracker: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figure_file, "find_spec", lambda _: None)
    ran = dupfind("evaluate", "-o", "figures.png")
    assert ran.code == 2
    assert "a PNG needs resvg-py: install dupfind[png], or write an .svg" in ran.err
    assert not (tracker / "figures.png").exists()


def test_only_issues_since_a_day_are_looked_for(tracker: Path, dupfind: Command) -> None:
    facts = dupfind("evaluate", "--json", "--since", "2024-01-20").json
    assert facts["since"] == "2024-01-20T00:00:00Z"
    assert facts["issues"] == 60 - 18
    assert facts["duplicates"] == 11


def test_a_pairs_file_takes_the_place_of_the_marks(tracker: Path, dupfind: Command) -> None:
    pairs = "".join(f"{number},{number - 2}\n" for number in range(3, 60, 4))
    (tracker / "pairs.csv").write_text(pairs, encoding="utf-8")
    facts = dupfind("evaluate", "--json", "--pairs", "pairs.csv").json
    assert (facts["labels"], facts["duplicates"]) == ("pairs.csv", 15)
    assert facts["legs"]["dupfind"]["recall@1"]["mean"] < 1


def test_a_protocol_has_its_window(tracker: Path, dupfind: Command) -> None:
    facts = dupfind("evaluate", "--json", "--protocol", "tosem-2023").json
    assert (facts["protocol"], facts["window_days"], facts["duplicates"]) == ("tosem-2023", 365, N_DUPLICATES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "figures.gif"), "'figures.gif' is none of .svg, .png, .html and .json"),
        (("-o", "nowhere/figures.svg"), "'nowhere' is not a folder"),
        (("--k", "0,5"), "'0,5' is not a list of depths"),
        (("--k", "5,"), "is not a list of depths"),
        (("--k", "٣"), "is not a list of depths"),
        (("--protocol", "tosem-2023", "--window", "30"), "has its own window"),
        (("--since", "yesterday"), "is not a date"),
        (("--pairs", "gone.csv"), "does not exist"),
    ],
)
def test_what_cannot_be_meant_is_one_line_before_any_work(
    here: Path, dupfind: Command, arguments: tuple[str, ...], message: str
) -> None:
    ran = dupfind("evaluate", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_too_few_labels_are_told_with_their_number(tracker: Path, dupfind: Command) -> None:
    ran = dupfind("evaluate", "--since", "2024-02-20", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert "4 of 14 issues have an older duplicate, and 10 are needed" in ran.err


def test_labels_of_unknown_issues_are_told(tracker: Path, dupfind: Command) -> None:
    (tracker / "pairs.csv").write_text("1,2\n3,nowhere\n", encoding="utf-8")
    ran = dupfind("evaluate", "--pairs", "pairs.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "the first is 'nowhere' in line 2" in ran.err
