"""The report of a collection: known, rejected, new and left-out pairs, filters, and the choice of canonicals."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.decisions import Decision
from dupfind.dedup import report_builder
from dupfind.dedup.report import Parameters, Report
from dupfind.errors import DupfindError
from dupfind.records import Record, Ref
from dupfind.sources.open import open_source
from dupfind.storage import decisions, new_records, source_state
from dupfind.storage.store import Store
from dupfind.text.line_keys import LineKeys
from tests.support.samples import NOW, WordEncoder, record

PARAMETERS = Parameters(min_score=0.7, min_margin=-2)


def day(number: int) -> datetime:
    return datetime(2024, 1, number, tzinfo=UTC)


ISSUES = [
    record("1", "crash on start with percent password", state="closed", created=day(1)),
    record("2", "crash on start with percent password", state="open", created=day(2)),
    record("3", "feed shows empty page of images", state="open", created=day(3)),
    record("4", "feed shows empty page of images", state="open", created=day(4)),
    record(
        "5",
        "feed shows empty page of images now",
        state="closed",
        created=day(5),
        duplicate_of=(Ref(None, "4"),),
    ),
    record("6", "nothing like any other at all", state="open", created=day(6)),
]


def built(collection: Collection, parameters: Parameters = PARAMETERS, **more: object) -> Report:
    report, _ = report_builder.build_report(collection, parameters, now=NOW, **more)  # type: ignore[arg-type]
    return report


def ids(report: Report) -> list[list[str]]:
    return [[member.id for member in cluster.members] for cluster in report.clusters]


@pytest.fixture
def indexed(writable: WritableCollection) -> WritableCollection:
    writable.index(ISSUES)
    return writable


def test_the_canonical_is_open_before_closed_then_what_others_are_marked_duplicates_of(
    indexed: WritableCollection,
) -> None:
    # 2 is open and 1 is not; 4 has a duplicate that the tracker marks, though 3 is older.
    assert sorted(ids(built(indexed))) == [["2", "1"], ["4", "5", "3"]]


def test_the_canonical_of_equal_epics_is_the_one_with_the_tasks_though_the_empty_one_is_older(
    writable: WritableCollection, tmp_path: Path
) -> None:
    epic = {"title": "Rework of the ferry timetable", "priority": 2, "issue_type": "epic", "status": "open"}
    tasks = [
        {
            "id": f"fy-t{number}",
            "title": f"{word} {number}",
            "priority": 2,
            "issue_type": "task",
            "created_at": "2025-03-01T00:00:00Z",
            "dependencies": [
                {"issue_id": f"fy-t{number}", "depends_on_id": "fy-full", "type": "parent-child"}
            ],
        }
        for number, word in enumerate(("quays", "tariffs", "holidays"))
    ]
    lines = [
        {**epic, "id": "fy-empty", "created_at": "2025-01-01T00:00:00Z"},
        *tasks,
        {**epic, "id": "fy-full", "created_at": "2025-02-01T00:00:00Z"},
    ]
    path = tmp_path / "issues.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    writable.index(open_source(str(path)), source="ferry")
    assert ids(built(writable)) == [["fy-full", "fy-empty"]]


def test_open_duplicates_come_before_those_that_are_closed(indexed: WritableCollection) -> None:
    assert [cluster[0] for cluster in ids(built(indexed))] == ["4", "2"]


def test_the_order_of_indexing_does_not_matter(writable: WritableCollection) -> None:
    writable.index(ISSUES[::-1])
    assert ids(built(writable)) == [["4", "5", "3"], ["2", "1"]]


def test_marked_pairs_are_counted_and_their_clusters_are_shown_on_request(
    writable: WritableCollection,
) -> None:
    writable.index(ISSUES[3:])
    report = built(writable)
    assert (report.n_pairs, report.n_known, report.n_clusters) == (1, 1, 0)
    [cluster] = built(writable, replace(PARAMETERS, include_known=True)).clusters
    assert cluster.is_known
    assert cluster.pairs[0].is_known
    assert [member.id for member in cluster.members] == ["4", "5"]
    assert cluster.members[1].duplicate_of == "4"


def test_a_duplicate_of_a_marked_duplicate_belongs_to_its_canonical(writable: WritableCollection) -> None:
    writable.index(
        [
            record("1", "crash on start", state="open"),
            record("2", "app dies when launched twice", state="closed", duplicate_of=(Ref(None, "1"),)),
            record("3", "app dies when launched twice", state="open"),
        ]
    )
    [cluster] = built(writable).clusters
    assert [member.id for member in cluster.members] == ["1", "2", "3"]
    assert [member.score for member in cluster.members] == [None, None, 1.0]


def test_a_chain_is_two_records_and_a_bridge(writable: WritableCollection) -> None:
    class Planted(WordEncoder):
        """Three directions in a plane, thirty degrees apart."""

        def encode(self, texts: Sequence[str], progress: object = None) -> NDArray[np.float32]:
            angles = np.radians([{"a": 0, "b": 30, "c": 60}[text[0]] for text in texts])
            vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
            vectors[:, 0], vectors[:, 1] = np.cos(angles), np.sin(angles)
            return vectors

    with Collection.create(writable.folder.parent / "chain", encoder=Planted()) as chain:
        chain.index([record("1", "a"), record("2", "b"), record("3", "c")])
        [cluster] = built(chain).clusters
    assert [member.id for member in cluster.members] == ["1", "2"]
    assert cluster.weakest == (0, 1)
    assert cluster.splits_above == pytest.approx(0.866, abs=1e-3)
    [bridge] = cluster.bridges
    assert (cluster.members[bridge.member].id, bridge.outside.id) == ("2", "3")


def test_a_template_of_five_hundred_is_no_cluster_and_is_named_as_look_alikes(
    writable: WritableCollection,
) -> None:
    template = "please fill in the version of your system and the steps to reproduce this"
    writable.index([record(f"t{n}", f"{template} {n}") for n in range(500)] + ISSUES[:2])
    report = built(writable, replace(PARAMETERS, min_margin=0.02))
    assert ["2", "1"] in [[m.id for m in cluster.members] for cluster in report.clusters]
    assert max(len(cluster.members) for cluster in report.clusters) <= 3
    assert report.n_unremarkable > 50_000
    assert report.look_alikes[0].n_records > 400
    assert len(report.clusters) < 50


def decide(collection: WritableCollection, answer: str) -> None:
    """Answer for the first two issues as they are now."""
    [source] = [source.name for source in source_state.summaries(collection.store)]
    one, other = (replace(issue, source=source) for issue in ISSUES[:2])
    decisions.keep(collection.store, [Decision.of(one, other, answer, decided=NOW, who="ann")])


def test_a_pair_that_a_person_rejected_stays_away_until_a_text_changes(indexed: WritableCollection) -> None:
    decide(indexed, "different")
    report = built(indexed)
    assert report.n_rejected == 1
    assert [cluster[0] for cluster in ids(report)] == ["4"]
    indexed.index([replace(ISSUES[0], title="crash on start with the percent password"), *ISSUES[1:]])
    report = built(indexed)
    assert report.n_rejected == 0
    assert ["2", "1"] in ids(report)


def test_an_answer_other_than_different_rejects_nothing(indexed: WritableCollection) -> None:
    decide(indexed, "same")
    assert built(indexed).n_rejected == 0


def test_filters_choose_the_records_that_take_part(writable: WritableCollection) -> None:
    writable.index(
        [replace(issue, project="a" if issue.id in "12" else "b", duplicate_of=()) for issue in ISSUES]
    )
    assert ids(built(writable, replace(PARAMETERS, project="a"))) == [["2", "1"]]
    assert ids(built(writable, replace(PARAMETERS, state="open"))) == [["3", "4"]]
    assert ids(built(writable, replace(PARAMETERS, since=day(5)))) == [["3", "5"]]
    assert built(writable, replace(PARAMETERS, source="another source")).n_records == 0


def test_a_template_does_not_stand_out_because_a_filter_hides_most_of_it(
    writable: WritableCollection,
) -> None:
    template = "please fill in the version of your system and the steps to reproduce this"
    writable.index(
        [record(f"t{n}", f"{template} {n}", state="closed" if n > 1 else "open") for n in range(100)]
    )
    report = built(writable, replace(PARAMETERS, min_margin=0.06, state="open"))
    assert (report.n_records, report.n_pairs, report.n_unremarkable, report.n_clusters) == (2, 1, 1, 0)


def test_a_margin_does_not_depend_on_the_minimum_score(indexed: WritableCollection) -> None:
    def margins(min_score: float) -> set[float]:
        report = built(indexed, replace(PARAMETERS, min_score=min_score, min_margin=0.06))
        return {cluster.margin for cluster in report.clusters if "1" in [m.id for m in cluster.members]}

    assert margins(0.7) == margins(0.99) != set()


def test_a_limit_cuts_the_clusters_and_not_the_counts(indexed: WritableCollection) -> None:
    report = built(indexed, replace(PARAMETERS, limit=1))
    assert (len(report.clusters), report.n_clusters) == (1, 2)


def test_new_shows_only_pairs_with_a_record_since_the_last_report_of_its_kind(
    indexed: WritableCollection,
) -> None:
    folder = indexed.folder
    parameters = replace(PARAMETERS, new=True)
    assert len(built(indexed, parameters).clusters) == 2
    _, row_id = report_builder.build_report(indexed, parameters)
    indexed.close()
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        report_builder.remember(collection, parameters, row_id, NOW)
        assert built(collection, parameters).n_pairs == 0
        assert (
            len(built(collection, replace(parameters, min_score=0.71)).clusters) == 2
        )  # another kind of report
        assert len(built(collection, PARAMETERS).clusters) == 2
    with Collection.create(folder, encoder=WordEncoder()) as again:
        again.index([*ISSUES, record("7", "nothing like any other at all", state="open", created=day(7))])
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        assert ids(built(collection, parameters)) == [["6", "7"]]


def test_a_recomposed_record_is_not_new(indexed: WritableCollection) -> None:
    _, row_id = report_builder.build_report(indexed, PARAMETERS)
    store = indexed.store
    encoding = store.encoding()
    [source_id] = [row for (row,) in store.connection.execute("SELECT id FROM source")]
    row_ids = store.rows_of(source_id).tolist()
    lines = LineKeys.of((), (), ())
    # Each gets the text of another.
    rows = [(row, store.text(other), lines) for row, other in zip(row_ids, row_ids[::-1], strict=True)]
    store.recompose(encoding.id, rows, {}, NOW)
    with store.reading():
        assert new_records.last_row(store) > row_id
        assert new_records.new_rows(store, row_id).tolist() == []
    indexed.index([replace(ISSUES[0], title="another matter"), *ISSUES[1:]])
    with store.reading():
        assert len(new_records.new_rows(store, row_id)) == 1


def test_a_recomposed_record_stays_known_after_a_compaction(indexed: WritableCollection) -> None:
    _, row_id = report_builder.build_report(indexed, PARAMETERS)
    store = indexed.store
    new_records.remember_report(store, PARAMETERS.key, row_id, NOW)
    row_ids = store.rows_of(1).tolist()
    lines = LineKeys.of((), (), ())
    rows = [(row, store.text(other), lines) for row, other in zip(row_ids, row_ids[::-1], strict=True)]
    store.recompose(store.encoding().id, rows, {}, NOW)
    indexed.index([replace(ISSUES[0], title="another matter"), *ISSUES[1:]])
    before = new_records.new_rows(store, row_id).tolist()
    assert len(before) == 1
    indexed.compact()
    assert new_records.new_rows(store, row_id).tolist() == before
    n_dead = len(store.deleted_rows(row_id))
    new_records.remember_report(store, PARAMETERS.key, new_records.last_row(store), NOW)
    assert indexed.compact().rows == n_dead > 0  # no report needs them any more


def test_without_a_calibration_for_the_model_only_copies_have_a_probability(
    indexed: WritableCollection,
) -> None:
    reworded = replace(ISSUES[4], title="feed shows empty page of pictures")
    indexed.index([*ISSUES[:4], reworded, ISSUES[5]])
    pairs = [pair for cluster in built(indexed).clusters for pair in cluster.pairs]
    assert {pair.kind for pair in pairs if pair.probability is not None} == {"copy"}
    assert any(pair.probability is None for pair in pairs)
    parameters = replace(PARAMETERS, min_probability=0.5)
    with pytest.raises(DupfindError, match="run `dupfind calibrate`"):
        built(indexed, parameters)


def test_too_many_pairs_are_an_error(indexed: WritableCollection) -> None:
    with pytest.raises(
        DupfindError, match=r"more than 2 pairs score 0\.65 or more: pass a larger --max-pairs$"
    ):
        built(indexed, max_pairs=2)


def test_an_index_of_one_issue_has_an_empty_report(writable: WritableCollection) -> None:
    writable.index(ISSUES[:1])
    report = built(writable, replace(PARAMETERS, include_known=True))
    assert (report.n_records, report.n_pairs, report.clusters, report.histogram) == (1, 0, (), ())


def test_the_curve_covers_all_marks_and_a_partial_report_has_none(indexed: WritableCollection) -> None:
    assert built(indexed).curve[-1].recall == 1.0
    assert built(indexed, replace(PARAMETERS, since=day(1))).curve == ()


def test_a_report_reads_its_records_once(
    indexed: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[list[int]] = []

    def counting(store: Store, row_ids: Iterable[int]) -> dict[int, Record]:
        read.append(list(row_ids))
        return records(store, read[-1])

    records = Store.records
    monkeypatch.setattr(Store, "records", counting)
    report = built(indexed)
    n_members = sum(len(cluster.members) for cluster in report.clusters)
    # To judge the pairs that may be new, to judge those that the tracker marks, and to show all.
    assert len(read) <= 3
    assert max(map(len, read)) == n_members == 5


def test_reasons_come_with_every_pair(indexed: WritableCollection) -> None:
    for cluster in built(indexed).clusters:
        assert all(pair.reasons.words for pair in cluster.pairs)


def test_two_records_of_one_text_are_two(writable: WritableCollection) -> None:
    writable.index([Record(id=id, title="same words here") for id in ("1", "2", "3")])
    assert ids(built(writable)) == [["1", "2", "3"]]


@pytest.fixture
def mirrored(writable: WritableCollection) -> WritableCollection:
    """A tracker, and a mirror of its first four issues under other ids; in both an issue is filed twice."""
    writable.index(ISSUES, source="jira", kind="jira-rest")
    writable.index(
        [
            replace(it, id=f"9{it.id}", source="github", project="o/r", duplicate_of=(), state="open")
            for it in ISSUES[:4]
        ],
        source="github",
        kind="github-rest",
    )
    return writable


def test_across_sources_a_pair_has_two_of_them(mirrored: WritableCollection) -> None:
    report = built(mirrored, replace(PARAMETERS, across=True))
    pairs = [(of.members[pair.first], of.members[pair.second]) for of in report.clusters for pair in of.pairs]
    assert {tuple(sorted((a.source, b.source))) for a, b in pairs} == {("github", "jira")}
    # Each pair of the mirrored issues and of those that look like them: 1, 2 with 91, 92, and 3, 4, 5 with 93, 94.
    assert report.n_pairs == 4 + 6
    assert report.n_records == 10
    assert built(mirrored).n_pairs == 10 + 4 + 2  # those inside of the two sources come along


def test_across_sources_a_filter_names_one_side(mirrored: WritableCollection) -> None:
    mirrored.index([replace(ISSUES[5], id="x", source="third")], source="third", kind="csv")
    everything = built(mirrored, replace(PARAMETERS, across=True))
    assert everything.n_pairs == 11
    for one_side, n_pairs in [({"source": "jira"}, 11), ({"source": "third"}, 1), ({"project": "o/r"}, 10)]:
        assert built(mirrored, replace(PARAMETERS, across=True, **one_side)).n_pairs == n_pairs  # type: ignore[arg-type]
    assert built(mirrored, replace(PARAMETERS, across=True, state="open")).n_pairs == 2 + 4 + 1


def test_an_issue_has_one_cluster_across_sources_and_its_other_likenesses_are_bridges(
    mirrored: WritableCollection,
) -> None:
    clusters = built(mirrored, replace(PARAMETERS, across=True)).clusters
    assert sorted(sorted(member.source for member in of.members) for of in clusters) == [
        ["github", "jira"],
        ["github", "jira"],
        ["github", "jira"],
        ["github", "jira", "jira"],  # 5 is marked a duplicate of 4
    ]
    assert all(of.bridges for of in clusters)


def test_one_source_cannot_be_compared_across(indexed: WritableCollection) -> None:
    with pytest.raises(
        DupfindError, match="no two sources to compare: add a second one with `dupfind index`"
    ):
        built(indexed, replace(PARAMETERS, across=True))


def test_a_limit_changes_no_count(indexed: WritableCollection) -> None:
    whole, cut = built(indexed), built(indexed, replace(PARAMETERS, limit=1))
    assert len(cut.clusters) < len(whole.clusters)
    assert (cut.n_clusters, cut.n_open) == (whole.n_clusters, whole.n_open)
    assert whole.n_open == sum(
        any(member.state != "closed" for member in cluster.members[1:]) for cluster in whole.clusters
    )
