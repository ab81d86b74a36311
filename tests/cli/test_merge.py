"""`dupfind index --part`, `dupfind report --part` and `dupfind merge`: parts answer as one run does."""

import json
import re
from pathlib import Path

import pytest

from dupfind.cli.main import run
from tests.conftest import ISSUES
from tests.support.paths import ROOT
from tests.support.samples import Command
from tests.support.tiny_models import bert_tensors, needs_minilm, write_model, write_safetensors

EXAMPLE = ROOT / "examples" / "tracker.db"
QUERIES = [
    "the installer is reported as a trojan",
    "uploads stop when the app is closed",
    "crash on start",
    "deleted files come back",
    "sync is slow with many small files",
    "cannot log in after the password was changed",
    "the icon in the tray is missing",
    "conflict copies of a document that nobody edited",
    "a link to a shared folder shows an empty page",
    "certificate is not trusted",
    "quota is shown wrong",
    "file names with umlauts are broken",
    "battery is empty within hours",
    "permission denied on a network drive",
    "dark mode makes text unreadable",
    "photos are uploaded twice",
    "server answers 500 on large uploads",
    "translation is wrong",
    "update fails on Windows",
    "search finds nothing",
]


def write_parts(dupfind: Command, source: Path, of: int, *options: object) -> list[Path]:
    paths = []
    for number in range(of, 0, -1):  # in any order
        path = Path(f"part{number}of{of}.dfp")
        ran = dupfind("index", source, "--part", f"{number}/{of}", "-o", path, *options)
        assert ran.code == 0, ran.err
        paths.append(path)
    return paths


def answers(dupfind: Command, index: Path, queries: list[str]) -> list[str]:
    """All that an index answers, without times."""
    texts = [dupfind("query", query, "--json", "--index", index) for query in queries]
    texts.append(dupfind("report", "--format", "json", "-q", "--index", index))
    assert {ran.code for ran in texts} == {0}
    return [without_times(ran.out, index) for ran in texts]


def without_times(text: str, index: Path) -> str:
    text = text.replace(str(index), "INDEX")
    return re.sub(
        r'^( {2,4})"(created|created_at|read_at|generation)": .*$', r'\1"\2": 0,', text, flags=re.MULTILINE
    )


@pytest.mark.slow
@pytest.mark.model
@needs_minilm
@pytest.mark.parametrize("of", [1, 2, 7])
def test_the_parts_of_the_example_answer_as_one_run_does(
    here: Path, dupfind: Command, tmp_path_factory: pytest.TempPathFactory, of: int
) -> None:
    index = tmp_path_factory.getbasetemp() / "single"
    if not index.exists():
        assert run(["index", str(EXAMPLE), "--index", str(index), "-q"]) == 0
    ran = dupfind("merge", *write_parts(dupfind, EXAMPLE, of), "--index", here / "merged")
    assert ran.code == 0, ran.err
    assert "396 read, 396 new" in ran.out
    expected = answers(dupfind, index, QUERIES)
    assert answers(dupfind, here / "merged", QUERIES) == expected
    pairs = []
    for number in range(1, of + 1):
        pairs.append(here / f"pairs{number}.dfp")
        ran = dupfind("report", "--part", f"{number}/{of}", "-o", pairs[-1], "--index", here / "merged")
        assert ran.code == 0, ran.err
    ran = dupfind("merge", *pairs, "--format", "json", "--index", here / "merged", "-q")
    assert ran.code == 0, ran.err
    assert without_times(ran.out, here / "merged") == expected[-1]


@pytest.fixture
def tracker(here: Path) -> Path:
    path = here / "issues.jsonl"
    path.write_text("".join(json.dumps(issue) + "\n" for issue in ISSUES), encoding="utf-8")
    return path


def test_parts_become_an_index_that_sync_query_and_report_know(
    tracker: Path, dupfind: Command, model: Path
) -> None:
    parts = write_parts(dupfind, tracker, 2, "--model", model)
    again = dupfind("index", tracker, "--part", "2/2", "-o", parts[0], "--model", model)
    assert (again.code, again.out) == (0, "part2of2.dfp: part 2/2: complete already\n")
    ran = dupfind("merge", *parts, parts[0], "--model", model)
    assert ran.code == 0, ran.err
    assert "issues.jsonl (jsonl): 4 read, 4 new, 0 changed, 0 as before; 6 texts from the parts;" in ran.out
    assert "1 of the files are equal to others" in ran.err
    dupfind("index", tracker, "--model", model, "--index", "single")
    merged, single = Path(".dupfind"), Path("single")
    assert answers(dupfind, merged, ["abc def crash"]) == answers(dupfind, single, ["abc def crash"])
    with tracker.open("a", encoding="utf-8") as file:
        file.write('{"id": 9, "title": "a fee"}\n')
    ran = dupfind("sync")
    assert (ran.code, "1 new" in ran.out) == (0, True), ran.err


