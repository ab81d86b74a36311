"""The search pipeline works with any parts that it is given, and its matches know their rows and texts."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.errors import TextError
from dupfind.search.bm25 import Postings, WordHits
from dupfind.search.lexicon import Lexicon
from dupfind.search.match import SearchRequest
from dupfind.storage.row_filter import Filter
from dupfind.text.composition import compose
from dupfind.text.indexed_words import IndexedWords
from tests.support.samples import corpus, record

BODY = "the worker dies in the night shift\nsdk version number 3\nand the queue stays full"


@pytest.fixture
def collection(writable: WritableCollection) -> WritableCollection:
    writable.index(corpus(60), source="one")
    return writable


def test_several_queries_are_answered_as_each_of_them_alone(collection: WritableCollection) -> None:
    [indexed] = collection.find("7", source="one")
    requests = [
        SearchRequest("worker crash", 5),
        SearchRequest(indexed, 3),
        SearchRequest("login page", state="open", min_score=0.1),
        SearchRequest(" "),
        SearchRequest("redis password\nslow disk", fold=True, project="a"),
    ]
    responses = collection.searcher.search_each(requests)
    assert isinstance(responses[3], TextError)
    for request, response in zip(requests, responses, strict=True):
        if not isinstance(response, TextError):
            assert response == collection.searcher.search(request)
            assert response.hits == collection.search(request.query, **request.options)


def test_a_pipeline_uses_the_word_search_that_it_is_given(collection: WritableCollection) -> None:
    n_texts: list[int] = []

    def in_memory(lexicon: Lexicon, texts: Sequence[IndexedWords]) -> Callable[[], list[WordHits]]:
        n_texts.append(len(texts))
        postings = Postings.read(lexicon.connection)
        return lambda: [postings.search(lexicon.connection, text) for text in texts]

    retrieval = replace(collection.searcher.retrieval, start_words=in_memory)
    searcher = replace(collection.searcher, retrieval=retrieval)
    assert searcher.search(SearchRequest("worker crash")) == collection.searcher.search(
        SearchRequest("worker crash")
    )
    assert n_texts == [1]


def test_a_match_knows_its_row_or_its_place_in_the_list(collection: WritableCollection) -> None:
    drafts = [record("", "worker crash at the login page"), record("", "the worker crash at the login page")]
    first, second = collection.searcher.search_together(drafts)
    assert {match.place for match in first.matches} == {None}
    assert [match.place for match in second.matches if match.row_id is None] == [0]
    with collection.store.reading():
        rows = {match.row_id for match in first.matches}
        assert rows <= set(collection.store.allowed(Filter()).tolist())
        records = collection.store.records(row for row in rows if row is not None)
    assert [match.record for match in first.matches] == [
        records[match.row_id] for match in first.matches if match.row_id is not None
    ]


def test_a_match_s_text_is_composed_without_the_boilerplate_of_another_source(
    writable: WritableCollection,
) -> None:
    one = record("one", "night shift stops the queue", BODY)
    writable.index([one], source="tracker")
    writable.index(
        [record(str(n), f"zebra {n}", f"sdk version number 3\nstripes of {n}") for n in range(80)],
        source="other",
    )
    boilerplate = writable.store.boilerplate()
    assert "sdk version number 0" in boilerplate.n_records
    match = writable.searcher.search(SearchRequest("night shift stops the queue", 1)).matches[0]
    assert match.record.id == "one"
    assert "sdk version" in match.stored_text.body
    assert match.text == compose(match.record, boilerplate)
    assert "sdk version" not in match.text.body
