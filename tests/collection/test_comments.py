"""Comments are kept beside a record's text: they are looked up, count in the order, and follow the source."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.errors import StoreError
from dupfind.evaluation.replay import replay_queries
from dupfind.ranking.features import NAMES
from dupfind.records import Comment, Record
from dupfind.search import hybrid
from dupfind.search.hybrid import RankedRow
from dupfind.search.lookup import COMMENTS
from dupfind.search.match import SearchRequest
from tests.support.clients import serving
from tests.support.samples import WordEncoder, corpus, record

JUNE = datetime(2024, 6, 1, tzinfo=UTC)
SAID = Comment("Mine prints frobnicator E4711 and then waits.", JUNE)
TEXT = record("text", "frobnicator E4711 is printed", "again and again")
QUIET = record("quiet", "worker waits", "for the disk", created=JUNE - timedelta(days=9), comments=(SAID,))


@pytest.fixture
def tracker(writable: WritableCollection) -> WritableCollection:
    writable.index([*corpus(30), TEXT, QUIET], source="tracker")
    return writable


def ids(collection: Collection, query: str, n: int = 2, **options: object) -> list[str]:
    return [hit.id for hit in collection.search(query, k=n, **options)]  # type: ignore[arg-type]


def holds(collection: Collection, query: str, **options: object) -> dict[str, int]:
    matches = collection.searcher.search(SearchRequest(query, **options)).matches  # type: ignore[arg-type]
    return {match.record.id: match.held for match in matches if match.held}


def comment_rows(collection: Collection) -> tuple[int, int]:
    one = collection.store.one
    return one("SELECT count(*) FROM comment_terms"), one("SELECT count(*) FROM comment_words")


def test_a_lookup_finds_what_is_only_in_a_comment_after_what_is_in_texts(tracker: WritableCollection) -> None:
    assert ids(tracker, "frobnicator E4711") == ["text", "quiet"]
    matches = tracker.searcher.search(SearchRequest("mine frobnicator")).matches
    assert [match.record.id for match in matches[:1]] == ["quiet"]


def test_comments_after_the_time_of_an_answer_do_not_count(tracker: WritableCollection) -> None:
    assert "quiet" in ids(tracker, "mine prints", 1)
    assert ids(tracker, "mine prints", 1, before=JUNE + timedelta(seconds=1)) == ["quiet"]
    assert holds(tracker, "mine prints", before=JUNE) == {}


def test_a_comment_on_a_record_without_a_word_is_no_hit(writable: WritableCollection) -> None:
    empty = record("empty", "", "", comments=(Comment("zebra quagga", JUNE),))
    writable.index([*corpus(5), empty], source="tracker")
    assert holds(writable, "zebra quagga") == {}


def test_a_lookup_without_a_token_is_answered(tracker: WritableCollection) -> None:
    assert holds(tracker, '"\u0640\u0640" crash') == {}


def test_a_word_of_a_comment_is_not_misspelt(writable: WritableCollection) -> None:
    others = [record(f"o{n}", "printer pulls paper", "slowly") for n in range(5)]
    said = record("said", "colours are pale", "on the wall", comments=(Comment("ask the painter", JUNE),))
    writable.index([*corpus(30), *others, said], source="tracker")
    assert holds(writable, "painter") == {"said": COMMENTS}
    assert len(holds(writable, "prinker")) == 5


def test_a_query_by_id_sees_no_comment_after_the_time_that_it_is_asked_for(
    tracker: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = []
    ranked = hybrid.ranked

    def spy(*arguments: object) -> list[RankedRow]:
        moments.append(arguments[4])
        return ranked(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(hybrid, "ranked", spy)
    asked = record("new", "worker waits", created=JUNE)
    for before in (JUNE - timedelta(days=1), JUNE + timedelta(days=1), None):
        tracker.search(asked, before=before)
    assert moments == [JUNE - timedelta(days=1), JUNE, JUNE]


def test_a_new_comment_reaches_the_index_without_a_new_encoding(
    tracker: WritableCollection, encoder: WordEncoder
) -> None:
    encoder.encoded.clear()
    later = Comment("It was the gasket.", JUNE + timedelta(days=1))
    run = tracker.index(
        [*corpus(30), TEXT, replace(QUIET, comments=(SAID, later))], source="tracker", complete=True
    )
    assert (run.n_same, run.n_changed, encoder.encoded) == (32, 0, [])
    assert ids(tracker, "gasket", 1) == ["quiet"]
    assert ids(tracker, "mine prints", 1) == ["quiet"]
    encoder.encoded.clear()
    tracker.index([*corpus(30), TEXT, replace(QUIET, comments=())], source="tracker", complete=True)
    assert comment_rows(tracker) == (0, 0)
    assert tracker.searcher.search(SearchRequest("gasket")).matches[0].held == 0


def test_comments_stay_with_a_record_whose_text_or_model_changes(
    tracker: WritableCollection, tmp_path: Path
) -> None:
    changed = replace(QUIET, body="for the printer")
    tracker.index([*corpus(30), TEXT, changed], source="tracker", complete=True)
    assert comment_rows(tracker) == (1, 1)
    assert ids(tracker, "mine prints", 1) == ["quiet"]
    tracker.close()
    with Collection.create(tmp_path / "index", encoder=WordEncoder(seed=1), rebuild=True) as other:
        other.rebuild()
        assert ids(other, "mine prints", 1) == ["quiet"]


def test_the_comments_of_a_deleted_record_are_gone(tracker: WritableCollection) -> None:
    tracker.index([*corpus(30), TEXT], source="tracker", complete=True)
    assert comment_rows(tracker) == (0, 0)


@pytest.mark.parametrize("n", [30, 400])
def test_of_equal_texts_the_one_whose_comments_fit_is_first(writable: WritableCollection, n: int) -> None:
    twins = [record(f"twin {m}", "window stays black", "after resume", created=JUNE) for m in range(4)]
    twins[2] = replace(twins[2], comments=(Comment("The compositor drops its buffers on my laptop.", JUNE),))
    writable.index([*corpus(n), *twins], source="tracker")
    query = "window black since the compositor drops buffers when the laptop wakes up"
    assert ids(writable, query, 1) == ["twin 2"]
    assert ids(writable, query, 4, before=JUNE + timedelta(days=1))[0] == "twin 2"


def test_a_report_with_a_code_that_only_a_comment_has_finds_that_record_first(
    writable: WritableCollection,
) -> None:
    said = Comment("The log has code QX-7719 each time.", JUNE)
    broken = record("broken", "nightly job stands still", "since monday", comments=(said,))
    others = [record(f"o{n}", f"batch {n} of invoices", f"it counts up to QX-88{n:02d}") for n in range(9)]
    writable.index([*corpus(30), *others, broken], source="tracker")
    asked = record("new", "batch fails at night", "it stops with QX-7719 and we start it again")
    assert writable.search(asked, k=1)[0].id == "broken"


def test_a_service_looks_comments_up_as_the_library_does(tracker: WritableCollection, tmp_path: Path) -> None:
    tracker.close()
    queries = ["frobnicator E4711", "mine prints", "a worker waits for the disk and prints E4711 again"]
    with Collection.open(tmp_path / "index", encoder=WordEncoder()) as collection:
        expected = [ids(collection, query, 5) for query in queries]
    with serving(tmp_path / "index", WordEncoder()) as client:
        for _ in range(2):  # the second time from memory
            answers = [client.post("/query", {"text": query, "k": 5}).json["hits"] for query in queries]
            assert [[hit["id"] for hit in hits] for hits in answers] == expected


def replayed(records: list[Record], folder: Path) -> Iterator[tuple[str, list[tuple[str, list[float]]]]]:
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(records, source="tracker")
        for query in replay_queries(collection):
            yield (
                query.head.name[2],
                [
                    (head.name[2], values.tolist())
                    for head, values in zip(query.heads, query.features, strict=True)
                ],
            )


def test_a_replay_sees_only_the_comments_of_its_time(tmp_path: Path) -> None:
    dated = [replace(each, created=JUNE + timedelta(days=n)) for n, each in enumerate(corpus(12))]
    said = [Comment(f"crash of worker {n}", JUNE + timedelta(days=n)) for n in range(12)]
    plain = dict(replayed(dated, tmp_path / "plain"))
    first = [replace(dated[0], comments=(said[6], Comment("crash without a time"))), *dated[1:]]
    seen = dict(replayed(first, tmp_path / "commented"))
    column = NAMES.index("comments")
    for n, each in enumerate(dated[1:], 1):
        values = dict(seen[each.id])["0"]
        assert (values[column] > 0) == (n > 6)
        if n <= 6:
            assert seen[each.id] == plain[each.id]


def test_damaged_comments_are_refused(tracker: WritableCollection) -> None:
    with tracker.store.changing():
        tracker.store.connection.execute("UPDATE comment_terms SET words = x'00'")
    with pytest.raises(StoreError, match="index again"):
        tracker.search("a worker waits for the disk")
