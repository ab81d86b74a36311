"""The hits of a search are judged: copies first, siblings without a verdict, one number for a pair, any k."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.records import Record
from dupfind.results import Hit
from tests.support.samples import NOW, corpus, record
from tests.support.verdicts import judged

BODY = "It happens on each start since the update. The log has the line `E7731: no such volume`."
OLD = record(
    "old",
    "importer drops the last row of the file",
    BODY,
    source="tracker",
    created=NOW,
    state="closed",
    resolution="completed",
    closed=NOW + timedelta(days=3),
)
COPY = record("", OLD.title, BODY)
TWIN = record("", "importer drops the first row of the file", BODY)


@pytest.fixture
def collection(writable: WritableCollection) -> WritableCollection:
    others = [replace(one, source="", created=NOW - timedelta(days=int(one.id))) for one in corpus(150)]
    writable.index([replace(OLD, source=""), *others], source="tracker")
    judged(writable, likely=0.98, possible=0.6)
    return writable


def first(collection: WritableCollection, query: Record, **options: object) -> Hit:
    return collection.search(query, 1, **options)[0]  # type: ignore[arg-type]


def test_a_copy_is_first_and_likely(collection: WritableCollection) -> None:
    hit = first(collection, COPY)
    assert (hit.id, hit.verdict, hit.kind, hit.is_exact, hit.probability) == (
        "old",
        "likely",
        "copy",
        True,
        0.98,
    )


def test_a_light_edit_is_a_likely_copy(collection: WritableCollection) -> None:
    hit = first(
        collection, replace(COPY, title="importer drops the last row of a file", body=f"Hello!\n{BODY}")
    )
    assert (hit.id, hit.verdict, hit.kind, hit.is_exact) == ("old", "likely", "copy", False)


def test_a_sibling_has_no_verdict_and_says_what_differs(collection: WritableCollection) -> None:
    hit = next(hit for hit in collection.search(TWIN, 20) if hit.id == "old")
    assert (hit.verdict, hit.kind) == (None, "sibling")
    assert hit.difference is not None
    assert (hit.difference.kind, hit.difference.left, hit.difference.right) == ("contrary", "first", "last")


def test_a_new_report_of_what_was_fixed_is_a_regression(collection: WritableCollection) -> None:
    words = "the importer drops the last row of the file once more"
    hit = first(collection, record("", words, "each start has the line E7731 no such volume in the log"))
    assert (hit.id, hit.verdict, hit.kind) == ("old", "possible", "regression")


def test_probabilities_fall_with_the_rank(collection: WritableCollection) -> None:
    for query in (COPY, TWIN, record("", "worker crash on start")):
        probabilities = [hit.probability or 0 for hit in collection.search(query, 200)]
        assert probabilities == sorted(probabilities, reverse=True)


def test_the_order_and_the_verdicts_do_not_depend_on_k(collection: WritableCollection) -> None:
    def facts(k: int) -> list[tuple[str, float | None, str | None]]:
        return [(hit.id, hit.probability, hit.verdict) for hit in collection.search(COPY, k)]

    assert facts(60)[:3] == facts(3)


def test_a_filter_changes_no_number_of_a_pair(collection: WritableCollection) -> None:
    everything = {hit.id: hit.probability for hit in collection.search(COPY, 200)}
    for hit in collection.search(COPY, 20, state="closed"):
        assert hit.probability == everything[hit.id]


def test_a_mode_moves_the_verdict_and_no_probability(collection: WritableCollection) -> None:
    hits = {mode: first(collection, COPY, verdicts=mode) for mode in ("strict", "balanced", "eager")}
    assert len({(hit.id, hit.probability) for hit in hits.values()}) == 1


def test_copies_of_one_text_are_all_known_however_many_they_are(writable: WritableCollection) -> None:
    crash = record("", "tray icon crashes", "Segmentation fault in tray.c after the wake-up of the laptop.")
    writable.index([replace(crash, id=str(n), created=NOW + timedelta(hours=n)) for n in range(90)])
    hits = writable.search(crash, 90)
    assert {(hit.verdict, hit.kind) for hit in hits} == {("likely", "copy")}


def test_a_filter_hides_no_series(writable: WritableCollection) -> None:
    task = record("", "weekly meeting of the documentation team")
    writable.index(
        [
            replace(task, id=str(n), created=NOW + timedelta(days=7 * n), state="open" if n else "closed")
            for n in range(4)
        ]
    )
    for state in (None, "closed"):
        assert {hit.kind for hit in writable.search(task, 9, state=state)} == {"recurring"}


def test_a_text_of_two_words_gets_no_verdict(collection: WritableCollection) -> None:
    hit = first(collection, record("", "importer row"))
    assert (hit.probability, hit.verdict, hit.kind) == (None, None, None)


def test_what_shares_an_exception_takes_no_place_from_the_likeliest(collection: WritableCollection) -> None:
    crashes = [
        record(f"crash {n}", f"printer {n} stops", f"java.lang.IllegalStateException\nTray {n} is open.")
        for n in range(60)
    ]
    collection.index(crashes, source="crashes")
    edited = replace(COPY, body=f"{BODY}\njava.lang.IllegalStateException")
    hit = first(collection, edited)
    assert (hit.id, hit.verdict, hit.kind) == ("old", "likely", "copy")


def test_the_report_of_the_same_crash_is_found_among_reports_of_one_title(
    collection: WritableCollection,
) -> None:
    def crash(n: int, line: int) -> str:
        frames = "\n".join(
            f"\tat org.mill.{chr(97 + n % 26)}{chr(97 + n // 26)}.Wheel.turn{at}(Wheel.java:{line + at})"
            for at in range(6)
        )
        return f"java.lang.IllegalStateException: stuck\n{frames}\n\tat java.lang.Thread.run(Thread.java:750)"

    reports = [record(f"crash {n}", "Crash: IllegalStateException", crash(n, 10 * n)) for n in range(60)]
    collection.index(reports, source="crashes")
    for n in (3, 31, 59):
        hit, second = collection.search(record("", "Crash: IllegalStateException", crash(n, 700)), 2)
        assert hit.id == f"crash {n}"
        assert hit.probability is not None
        assert second.probability is not None
        assert hit.probability > second.probability
