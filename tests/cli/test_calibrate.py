"""`dupfind calibrate`, as a person runs it."""

import json
import random
import re
import shutil
from html import unescape
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.errors import RankerError
from dupfind.evaluation.calibration import calibrate
from dupfind.verdict.model import shipped_verdicts
from tests.support.samples import Command

pytestmark = pytest.mark.slow

LETTERS = "abcdefgh"


def write_tracker(path: Path, n: int, n_duplicates: int) -> None:
    """Issues of made-up words, a day apart; duplicates repeat an older one, shuffled and with a word more."""
    chance = random.Random(1)

    def word() -> str:
        return "".join(chance.choices(LETTERS, k=4))

    issues: list[dict[str, object]] = []
    for number in range(n):
        title, body = [word() for _ in range(5)], [word() for _ in range(12)]
        issue: dict[str, object] = {"id": number}
        if number >= n - 2 * n_duplicates and number % 2:
            older = issues[chance.randrange(n - 2 * n_duplicates)]
            title = [*str(older["title"]).split()[::-1], word()]
            body = str(older["body"]).split()
            issue["duplicate_of"] = older["id"]
        issue |= {"title": " ".join(title), "body": " ".join(body), "state": "open"}
        issue["created_at"] = (
            f"20{number // 336:02}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}T00:00:00Z"
        )
        issues.append(issue)
    path.write_text("".join(json.dumps(issue) + "\n" for issue in issues), encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """An index of 400 issues, 80 of them marked duplicates."""
    from dupfind.cli.main import run

    folder = tmp_path_factory.mktemp("calibrate")
    write_tracker(folder / "issues.jsonl", 400, 80)
    index = folder / "index"
    assert (
        run(["index", "-q", "--index", str(index), str(folder / "issues.jsonl"), "--model", str(model)]) == 0
    )
    return index


@pytest.fixture
def index(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(made, tmp_path / "index"))


def test_it_tells_what_it_found_and_queries_have_probabilities_from_then_on(
    index: Path, dupfind: Command
) -> None:
    [before] = dupfind("query", "--index", index, "-k", 1, "abcd efgh hgfe dcba", "--json").json["hits"]
    assert before["probability"] is None
    ran = dupfind("calibrate", "--index", index, "--precision", 0.6, "-q")
    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[0] for line in ran.out.splitlines()] == [
        "labels",
        "order",
        *["level"] * len(shipped_verdicts().edges),
        "probability",
        "likely",
        "possible",
        "The",  # what a share by marks leaves out
        "Advice:",
    ]
    answer = dupfind("query", "--index", index, "-k", 1, "abcd efgh hgfe dcba", "--json").json
    assert 0 <= answer["hits"][0]["probability"] <= 1
    assert answer["judged"] is True
    assert dupfind("info", "--index", index, "--json").json["calibration"] == "own"
    short = dupfind("query", "--index", index, "-k", 1, "abcd", "--json").json
    assert (short["judged"], short["hits"][0]["probability"], short["hits"][0]["verdict"]) == (
        False,
        None,
        None,
    )


def test_a_dry_run_changes_nothing(index: Path, dupfind: Command) -> None:
    ran = dupfind("calibrate", "--index", index, "--dry-run", "--json", "-q")
    assert ran.code == 0, ran.err
    assert (ran.json["schema_version"], ran.json["duplicates"]) == (1, 80)
    assert set(ran.json["brier"]) == {"shipped", "own"}
    assert dupfind("info", "--index", index, "--json").json["calibration"] is None


def test_the_latest_issues_are_drawn_with_their_levels(index: Path, tmp_path: Path, dupfind: Command) -> None:
    for name in ("figures.html", "figures.json", "figures.svg"):
        ran = dupfind("calibrate", "--index", index, "--dry-run", "-o", tmp_path / name)
        assert (ran.code, f"wrote {tmp_path / name}" in ran.err) == (0, True), ran.err
    shown = dupfind("calibrate", "--index", index, "--dry-run", "--json", "-q").json
    facts = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    latest = facts.pop("latest_slice")
    assert facts == shown
    assert 0 < latest["duplicates"] < shown["duplicates"]
    assert latest["judged"] < shown["duplicates"] + shown["others"]
    page = unescape((tmp_path / "figures.html").read_text(encoding="utf-8"))
    assert shown["advice"] in re.sub("</?code>", "`", page)
    levels = {name: round(shown[name]["threshold"], 6) for name in ("likely", "possible")}
    assert f'data-levels="{json.dumps(levels)}"' in page
    title = "What the calibration finds among the latest issues of issues"
    assert title in page
    assert title in (tmp_path / "figures.svg").read_text(encoding="utf-8")


def test_a_file_of_figures_that_cannot_be_written_is_refused_before_the_work(
    index: Path, tmp_path: Path, dupfind: Command
) -> None:
    for path, error in (("figures.pdf", "none of .svg, .png, .html and .json"), ("no/figures.svg", "no")):
        ran = dupfind("calibrate", "--index", index, "-o", tmp_path / path)
        assert (ran.code, ran.out) == (2, "")
        assert error in ran.err
    assert dupfind("info", "--index", index, "--json").json["calibration"] is None


def test_another_encoding_asks_for_another_calibration(index: Path, dupfind: Command) -> None:
    assert dupfind("calibrate", "--index", index, "--precision", 0.6, "-q").code == 0
    assert dupfind("index", "--index", index, "--rebuild", "-q").code == 0
    assert dupfind("info", "--index", index, "--json").json["calibration"] is None


def test_too_few_marks_are_counted_in_one_line(indexed: Path, dupfind: Command) -> None:
    ran = dupfind("calibrate", "-q")
    assert (ran.code, ran.out) == (2, "")
    assert "calibration needs 60" in ran.err
    assert ran.err.count("\n") == 1


def test_too_few_marks_are_refused_before_a_record_is_replayed(indexed: Path) -> None:
    replayed: list[float] = []
    with (
        Collection.open(indexed / ".dupfind") as collection,
        pytest.raises(
            RankerError, match=r"1 issue at most has an older duplicate .* at least 59 are missing"
        ),
    ):
        calibrate(collection, precision=0.9, progress=replayed.append)
    assert replayed == []


def test_no_index_is_no_index_and_none_is_made(here: Path, dupfind: Command) -> None:
    ran = dupfind("calibrate", "--index", here / "nothing")
    assert (ran.code, ran.out) == (2, "")
    assert "dupfind index SOURCE" in ran.err
    assert not (here / "nothing").exists()
