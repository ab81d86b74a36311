"""The clusters that agents are shown are kept for as long as an index in a database stays as it is."""

from contextlib import closing
from typing import Any

import psycopg2
import pytest

from dupfind.collection.collection import Collection
from dupfind.integrations.cluster_list import ClusterList
from dupfind.integrations.kept_clusters import KeptClusters
from dupfind.records import Record
from dupfind.storage.database_url import index_place
from tests.support.samples import WORDS, WordEncoder
from tests.support.verdicts import judged

COPY = " ".join(WORDS[:12])


def fill(database: str, ids: str) -> None:
    """Make an index of copies with these ids, in as many commits each time."""
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index([Record(id, COPY, COPY, state="open") for id in ids])
        judged(collection, likely=0.6, possible=0.5)


def drop(database: str) -> None:
    """Drop all tables of the index."""
    with closing(psycopg2.connect(database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA dupfind CASCADE")


def members(listed: ClusterList) -> list[list[str]]:
    return [[member["id"] for member in cluster["members"]] for cluster in listed["clusters"]]


def test_they_are_computed_again_after_a_commit_and_for_an_index_made_anew(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    compute = Collection.report

    def report(self: Collection, **options: Any) -> Any:
        computed.append(options)
        return compute(self, **options)

    monkeypatch.setattr(Collection, "report", report)
    fill(database, "12")
    place = index_place(database)
    with closing(KeptClusters(None)) as kept:
        assert [members(kept.clusters(place, 5)) for _ in range(3)] == [[["1", "2"]]] * 3
        assert len(computed) == 1
        fill(database, "345")
        assert [members(kept.clusters(place, 5)) for _ in range(2)] == [[["1", "2", "3", "4", "5"]]] * 2
        assert len(computed) == 2
        drop(database)
        fill(database, "12")
        fill(database, "367")  # as many commits as before
        assert members(kept.clusters(place, 5)) == [["1", "2", "3", "6", "7"]]
        assert len(computed) == 3
