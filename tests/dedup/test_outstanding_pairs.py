"""A pair that stands out of a small tracker does so in a report, and in a query with any number of hits or a filter."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.dedup.pair_judge import PairJudge
from dupfind.ranking.ranker import shipped
from dupfind.records import Record
from dupfind.verdict.model import shipped_verdicts
from tests.support.samples import NOW, record

LEVEL = 0.4321


def texts(n_pairs: int, n_others: int) -> list[Record]:
    """Return pairs of records that share half of their words, under titles in other words, and others."""
    source = random.Random(3)
    words = ["".join(source.choices("bdfglmnprstv", k=7)) for _ in range(4_000)]
    found: list[Record] = []
    for at in range(n_pairs):
        common = source.sample(words, 16)
        found += [
            record(
                f"{side}{at}",
                " ".join(source.sample(words, 3)),
                " ".join([*common, *source.sample(words, at)]),
            )
            for side in "ab"
        ]
    found += [
        record(f"c{at}", " ".join(source.sample(words, 3)), " ".join(source.sample(words, 12)))
        for at in range(n_others)
    ]
    return [
        replace(
            each,
            project="p",
            created=NOW + timedelta(days=day),
            state="closed" if each.id[0] == "c" else "open",
        )
        for day, each in enumerate(found)
    ]


def pairs_of_queries(
    collection: WritableCollection, records: Sequence[Record], k: int = 10, state: str | None = None
) -> set[tuple[str, str]]:
    return {
        (hit.id, each.id)
        for each in records
        for hit in collection.search(each, k=k, state=state)
        if hit.probability == LEVEL
    }


@pytest.mark.parametrize("n_others", [60, 120])
def test_every_door_uses_the_number_of_all_records(writable: WritableCollection, n_others: int) -> None:
    records = texts(18, n_others)
    writable.index(records)
    encoding = writable.store.encoding()
    about = {"model_fingerprint": encoding.model_fingerprint, "recipe": encoding.text_version}
    writable.calibrate(shipped(), replace(shipped_verdicts(), about=about, outstanding=LEVEL))
    with writable.store.reading():
        judge = PairJudge(writable.store)
        found = judge.outstanding()
        names = {row: writable.store.records([row])[row].id for pair, _ in found for row in pair}
        judged = judge.judgements([pair for pair, _ in found], [score for _, score in found])
    of_report = {
        (names[first], names[second])
        for ((first, second), _), each in zip(found, judged, strict=True)
        if each is not None and each.probability == LEVEL
    }
    assert of_report
    turned = {(second, first) for first, second in of_report}
    assert pairs_of_queries(writable, records) == of_report | turned
    assert pairs_of_queries(writable, records, k=1) == of_report | turned
    assert pairs_of_queries(writable, records[:36], state="open") == of_report | turned