def test_parts_of_another_model_than_that_of_the_index_are_refused_with_the_way_out(
    tracker: Path, dupfind: Command, model: Path, tmp_path: Path
) -> None:
    other = write_model(tmp_path / "other")
    write_safetensors(other / "model.safetensors", bert_tensors(5))
    parts = write_parts(dupfind, tracker, 2, "--model", other)
    ran = dupfind("merge", *parts, "--model", model)
    assert ran.code == 2
    assert f"--model {model} is another one" in ran.err
    assert "pass that of the parts with --model" in ran.err
    assert dupfind("index", tracker, "--model", model).code == 0
    ran = dupfind("merge", *parts)
    assert ran.code == 2
    assert "compute the parts with its --model, or name another --index" in ran.err
    assert dupfind("merge", *parts, "--model", other, "--index", "another").code == 0


@pytest.mark.parametrize("name", ["open\u3000issues.jsonl", "open\u00a0issues.jsonl", "co\u00adop.jsonl"])
def test_a_source_may_have_a_name_that_an_index_of_one_run_takes(
    tracker: Path, dupfind: Command, model: Path, name: str
) -> None:
    path = tracker.rename(tracker.with_name(name))
    assert dupfind("index", path, "--model", model, "--index", "single").code == 0
    ran = dupfind("merge", *write_parts(dupfind, path, 2, "--model", model), "--model", model)
    assert ran.code == 0, ran.err
    infos = [json.loads(dupfind("info", "--json", "--index", index).out) for index in ("single", ".dupfind")]
    assert infos[0]["sources"][0]["name"] == infos[1]["sources"][0]["name"] == name


def test_parts_of_a_report_become_its_page(indexed: Path, dupfind: Command) -> None:
    parts = []
    for number in (2, 1, 3):
        parts.append(indexed / f"pairs{number}.dfp")
        ran = dupfind("report", "--min-score", 0.5, "--part", f"{number}/3", "-o", parts[-1])
        assert ran.code == 0, ran.err
    single = dupfind("report", "--min-score", 0.5, "--format", "json")
    ran = dupfind("merge", *parts, "--format", "json")
    assert without_times(ran.out, indexed) == without_times(single.out, indexed)
    ran = dupfind("merge", *parts, "-o", "duplicates.html")
    assert ran.code == 0, ran.err
    assert Path("duplicates.html").read_text(encoding="utf-8").startswith("<!")


def test_every_part_that_cannot_be_merged_is_one_line_and_exit_code_2(
    tracker: Path, dupfind: Command, model: Path
) -> None:
    first, second = reversed(write_parts(dupfind, tracker, 2, "--model", model))
    cut = Path("cut.dfp")
    cut.write_bytes(second.read_bytes()[:-100])
    tracker.write_text(tracker.read_text(encoding="utf-8").replace("bee", "cab"), encoding="utf-8")
    other = Path("other.dfp")
    assert dupfind("index", tracker, "--part", "2/2", "-o", other, "--model", model).code == 0
    for files, message in (
        ([first], "1 of 2 parts is missing: number 2"),
        ([first, cut], "cut.dfp is cut short or damaged"),
        ([first, other], "their sources differ"),
        ([first, second, other], "their sources differ"),
        ([first, tracker], "issues.jsonl is no part"),
        ([first, "missing.dfp"], "missing.dfp is no file"),
    ):
        ran = dupfind("merge", *files, "--model", model)
        assert ran.code == 2
        assert ran.out == ""
        assert message in ran.err
        assert len(ran.err.splitlines()) == 1
        assert not Path(".dupfind").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["index", "issues.jsonl", "--part", "1/2"], "name it with -o"),
        (["index", "issues.jsonl", "-o", "a.dfp"], "pass --part"),
        (["index", "issues.jsonl", "--part", "3/2", "-o", "a.dfp"], "no share"),
        (["index", "--rebuild", "--part", "1/2", "-o", "a.dfp"], "--part reads each SOURCE"),
        (["report", "--part", "1/2"], "name it with -o"),
        (["merge"], "Missing argument"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    tracker: Path, dupfind: Command, arguments: list[str], message: str
) -> None:
    ran = dupfind(*arguments)
    assert (ran.code, message in ran.err) == (2, True), ran.err


def test_a_part_is_not_written_over_another_file(tracker: Path, dupfind: Command, model: Path) -> None:
    before = tracker.read_bytes()
    ran = dupfind("index", tracker, "--part", "1/2", "-o", tracker, "--model", model)
    assert (ran.code, "no part of a run" in ran.err) == (2, True)
    assert tracker.read_bytes() == before
