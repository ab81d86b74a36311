"""New issues are compared with what is indexed and with each other, and a person's word counts."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dupfind.check import gate
from dupfind.check.results import CheckResult
from dupfind.collection.writable import WritableCollection
from dupfind.records import Record, Ref
from dupfind.storage import source_state
from dupfind.storage.stored_form import MAX_BODY
from dupfind.text.boilerplate import NOTHING, Boilerplate, key
from dupfind.text.composition import ComposedText, compose
from tests.support.samples import WORDS, WordEncoder, corpus, record
from tests.support.verdicts import judged

OLD = record(
    "7", "worker dies when the redis password has a percent sign", "ValueError: invalid escape, version 3.1"
)
NEW = record(
    "new", "redis password with a percent sign kills the worker", "ValueError: invalid escape, version 4.0"
)
OTHER = record("other", "the colour of buttons on the settings page is too pale", "make it darker please")


@pytest.fixture
def collection(writable: WritableCollection, encoder: WordEncoder) -> WritableCollection:
    """Issues of which one is near to NEW, and none to OTHER, with verdicts."""
    writable.index([OLD, *(replace(one, source="") for one in corpus(150))], source="tracker")
    judged(writable, likely=0.6, possible=0.5)
    return writable


def originals(finding: CheckResult) -> list[str]:
    return [original.hit.id for original in finding.originals]


def test_a_new_issue_that_is_there_already_is_found_with_its_reason(collection: WritableCollection) -> None:
    near, far = gate.check(collection, [NEW, OTHER])
    assert (near.verdict, far.verdict) == ("likely", None)
    [first, *_] = near.originals
    assert (first.hit.id, first.hit.source, first.is_new) == ("7", "tracker", False)
    assert first.why.startswith("both say ValueError, ")
    assert first.why.endswith("; version 4.0 here, 3.1 there")


def test_two_new_issues_that_are_one_are_reported_once_at_the_later(collection: WritableCollection) -> None:
    copy = replace(OTHER, id="copy", title="settings page: buttons have too pale a colour")
    first, second = gate.check(collection, [OTHER, copy])
    assert "copy" not in originals(first)
    assert (second.verdict, originals(second)[0], second.originals[0].is_new) == ("likely", "other", True)
    older = replace(copy, created=datetime(2024, 1, 1, tzinfo=UTC))
    newer = replace(OTHER, created=datetime(2024, 2, 1, tzinfo=UTC))
    first, second = gate.check(collection, [newer, older])
    assert originals(first)[0] == "copy"
    assert "other" not in originals(second)


def test_issues_without_a_name_are_told_apart_by_their_texts(collection: WritableCollection) -> None:
    drafts = [replace(one, id="") for one in (OTHER, OTHER, NEW)]
    first, copy, other = gate.check(collection, drafts)
    assert not any(original.is_new for original in first.originals)
    assert copy.originals[0].is_new
    assert copy.originals[0].why == "both say the same, to the letter"
    assert not any("to the letter" in original.why for original in other.originals)


def test_one_id_in_two_places_that_are_not_indexed_is_two_issues(collection: WritableCollection) -> None:
    _, second = gate.check(collection, [OTHER, replace(OTHER, body="make it darker, please do")])
    assert second.originals[0].is_new


def test_new_issues_are_found_among_each_other_as_if_they_were_indexed(
    collection: WritableCollection,
) -> None:
    other, new, again = (
        replace(one, id=f"draft-{day}", source="drafts", created=datetime(2025, 1, day, tzinfo=UTC))
        for day, one in enumerate((OTHER, NEW, replace(NEW, body="")), 1)
    )
    *_, together = gate.check(collection, [other, new, again])
    collection.index([other, new], source="drafts")
    [alone] = gate.check(collection, [again])
    assert originals(together) == originals(alone)
    for unindexed, indexed in zip(together.originals, alone.originals, strict=True):
        assert unindexed.hit.score == pytest.approx(indexed.hit.score, abs=2e-6)
        assert unindexed.hit.lexical == pytest.approx(indexed.hit.lexical, rel=0.02)
        assert unindexed.hit.probability == pytest.approx(indexed.hit.probability, rel=0.1)


def test_an_edited_issue_is_not_its_own_duplicate_and_stands_for_what_was_indexed(
    collection: WritableCollection,
) -> None:
    edited = replace(OLD, source="tracker", body="It says invalid escape")
    [alone] = gate.check(collection, [edited])
    assert "7" not in originals(alone)
    first, second = gate.check(collection, [edited, NEW])
    assert originals(second).count("7") == 1
    assert second.originals[0].is_new
    assert "new" not in originals(first)


def test_an_index_that_is_all_checked_gives_each_pair_once(writable: WritableCollection) -> None:
    records = [replace(one, source="tracker") for one in corpus(30)]
    writable.index(records, source="tracker")
    findings = gate.check(writable, records, k=30)
    pairs = [
        tuple(sorted([finding.record.id, original]))
        for finding in findings
        for original in originals(finding)
    ]
    assert len(pairs) == len(set(pairs)) > 30
    assert all(first != second for first, second in pairs)


def test_a_rejected_pair_is_none_and_the_next_one_stands(collection: WritableCollection) -> None:
    asked: list[tuple[str, str]] = []

    def rejects(first: Record, second: Record) -> bool:
        asked.append((first.id, second.id))
        return second.id == "7" and second.body == OLD.body

    [finding] = gate.check(collection, [NEW], rejects=rejects)
    assert "7" not in originals(finding)
    assert len(finding.originals) == 3
    assert ("new", "7") in asked


@pytest.mark.parametrize("target", ["7", "8"])
def test_what_is_marked_is_known(collection: WritableCollection, target: str) -> None:
    later = replace(OLD, id="8", duplicate_of=(Ref(None, "7"),))
    collection.index([later], source="tracker")
    marked = replace(NEW, source="tracker", duplicate_of=(Ref(None, target),))
    [finding] = gate.check(collection, [marked])
    assert {"7", "8"}.isdisjoint(originals(finding))


def test_the_same_text_is_likely_a_duplicate_without_any_calibration(writable: WritableCollection) -> None:
    writable.index([replace(OLD, duplicate_of=()), *corpus(5)], source="tracker")
    copy = replace(OLD, id="copy", title=f"[Bug]: {OLD.title}")
    near, short = gate.check(writable, [copy, record("short", WORDS[0], source="drafts")])
    assert writable.calibration() is None
    assert (near.verdict, originals(near)[0]) == ("likely", "7")
    assert near.originals[0].why == "both say the same, but for small edits"
    assert [original.hit.verdict for original in near.originals[1:]] == [None, None]
    assert short.verdict is None


def test_a_text_without_words_is_not_judged(collection: WritableCollection) -> None:
    empty, short = gate.check(collection, [record("1000", " ", "<!-- -->"), record("1001", "worker dies")])
    assert (empty.is_judged, empty.originals) == (False, ())
    assert (short.is_judged, short.verdict) == (False, None)


def test_nothing_to_check_gives_nothing(collection: WritableCollection) -> None:
    assert gate.check(collection, []) == []


def test_all_texts_are_encoded_in_one_batch(collection: WritableCollection, encoder: WordEncoder) -> None:
    batches: list[int] = []
    encode = encoder.encode

    def counted(texts: Sequence[str], *more: object) -> object:
        batches.append(len(texts))
        return encode(texts)

    encoder.encode = counted  # type: ignore[method-assign,assignment]
    gate.check(collection, [NEW, OTHER])
    assert batches == [4]


def test_only_texts_without_a_vector_in_the_index_are_encoded(
    collection: WritableCollection, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[str] = []
    encode = encoder.encode

    def counted(texts: Sequence[str], *more: object) -> object:
        encoded.extend(texts)
        return encode(texts)

    monkeypatch.setattr(encoder, "encode", counted)
    indexed = [OLD, *(replace(one, source="") for one in corpus(40))]
    alone = gate.check(collection, indexed)
    assert encoded == []
    assert any(result.originals for result in alone)
    gate.check(collection, [*indexed, OTHER])
    assert encoded == [OTHER.title, f"{OTHER.title}\n{OTHER.body}"]


def test_a_damaged_vector_is_encoded_again_for_the_check(collection: WritableCollection) -> None:
    sound = gate.check(collection, [OLD])
    with collection.store.changing():
        collection.store.connection.execute("UPDATE embedding SET vector = zeroblob(length(vector))")
    assert gate.check(collection, [OLD]) == sound


def test_ten_issues_compose_ten_texts_in_one_read_transaction(
    collection: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = [replace(one, id=f"new-{one.id}", source="drafts") for one in corpus(10, seed=1)]
    n_composed, uncounted = 0, compose

    def counted(record: Record, boilerplate: Boilerplate = NOTHING) -> ComposedText:
        nonlocal n_composed
        n_composed += 1
        return uncounted(record, boilerplate)

    for module in list(sys.modules.values()):
        if getattr(module, "compose", None) is uncounted:
            monkeypatch.setattr(module, "compose", counted)
    statements: list[str] = []
    collection.store.connection.set_trace_callback(statements.append)
    findings = gate.check(collection, new)
    collection.store.connection.set_trace_callback(None)
    assert all(finding.originals for finding in findings)
    assert n_composed == 10
    assert [text for text in statements if text.startswith(("BEGIN", "ROLLBACK"))] == ["BEGIN", "ROLLBACK"]
    assert (statements[0], statements[-1]) == ("BEGIN", "ROLLBACK")  # nothing is read outside of it


def test_a_finding_as_json_says_what_the_finding_says(collection: WritableCollection) -> None:
    [finding] = gate.check(collection, [NEW], k=1)
    document = gate.document(collection, [finding])
    [fields] = document.pop("findings")
    assert document == {"schema_version": 1, "index": collection.summary(), "calibration": "own"}
    [original] = fields.pop("originals")
    assert fields == {
        "id": "new",
        "source": "",
        "project": None,
        "title": NEW.title,
        "judged": True,
        "verdict": "likely",
    }
    assert (original["id"], original["verdict"], original["new"]) == ("7", "likely", False)
    assert 0 < original["probability"] <= 1
    assert original["why"] == finding.originals[0].why


def test_a_copy_is_one_also_when_a_line_of_it_is_boilerplate_no_more(collection: WritableCollection) -> None:
    line = "this worked before the update"
    original = record(
        "9", "uploads stop at ninety percent on slow networks", f"{line}\n\nTimeoutError after 30 s"
    )
    source_id = source_state.source_ids(collection.store)["tracker"]
    collection.store.replace_boilerplate(source_id, Boilerplate({key(line): 100}))
    collection.index([original], source="tracker", complete=False)
    collection.store.replace_boilerplate(source_id, NOTHING)
    [finding] = gate.check(collection, [replace(original, id="", source="")])
    assert (finding.verdict, originals(finding)[0]) == ("likely", "9")
    assert finding.originals[0].why == "both say the same, to the letter"


def test_a_copy_with_one_word_changed_is_likely_and_a_twin_is_not(writable: WritableCollection) -> None:
    steps = (
        "Open the list of invoices and sort it by customer. Scroll to the end, then choose a row and press the key for"
        " printing. The preview shows the address of the customer above, which is easy to miss on a small screen."
    )
    writable.index(
        [record("31", "Android: preview shows a wrong address", steps), *corpus(5)], source="tracker"
    )
    edited, twin = gate.check(
        writable,
        [
            record("new", "Android: preview shows a address", f"Hello all! {steps}", source="drafts"),
            record("twin", "iOS: preview shows a wrong address", steps, source="drafts"),
        ],
    )
    assert (edited.verdict, originals(edited)[0]) == ("likely", "31")
    assert edited.originals[0].why == "both say the same, but for small edits"
    [first] = [original for original in twin.originals if original.hit.id == "31"]
    assert first.hit.verdict is None
    assert first.why.startswith("platform: ios here, android there")


def test_only_texts_that_are_the_same_beyond_the_stored_part_are_the_same_to_the_letter(
    writable: WritableCollection,
) -> None:
    stored = ("the redis worker waits for a lock, " * 6_000)[:MAX_BODY]
    whole = record("31", "Worker waits", f"{stored} and dies at night")
    writable.index([whole, *corpus(5)], source="tracker")
    copy, part, other = gate.check(
        writable,
        [
            record("copy", whole.title, whole.body, source="a"),
            record("part", whole.title, stored, source="b"),
            record("other", whole.title, f"{stored} and wins a prize", source="c"),
        ],
    )
    assert (copy.verdict, originals(copy)[0]) == ("likely", "31")
    assert copy.originals[0].why == "both say the same, to the letter"
    assert not any(
        "to the letter" in original.why for finding in (part, other) for original in finding.originals
    )
