"""The clock may go back by decades or ahead by centuries between two runs: answers stay right."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from dupfind.collection.collection import Collection
from tests.support.samples import Command, WordEncoder, corpus

CLOCKS = (2026, 2004, 1970, 2300, 2026)
QUERY = "crash of the sync worker"


def test_after_jumps_of_the_clock_with_deletions_between_answers_are_those_of_a_new_index(
    tmp_path: Path, dupfind: Command
) -> None:
    records = corpus(70)
    for number, year in enumerate(CLOCKS):
        kept = records[5 * number : 40 + 5 * number]  # each run deletes five records and adds five
        with Collection.create(tmp_path / "index", encoder=WordEncoder()) as writable:
            writable.index(kept, source="one", complete=True, clock=partial(datetime, year, 1, 1, tzinfo=UTC))
        with Collection.create(tmp_path / f"new{number}", encoder=WordEncoder()) as writable:
            writable.index(kept, source="one")
        answers = []
        for name in ("index", f"new{number}"):
            with Collection.open(tmp_path / name, encoder=WordEncoder()) as collection:
                answers.append({(hit.id, hit.score) for hit in collection.search(QUERY, k=60)})
        assert answers[0] == answers[1]
        assert {id for id, _ in answers[0]} <= {record.id for record in kept}
        assert len(answers[0]) == 40
        ran = dupfind("doctor", "--read-data", "--index", tmp_path / "index")
        assert ran.code == 0, ran.out + ran.err
