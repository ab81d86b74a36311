"""A database measures the edges of the verdict's levels as a folder does."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.dedup import tracker_edges
from dupfind.ranking.ranker import shipped
from dupfind.search.ranker_choice import MEASURED
from tests.support.samples import NOW, WordEncoder, corpus
from tests.support.verdicts import ship_a_verdict

RECORDS = [
    replace(each, project=None, created=NOW + timedelta(days=number))
    for number, each in enumerate(corpus(60))
]


def answers(collection: WritableCollection) -> list[tuple[str, float | None, str | None]]:
    return [
        (hit.id, hit.probability, hit.verdict) for each in RECORDS for hit in collection.search(each, k=3)
    ]


def test_the_edges_and_all_verdicts_are_those_of_a_folder(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship_a_verdict(monkeypatch, WordEncoder().fingerprint, least_records=20)
    with (
        Collection.create(tmp_path / "index", encoder=WordEncoder()) as folder,
        Collection.create(database, encoder=WordEncoder()) as shared,
    ):
        folder.index(RECORDS[:10])
        before = folder.choice().verdicts.edges.tolist()
        for collection in (folder, shared):
            collection.index(RECORDS)
        assert folder.choice().verdicts.edges.tolist() == shared.choice().verdicts.edges.tolist() != before
        assert answers(folder) == answers(shared)


def test_a_calibration_that_is_stored_meanwhile_stays(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ship_a_verdict(monkeypatch, WordEncoder().fingerprint, least_records=20)
    measure = tracker_edges.measured_edges
    with (
        Collection.create(database, encoder=WordEncoder()) as one,
        Collection.create(database, encoder=WordEncoder()) as other,
    ):
        one.index(RECORDS[:10])
        encoding = one.store.encoding()
        about = {"model_fingerprint": encoding.model_fingerprint, "recipe": encoding.text_version}
        verdicts = replace(one.choice().verdicts, about=about)

        def calibrating(*arguments: Any) -> Any:
            other.calibrate(shipped(), verdicts)
            return measure(*arguments)

        monkeypatch.setattr(tracker_edges, "measured_edges", calibrating)
        one.index(RECORDS)
        for collection in (one, other):
            assert collection.choice().is_own
            with collection.store.reading():
                assert MEASURED in (collection.store.calibration(encoding.id) or {})
