"""An issue that is in two sources is one issue in every answer, with the record that is newer."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.indexing import Prepared
from dupfind.decisions import DIFFERENT, SAME, Decision
from dupfind.dedup.report import Parameters
from dupfind.dedup.report_builder import build_report
from dupfind.errors import PartError
from dupfind.records import Comment, Record, Ref
from dupfind.storage import decisions, hidden_rows
from dupfind.storage.connection import as_sqlite
from dupfind.storage.new_records import last_row, new_rows
from dupfind.storage.same_issue import Origin, is_same_issue
from dupfind.storage.store import Store
from dupfind.text.boilerplate import Boilerplate
from dupfind.vectors.base import Vectors
from tests.support.answers import everything
from tests.support.samples import WordEncoder, corpus, record

MARCH, APRIL = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC)
QUERIES = ["crash start worker", "login page slow"]


def oven(id: str, title: str, **more: object) -> Record:
    return record(id, title, "the oven stays cold", **{"project": "a/oven", **more})


OLD = [
    oven("1", "worker crash at start", updated=MARCH, comments=(Comment("the fuse melted", MARCH),)),
    oven("2", "slow login page", updated=MARCH),
    oven("3", "worker crashes when it starts", updated=MARCH, duplicate_of=(Ref("a/oven", "1"),)),
]
NEW = [
    oven("1", "worker crash at each start", updated=APRIL),
    oven("2", "slow login", updated=datetime(2025, 2, 1, tzinfo=UTC)),
    oven("4", "memory leak in the query", updated=APRIL),
]


def write(folder: Path, name: str, records: list[Record], *, complete: bool = True) -> int:
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        return collection.index(records, source=name, complete=complete).n_shared


def both(folder: Path) -> Path:
    write(folder, "file", OLD)
    assert write(folder, "service", NEW) == 2
    return folder


def shown(folder: Path) -> dict[str, tuple[str, str]]:
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        return {one.id: (one.source, one.title) for one in collection}


def test_of_two_records_the_one_that_changed_last_is_shown(tmp_path: Path) -> None:
    assert shown(both(tmp_path)) == {
        "1": ("service", "worker crash at each start"),
        "2": ("file", "slow login page"),
        "3": ("file", "worker crashes when it starts"),
        "4": ("service", "memory leak in the query"),
    }


def test_an_issue_is_one_hit_and_no_duplicate_of_itself(tmp_path: Path) -> None:
    with Collection.open(both(tmp_path), encoder=WordEncoder()) as collection:
        hits = [hit.id for hit in collection.search("worker crash at start", k=10)]
        assert sorted(hits) == ["1", "2", "3", "4"]
        report, _ = build_report(collection, Parameters(min_score=0.1))
        names = [(pair.first.id, pair.second.id) for pair in report.pairs()]
        assert names
        assert all(first != second for first, second in names)
        for source in ("file", "service", "copy"):
            own = replace(OLD[0], source=source)
            assert "1" not in [hit.id for hit in collection.search(own, k=10)]


def test_across_sources_a_pair_of_issues_that_one_source_has_is_left_out(tmp_path: Path) -> None:
    both(tmp_path)
    write(tmp_path, "service", [*NEW, oven("5", "worker crashes when it starts again", updated=APRIL)])
    with Collection.open(tmp_path, encoder=WordEncoder()) as collection:
        report, _ = build_report(collection, Parameters(min_score=0.1, across=True))
        pairs = [{pair.first.id, pair.second.id} for pair in report.pairs()]
    assert {"1", "3"} not in pairs  # "file" has both, though 1 is shown by "service"
    assert {"1", "5"} not in pairs
    assert {"3", "5"} in pairs


def test_a_second_export_makes_only_records_new_that_were_in_no_source(tmp_path: Path) -> None:
    write(tmp_path, "file", OLD)
    with Collection.open(tmp_path, encoder=WordEncoder()) as collection:
        reported = last_row(collection.store)
    again = [replace(one, updated=APRIL) for one in OLD]
    edited = replace(again[1], title="slow login page of the worker")
    write(tmp_path, "second", [again[0], edited, again[2], NEW[2]])
    with Collection.open(tmp_path, encoder=WordEncoder()) as collection:
        assert {one.source for one in collection} == {"second"}
        titles = collection.store.titles(new_rows(collection.store, reported))
        assert set(titles.values()) == {edited.title, NEW[2].title}


def test_the_issue_is_found_under_each_of_its_sources(tmp_path: Path) -> None:
    with Collection.open(both(tmp_path), encoder=WordEncoder()) as collection:
        for source in ("file", "service"):
            assert [one.title for one in collection.find("1", source=source)] == [
                "worker crash at each start"
            ]
            found = {hit.id for hit in collection.search("worker crash", k=10, source=source)}
            assert {"1", "2"} <= found


def test_issues_of_one_number_in_two_projects_are_each_found_under_their_own_name(tmp_path: Path) -> None:
    projects = ["o/oven", "o/lamp", "o/fan"]
    for source, updated in (("file", MARCH), ("service", APRIL)):
        write(
            tmp_path,
            source,
            [record("1", f"{project} fails", project=project, updated=updated) for project in projects],
        )
    with Collection.open(tmp_path, encoder=WordEncoder()) as collection:
        for project in projects:
            row = collection.store.shown_row("file", project, "1")
            assert row is not None
            assert collection.store.titles([row]) == {row: f"{project} fails"}
        assert len(collection.store.aliases().names) == len(projects)


def test_a_mark_leads_to_the_record_that_is_shown(tmp_path: Path) -> None:
    with Collection.open(both(tmp_path), encoder=WordEncoder()) as collection:
        assert collection.info()["marked_pairs"] == 1
        assert collection.info()["dead_marks"] == 0
        found = [hit.id for hit in collection.search("worker crash", k=10, fold=True)]
        assert len({"1", "3"} & set(found)) == 1


def test_info_counts_the_records_that_another_source_has_newer(tmp_path: Path) -> None:
    with Collection.open(both(tmp_path), encoder=WordEncoder()) as collection:
        counts = {one["name"]: (one["records"], one["elsewhere"]) for one in collection.info()["sources"]}
        assert counts == {"file": (2, 1), "service": (2, 1)}
        assert len(collection) == 4


@pytest.mark.parametrize("n_sources", [2, 3, 4])
def test_an_issue_that_is_in_several_sources_is_counted_once(tmp_path: Path, n_sources: int) -> None:
    issues = [oven(str(number), f"worker crash {number}") for number in range(6)]
    counts = [write(tmp_path, f"s{number}", issues) for number in range(n_sources)]
    assert counts == [0, *[6] * (n_sources - 1)]
    with Collection.open(tmp_path, encoder=WordEncoder()) as collection:
        info = collection.info()
        assert info["shared"] == 6
        assert sum(source["elsewhere"] for source in info["sources"]) == 6 * (n_sources - 1)


def test_a_merge_of_parts_shows_a_record_again_whose_text_is_in_no_part(tmp_path: Path) -> None:
    def encode(texts: Sequence[str], progress: Callable[[int], None]) -> Vectors:
        if any("at start" in text for text in texts):
            raise PartError("a text is in no part")
        return encoder.encode(texts, progress)

    encoder = WordEncoder(seed=1)
    both(tmp_path)
    with Collection.create(tmp_path, encoder=encoder, rebuild=True) as collection:
        collection.rebuild()  # encodes no hidden record
        prepared = Prepared(Boilerplate({}), encode, encoder.dim)
        collection.index(NEW[1:], source="service", complete=True, prepared=prepared)
        assert [one.title for one in collection.find("1")] == ["worker crash at start"]


@pytest.mark.parametrize("compact", [False, True])
def test_a_source_that_is_removed_shows_the_other_record_again_with_its_comments(
    compact: bool, tmp_path: Path
) -> None:
    with Collection.create(both(tmp_path), encoder=WordEncoder()) as collection:
        if compact:
            collection.compact()
        assert collection.remove("service") == 3
    assert shown(tmp_path) == {one.id: ("file", one.title) for one in OLD}
    write(tmp_path / "alone", "file", OLD)
    again, alone = (everything(folder, WordEncoder(), QUERIES) for folder in (tmp_path, tmp_path / "alone"))
    assert again == alone


def test_a_record_that_leaves_its_source_shows_the_other_one_again(tmp_path: Path) -> None:
    both(tmp_path)
    assert write(tmp_path, "service", NEW[1:]) == 1
    assert shown(tmp_path)["1"] == ("file", "worker crash at start")


def test_reading_a_source_again_changes_nothing(tmp_path: Path) -> None:
    both(tmp_path)
    for name, records in (("file", OLD), ("service", NEW)):
        with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
            run = collection.index(records, source=name, complete=True)
            assert (run.n_same, run.n_new, run.n_gone, run.n_encoded) == (3, 0, 0, 0)


def test_without_times_the_source_that_was_added_last_is_shown(tmp_path: Path) -> None:
    write(tmp_path, "one", [oven("1", "worker crash")])
    write(tmp_path, "two", [oven("1", "worker crash again")])
    assert shown(tmp_path) == {"1": ("two", "worker crash again")}
    write(tmp_path, "one", [oven("1", "worker crash, edited")])
    assert shown(tmp_path) == {"1": ("two", "worker crash again")}


@pytest.mark.parametrize("updated", [None, MARCH])
@pytest.mark.parametrize(
    "more",
    [
        {"duplicate_of": (Ref("a/oven", "1"),)},
        {"state": "closed"},
        {"resolution": "fixed"},
        {"comments": (Comment("the fuse melted", MARCH),)},
    ],
)
def test_at_equal_times_a_bare_export_hides_no_record_that_says_more(
    more: dict[str, object], updated: datetime | None, tmp_path: Path
) -> None:
    rich = oven("2", "worker crash, told in full", updated=updated, **more)
    bare = oven("2", "worker crash", updated=updated)
    for number, sources in enumerate(({"rich": rich, "bare": bare}, {"bare": bare, "rich": rich})):
        folder = tmp_path / str(number)
        for name, one in sources.items():
            write(folder, name, [oven("1", "the first crash"), one])
        write(folder, "bare", [oven("1", "the first crash"), bare])
        assert shown(folder)["2"] == ("rich", rich.title)


def test_records_that_a_person_called_different_stay_two_issues(tmp_path: Path) -> None:
    both(tmp_path)
    one, other = replace(OLD[0], source="file"), replace(NEW[0], source="service")
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        decisions.keep(collection.store, [Decision.of(one, other, DIFFERENT, decided=APRIL, who="ann")])
    edited = replace(NEW[0], title="worker crash, told anew")
    assert write(tmp_path, "service", [edited, *NEW[1:]]) == 1
    with Collection.open(tmp_path, encoder=WordEncoder()) as collection:
        assert {found.title for found in collection.find("1")} == {one.title, edited.title}
        assert len(collection) == 5
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        decisions.take_back(collection.store, [Decision.of(one, other, DIFFERENT, decided=APRIL, who="ann")])
    assert write(tmp_path, "service", NEW) == 2


def test_an_answer_on_the_name_of_one_source_holds_for_that_of_the_other(tmp_path: Path) -> None:
    write(tmp_path, "file", OLD)
    one, other = replace(OLD[0], source="file"), replace(OLD[2], source="file")
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        decisions.keep(collection.store, [Decision.of(one, other, DIFFERENT, decided=APRIL, who="ann")])
    write(tmp_path, "second", [replace(one, updated=APRIL) for one in OLD])
    with Collection.open(tmp_path, encoder=WordEncoder()) as collection:
        [row] = [row for row, _ in collection.store.find("3")]
        for source in ("file", "second"):
            assert decisions.rejected_by(collection.store, replace(one, source=source)).tolist() == [row]
            found = [hit.id for hit in collection.search(replace(one, source=source), k=10)]
            assert "3" not in found
        edited = replace(one, title="another text")
        assert decisions.rejected_by(collection.store, edited).tolist() == []


def test_an_answer_on_two_records_that_are_one_issue_now_is_no_pair(tmp_path: Path) -> None:
    write(tmp_path, "file", OLD)
    write(tmp_path, "second", [replace(OLD[0], updated=APRIL)])
    sides = [replace(OLD[0], source=source) for source in ("file", "second")]
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        decisions.keep(collection.store, [Decision.of(sides[0], sides[1], SAME, decided=APRIL, who="ann")])
        assert decisions.decided_pairs(collection.store) == {}


def test_two_trackers_without_a_project_keep_their_issues_of_one_number(tmp_path: Path) -> None:
    write(tmp_path, "one", [record("12", "worker crash")])
    assert write(tmp_path, "two", [record("12", "slow login page")]) == 0
    with Collection.open(tmp_path, encoder=WordEncoder()) as collection:
        assert len(collection) == 2


def test_an_index_of_one_source_is_not_searched_for_shared_issues(tmp_path: Path) -> None:
    write(tmp_path, "one", [oven(str(number), "worker crash") for number in range(400)])
    assert 0 < n_steps_of_pending(tmp_path) < 200


def test_beside_a_large_source_the_records_of_a_small_one_are_looked_up(tmp_path: Path) -> None:
    write(tmp_path, "small", [record(f"small {number}", "slow login page") for number in range(20)])
    n_steps = []
    for n_records in (400, 800):
        write(tmp_path, "large", [oven(str(number), "worker crash") for number in range(n_records)])
        n_steps.append(n_steps_of_pending(tmp_path))
    assert n_steps[1] - n_steps[0] < 12 * 400  # they are counted, and not compared


def n_steps_of_pending(folder: Path) -> int:
    """Return the steps of SQLite that look for shared issues in an index that has none to hide."""
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        connection = as_sqlite(collection.store.connection)
        n_steps = 0

        def count() -> int:
            nonlocal n_steps
            n_steps += 1
            return 0

        connection.set_progress_handler(count, 1)
        assert hidden_rows.pending(collection.store) == ([], [])
        connection.set_progress_handler(None, 0)
        return n_steps


def test_the_time_grows_with_the_records_of_one_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n, n_compared = 150, 0

    def compared(first: Origin, second: Origin) -> bool:
        nonlocal n_compared
        n_compared += 1
        return is_same_issue(first, second)

    monkeypatch.setattr(hidden_rows, "is_same_issue", compared)
    projects = [f"o/{number}" for number in range(n)]
    for source in ("one", "two"):
        n_shared = write(tmp_path, source, [record("1", "worker crash", project=name) for name in projects])
    assert n_shared == n
    address = "https://x.org/1"
    for source in ("one", "two"):
        some = [record("2", "crash", project=f"{source}/{number}", url=address) for number in range(n)]
        n_shared = write(tmp_path, source, some, complete=False)
    assert n_shared == 2 * n
    assert n_compared < 20 * n


def test_hidden_names_are_read_once_until_the_index_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_read, read = 0, hidden_rows.aliases

    def counted(store: Store) -> hidden_rows.Aliases:
        nonlocal n_read
        n_read += 1
        return read(store)

    both(tmp_path)
    monkeypatch.setattr(hidden_rows, "aliases", counted)
    with Collection.open(tmp_path, encoder=WordEncoder()) as collection:
        for number in range(4):
            collection.search(f"worker crash {number}", k=5, source="file", fold=True)
            collection.store.connection.execute("CREATE TEMP TABLE IF NOT EXISTS note (value INTEGER)")
            collection.store.connection.execute("INSERT INTO temp.note VALUES (?)", (number,))
        assert n_read == 1
        write(tmp_path, "service", NEW[1:])
        assert [one.source for one in collection.find("1", source="file")] == ["file"]
        assert len(collection.store.aliases().names) == 1
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        assert len(collection.store.aliases().names) == 1
        collection.index(NEW, source="service")
        assert len(collection.store.aliases().names) == 2


def test_records_without_words_are_hidden_and_shown_too(tmp_path: Path) -> None:
    write(tmp_path, "one", [Record("1", "", project="a/oven")])
    write(tmp_path, "two", [Record("1", "worker crash", project="a/oven")])
    assert shown(tmp_path) == {"1": ("two", "worker crash")}
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.remove("two")
    assert shown(tmp_path) == {"1": ("one", "")}


@pytest.mark.parametrize("seed", range(6))
def test_what_is_shown_does_not_depend_on_the_order_of_reading(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    records = [replace(one, project="a/oven", updated=one.created) for one in corpus(40)]
    later = [
        replace(one, title=f"{one.title} again", updated=APRIL if int(one.id) % 2 else MARCH)
        for one in rng.sample(records, 20)
    ]
    sources = {"file": records, "service": later, "other": [replace(one, project=None) for one in later[:5]]}
    found = []
    for number in range(2):
        folder = tmp_path / str(number)
        for name, some in sources.items():
            write(folder, name, some if number == 0 else some[:1])
        if number:
            for name in rng.sample(list(sources), 3) + rng.sample(list(sources), 3):
                write(
                    folder, name, rng.sample(sources[name], rng.randrange(1, 5)), complete=rng.random() < 0.5
                )
            for name in rng.sample(list(sources), 3):
                write(folder, name, sources[name])
        found.append(everything(folder, WordEncoder(), QUERIES))
    assert found[0] == found[1]
