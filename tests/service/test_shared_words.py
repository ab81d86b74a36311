"""A server of a large index keeps no postings in memory: its readers share the segments of words."""

from dataclasses import astuple

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.search.bm25 import Postings
from dupfind.search.match import SearchRequest, SearchResponse
from dupfind.service import shared_index
from dupfind.service.shared_index import SharedIndex
from dupfind.storage import word_segments
from tests.support.samples import WordEncoder, corpus, record

QUERIES = ["worker crash", "the sync is slow", "plankton"]


def test_a_large_index_is_answered_from_its_segments(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_segments, "FROM_ROWS", 1)
    monkeypatch.setattr(shared_index, "MOST_IN_MEMORY", 20)
    writable.index(corpus(60), source="one")
    with monkeypatch.context() as patch:
        patch.setattr(Postings, "read", None)  # reading all postings would fail
        patch.setattr(Postings, "of", None)
        shared = SharedIndex(writable.folder, WordEncoder())
        readers = [shared.open_reader() for _ in range(2)]
        readers[0].warm_up()
        for step in range(2):
            with Collection.open(writable.folder, encoder=WordEncoder()) as collection:
                for query in QUERIES:
                    expected = [astuple(hit) for hit in collection.search(query, k=5)]
                    for reader in readers:
                        assert [astuple(hit) for hit in reader.collection.search(query, k=5)] == expected
                        [response] = reader.bulk.search_each([SearchRequest(query, k=5)])
                        assert isinstance(response, SearchResponse)
                        assert [match.hit.lexical for match in response.matches] == [
                            hit.lexical for hit in collection.search(query, k=5)
                        ]
            if not step:
                writable.index([record("new", "plankton worker crash")], source="two")
        for reader in readers:
            reader.close()
        shared.close()


def test_a_small_index_has_its_postings_in_memory(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(corpus(60), source="one")
    shared = SharedIndex(writable.folder, WordEncoder())
    reader = shared.open_reader()
    reader.warm_up()
    monkeypatch.setattr(Postings, "of", None)
    assert reader.collection.search("worker crash", k=1)
    reader.close()
    shared.close()
