"""Which of two decisions on one pair stands, how long it holds, and the file that a team keeps."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies

from dupfind import decisions
from dupfind.decisions import ANSWERS, Decision, Decisions, Side, standing
from dupfind.errors import DupfindError, SourceError
from dupfind.records import Record, storable
from tests.support.samples import NOW, record

A, B, C = (
    record(id, title, "body", source="tracker.db", project="web")
    for id, title in (("1", "crash on start"), ("2", "dies at launch"), ("3", "feed is empty"))
)


def decide(first: Record, second: Record, answer: str, who: str = "ann", decided: datetime = NOW) -> Decision:
    return Decision.of(first, second, answer, decided=decided, who=who, why="read both")


def test_a_decision_is_on_a_pair_and_not_on_an_order() -> None:
    assert decide(A, B, "same") == decide(B, A, "same")
    log = Decisions.of([decide(B, A, "different")])
    assert log.rejects(A, B)
    assert log.rejects(B, A)
    assert not log.rejects(A, C)


def test_a_decision_holds_until_a_title_or_a_body_changes() -> None:
    log = Decisions.of([decide(A, B, "different")])
    assert not log.rejects(replace(A, title="crash on start!"), B)
    assert not log.rejects(A, replace(B, body=""))
    assert log.rejects(replace(A, state="closed", updated=NOW), B)


def test_one_id_in_two_projects_is_two_records() -> None:
    assert not Decisions.of([decide(A, B, "different")]).rejects(replace(A, project=None), B)


def test_a_record_cannot_be_decided_on_with_itself_nor_with_another_word() -> None:
    with pytest.raises(ValueError, match="both are the same"):
        decide(A, A, "same")
    with pytest.raises(ValueError, match="the answer 'perhaps' is not one of same"):
        decide(A, B, "perhaps")


def test_unsure_gives_way_to_a_plain_answer_and_rejects_nothing() -> None:
    unsure, plain = decide(A, B, "unsure", "bob", NOW + timedelta(1)), decide(A, B, "same")
    assert standing(unsure, plain) == standing(plain, unsure) == plain
    assert not Decisions.of([unsure]).rejects(A, B)


def test_the_later_of_two_that_agree_stands() -> None:
    first, second = decide(A, B, "same", "ann"), decide(A, B, "same", "bob", NOW + timedelta(1))
    assert standing(first, second) == standing(second, first) == second


def test_a_word_on_newer_texts_stands_before_one_on_older_texts() -> None:
    old = decide(A, B, "same")
    new = decide(replace(A, title="crash on exit"), B, "different", decided=NOW + timedelta(1))
    assert standing(old, new) == standing(new, old) == new


def test_two_that_contradict_each_other_are_an_error_unless_the_newer_is_asked_for() -> None:
    same, different = decide(A, B, "same"), decide(A, B, "different", "bob", NOW + timedelta(1))
    assert standing(same, different) is None
    with pytest.raises(DupfindError, match=r"ann called web#1 and web#2 same on .*, but bob .* --newer"):
        Decisions.of([same, different])
    assert list(Decisions.of([same]).merged([different], newer=True)) == [different]
    assert list(Decisions.of([different]).merged([same], newer=True)) == [different]


any_decision = strategies.builds(
    lambda pair, title, answer, day, who: Decision.on(
        Side(("s", "", pair[0]), title),
        Side(("s", "", pair[1]), "t"),
        answer,
        decided=NOW + timedelta(day),
        who=who,
    ),
    strategies.sampled_from([("1", "2"), ("2", "1"), ("2", "3")]),
    strategies.sampled_from(["t", "u"]),
    strategies.sampled_from(ANSWERS),
    strategies.integers(0, 2),
    strategies.sampled_from(["ann", "bob"]),
)


@given(strategies.lists(any_decision, max_size=4))
def test_a_merge_gives_the_same_in_whatever_order(several: list[Decision]) -> None:
    assert len({Decisions().merged(order, newer=True).text() for order in permutations(several)}) == 1


text = strategies.text(max_size=20).map(storable)


@given(
    strategies.tuples(text, text, text),
    strategies.sampled_from(ANSWERS),
    strategies.datetimes(timezones=strategies.just(UTC)),
    text,
    text,
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    name: tuple[str, str, str],
    answer: str,
    decided: datetime,
    who: str,
    why: str,
) -> None:
    path = tmp_path_factory.mktemp("decisions") / "decisions.jsonl"
    one, other = Side(name, "f"), Side(("another " + name[0], *name[1:]), "g")
    log = Decisions.of([Decision.on(one, other, answer, decided=decided, who=who, why=why)])
    path.write_text(log.text(), encoding="utf-8")
    assert path.read_bytes().isascii()
    assert Decisions.read(path) == log


def test_a_file_is_a_line_a_pair_in_the_order_of_names_with_sorted_keys() -> None:
    lines = Decisions.of([decide(B, C, "same"), decide(C, A, "unsure"), decide(A, B, "different")]).text()
    values = [json.loads(line) for line in lines.splitlines()]
    assert [(one["first"]["id"], one["second"]["id"]) for one in values] == [
        ("1", "2"),
        ("1", "3"),
        ("2", "3"),
    ]
    assert all(list(one) == sorted(one) for one in values)
    assert values[0] == {
        "schema_version": 1,
        "first": {"source": "tracker.db", "project": "web", "id": "1", "fingerprint": Side.of(A).fingerprint},
        "second": {
            "source": "tracker.db",
            "project": "web",
            "id": "2",
            "fingerprint": Side.of(B).fingerprint,
        },
        "answer": "different",
        "decided_at": "2025-01-01T00:00:00Z",
        "who": "ann",
        "why": "read both",
    }


def test_a_time_in_another_zone_is_kept_in_utc() -> None:
    elsewhere = datetime(2025, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert decide(A, B, "same", decided=elsewhere) == decide(A, B, "same")


GOOD = json.loads(Decisions.of([decide(A, B, "same")]).text())


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "this is not valid JSON"),
        ("[" * 100_000, "this is not valid JSON"),
        ('{"schema_version": 1' + "0" * 5_000 + "}", ""),
        ("[]", "this is not a JSON object"),
        ("{}", "the schema_version is None, not 1"),
        (GOOD | {"schema_version": 2}, "the schema_version is 2, not 1"),
        (GOOD | {"answer": "x" * 10_000}, "is not one of same, different, unsure"),
        (GOOD | {"answer": None}, "'answer' is not a string"),
        (GOOD | {"decided_at": "yesterday"}, "decided_at is 'yesterday', not a time in UTC"),
        (GOOD | {"decided_at": "2025-01-01T00:00:00"}, "not a time in UTC"),
        (GOOD | {"decided_at": "0001-01-01T00:00:00+14:00"}, "not a time in UTC"),
        (GOOD | {"first": "1"}, "'first' is not a record"),
        (GOOD | {"first": GOOD["first"] | {"id": 1}}, "'id' is not a string"),
        (GOOD | {"first": GOOD["second"]}, "both are the same"),
        (b"\xff\xfe{}", "this is not valid JSON"),
    ],
)
def test_a_broken_line_is_one_line_with_its_number(tmp_path: Path, line: Any, problem: str) -> None:
    path = tmp_path / "decisions.jsonl"
    if isinstance(line, dict):
        line = json.dumps(line)
    path.write_bytes(b"\n" + (line if isinstance(line, bytes) else line.encode()))
    with pytest.raises(SourceError) as caught:
        Decisions.read(path)
    assert str(caught.value).startswith(f"{path}, line 2: ")
    assert problem in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_two_lines_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    lines = [Decisions.of([decide(A, B, answer)]).text() for answer in ("same", "unsure", "different")]
    path.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(SourceError, match=r"line 3: ann called .* different .* in line 1: delete one"):
        Decisions.read(path)


def test_lines_that_git_merged_from_two_branches_are_read(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    first, again = decide(A, B, "same"), decide(A, B, "same", "bob", NOW + timedelta(1))
    path.write_text("".join(Decisions.of([one]).text() for one in (again, first)), encoding="utf-8")
    assert list(Decisions.read(path)) == [again]


def test_a_file_that_is_not_there_or_too_large_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        Decisions.read(tmp_path / "none.jsonl")
    with pytest.raises(SourceError, match="cannot be read"):
        Decisions.read(tmp_path)
    monkeypatch.setattr(decisions, "MAX_BYTES", 10)
    (tmp_path / "large.jsonl").write_text(" " * 11, encoding="utf-8")
    with pytest.raises(SourceError, match="is larger than"):
        Decisions.read(tmp_path / "large.jsonl")


def test_an_endless_device_or_a_folder_is_no_file_of_decisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "MAX_BYTES", 100_000)
    for place, fault in ((Path("/dev/zero"), "is larger than"), (tmp_path, "cannot be read")):
        with pytest.raises(SourceError, match=fault):
            Decisions.read(place)


def test_decisions_come_through_a_pipe_of_the_shell(tmp_path: Path) -> None:
    """As in `--decisions <(git show main:decisions.jsonl)`."""
    path = tmp_path / "decisions.jsonl"
    path.write_text(Decisions.of([decide(A, B, "same")]).text(), encoding="utf-8")
    reads, writes = os.pipe()
    try:
        os.write(writes, path.read_bytes())
        os.close(writes)
        assert list(Decisions.read(Path(f"/dev/fd/{reads}"))) == [decide(A, B, "same")]
    finally:
        os.close(reads)
