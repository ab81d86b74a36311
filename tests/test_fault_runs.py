"""Random faults for some seconds each; `benchmarks/faults.py` runs the same for hours."""

import json
import logging
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from dupfind.sources.open import open_source
from tests.support.corpus import database
from tests.support.fault_runs.kills import kills
from tests.support.fault_runs.mutations import mutations
from tests.support.fault_runs.requests import requests
from tests.support.fault_runs.sources import sources
from tests.support.fault_runs.splits import splits
from tests.support.fault_runs.tally import FAULTS, Tally, rounds
from tests.support.odd_files import odd
from tests.support.source_seeds import registered_kinds, seeds

pytestmark = pytest.mark.slow

SECONDS = 10


@pytest.mark.parametrize("run", [kills, mutations, requests, sources, splits])
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning"
)  # a process with threads forks; the fork starts no thread
def test_some_seconds_of_faults_lead_to_nothing(
    run: Callable[[random.Random, float, Path], Tally], tmp_path: Path
) -> None:
    tally = run(random.Random(7), SECONDS, tmp_path)
    assert tally.notes == []
    assert tally.runs >= 1
    assert all(tally.counts()[fault] == 0 for fault in FAULTS)


def test_every_reader_has_a_source_to_damage_and_its_share_of_the_time(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    found = list(seeds(tmp_path / "seeds"))
    assert {seed.kind for seed in found} == set(registered_kinds())
    assert [open_source(str(seed.path)).kind for seed in found] == [seed.kind for seed in found]
    (tmp_path / "runs").mkdir()
    tally = sources(random.Random(5), 60, tmp_path / "runs", most=40, kinds=["trello", "mbox"])
    assert tally.notes == []
    assert tally.runs == 40


def test_a_database_whose_damaged_name_sqlite_quotes_is_damaged_further(tmp_path: Path) -> None:
    whole = database(tmp_path / "a.db", {"issues_of_the_shop (id, title)": [("1", "Crash at start")]})
    damaged = whole.read_bytes()
    for old, new in (
        (b"issues_of_the_shop", b"issues_of_\xff\xfe__shop"),
        (b"CREATE TABLE", b"CREATE TABLF"),
    ):
        assert len(old) == len(new)
        damaged = damaged.replace(old, new)
    rng = random.Random(1)
    assert any(odd(damaged, rng) != damaged for _ in range(60))


def test_a_source_that_is_damaged_by_its_format_differs_and_mostly_keeps_its_format(tmp_path: Path) -> None:
    rng = random.Random(2)
    for seed in seeds(tmp_path):
        [file, *_] = seed.files
        data = file.read_bytes()
        assert any(odd(data, rng) != data for _ in range(5)), seed
    value = [{"id": 7, "title": "Crash at start"}]
    texts = [odd(json.dumps(value).encode(), rng) for _ in range(200)]
    assert sum(_is_json(text) for text in texts) > 50


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def test_a_tally_counts_an_assertion_that_does_not_hold() -> None:
    tally = Tally()
    records = {"1", "2"}
    for number, id in ((7, "2"), (8, "3")):
        with tally.expecting("lost", f"kill {number}"):
            assert id in records, f"no record {id}"
    assert tally.counts() == {"runs": 0, **dict.fromkeys(FAULTS, 0), "lost": 1}
    [note] = tally.notes
    assert note.startswith("lost: kill 8: no record 3")


def test_requests_that_are_no_http_write_no_warnings_over_the_faults(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tally = requests(random.Random(3), 60, tmp_path, most=60)  # about six of them are bytes that were damaged
    assert tally.runs == 60
    assert [entry.getMessage() for entry in caplog.records if entry.name.startswith("uvicorn")] == []
    assert logging.getLogger("uvicorn.error").isEnabledFor(logging.WARNING)


def test_rounds_end_with_the_time_or_with_their_number() -> None:
    assert list(rounds(0)) == [0]
    assert list(rounds(60, 3)) == [0, 1, 2]
