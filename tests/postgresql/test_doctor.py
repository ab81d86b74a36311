"""`dupfind doctor` on a database: what is damaged is found, and dead rows are freed with the answers of a folder."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.errors import StoreLocked
from dupfind.postgresql import model_files
from dupfind.records import Comment
from tests.postgresql.test_command_line import in_one_line, sql
from tests.postgresql.test_contract import answers, many
from tests.support.samples import NOW, Command, WordEncoder
from tests.support.verdicts import judged

CHECKS = {"database pages", "words", "vectors", "vectors of texts", "half vectors", "files of models"}
DAMAGES = [
    ("words", "DELETE FROM posting WHERE stem = 'crash'"),
    ("words", "UPDATE posting SET occurrences = substr(occurrences, 3) WHERE stem = 'crash'"),
    ("words", "UPDATE posting SET occurrences = substr(occurrences, 2) WHERE stem = 'crash'"),
    ("words", "UPDATE posting SET n_rows = n_rows + 1 WHERE stem = 'disk'"),
    ("words", "INSERT INTO posting VALUES ('zeppelin', 7, 1, '\\x0000')"),
    ("words", "UPDATE row_stems SET stems = stems[2:] WHERE row_id = 3"),
    ("words", "UPDATE word_length SET lengths = set_byte(lengths, 4, 200)"),
    ("words", "UPDATE word_total SET n_rows = n_rows + 1"),
    ("words", "UPDATE record SET body = body || ' zeppelin' WHERE row_id = 5"),
    ("words", "UPDATE composed SET body = 'zeppelin' WHERE row_id = 5"),
    ("words", "UPDATE terms SET title = '' WHERE row_id = 4"),
    ("words", "DELETE FROM terms WHERE row_id = 4"),
    ("words", "UPDATE comment_words SET stems = '{}'"),
    ("vectors", "UPDATE embedding SET vector = set_byte(vector, 2, 7) WHERE id = 3"),
    ("vectors of texts", "UPDATE vector SET title_embedding = whole_embedding WHERE row_id = 2"),
    ("half vectors", "DELETE FROM half_vector WHERE row_id = 2"),
    (
        "half vectors",
        "UPDATE half_vector SET vector = vector + vector WHERE row_id = 2",
    ),
    (
        "files of models",
        "UPDATE model_file SET content = set_byte(content, 200, 7) WHERE file LIKE '%.safetensors'",
    ),
    ("files of models", "DELETE FROM model_file WHERE piece = 1"),
]


@pytest.fixture
def filled(dupfind: Command, here: Path, database: str, model: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with edited and deleted records, comments, and a model of several pieces."""
    monkeypatch.setenv("DUPFIND_CACHE", str(here / "cache"))
    monkeypatch.setattr(model_files, "PIECE", 1 << 12)
    records = many(60)
    records[8] = replace(records[8], comments=(Comment("a workaround", NOW),))
    with Collection.create(database, model=model) as collection:
        collection.index(records, source="one", complete=True)
        later = [replace(each, body=f"{each.body} later") for each in records[30:50]]
        collection.index([*records[:30], *later], source="one", complete=True)
    return database


def findings(dupfind: Command, place: object, *options: str) -> dict[str, dict[str, Any]]:
    ran = dupfind("doctor", "--index", place, "--json", *options)
    found = {each["about"]: each for each in ran.json["findings"]}
    assert ran.code == (2 if any(each["state"] == "bad" for each in found.values()) else 0)
    return found


def test_a_whole_index_has_no_fault_and_the_notes_of_a_folder(
    dupfind: Command, filled: str, here: Path, model: Path
) -> None:
    found = findings(dupfind, filled, "--read-data")
    assert {found[about]["state"] for about in CHECKS | {"index", "server", "model of the index"}} == {"ok"}
    with Collection.open(filled) as shared, Collection.create(here / "index", model=model) as folder:
        folder.index(list(shared), source="one", complete=True)
    in_folder = findings(dupfind, here / "index")
    for about in ("marked duplicates", "marks of what is not here", "boilerplate", "languages", "weights"):
        assert found.get(about) == in_folder.get(about)


@pytest.mark.parametrize(("about", "damage"), DAMAGES)
def test_a_damage_is_named(dupfind: Command, filled: str, about: str, damage: str) -> None:
    sql(filled, "SET search_path = dupfind, public", damage)
    found = findings(dupfind, filled, "--read-data")
    assert [name for name in found if found[name]["state"] == "bad"][:1] == [about]
    assert "--rebuild" in found[about]["remedy"]


def test_the_remedy_of_words_and_vectors_repairs_them(dupfind: Command, filled: str, model: Path) -> None:
    sql(filled, "SET search_path = dupfind, public", *(damage for _, damage in DAMAGES[:8]), DAMAGES[13][1])
    assert findings(dupfind, filled, "--read-data")["words"]["state"] == "bad"
    assert dupfind("index", "--rebuild", "--index", filled).code == 0
    found = findings(dupfind, filled, "--read-data")
    assert {found[about]["state"] for about in CHECKS} == {"ok"}


def test_an_index_that_is_not_there_is_a_fault(dupfind: Command, database: str) -> None:
    assert "no index at" in findings(dupfind, database)["index"]["found"]
    assert "no index at" in in_one_line(dupfind, "doctor", "--compact", "--index", database)


def test_dead_rows_are_freed_and_no_answer_changes(tmp_path: Path, database: str) -> None:
    records = many(120)
    later = [replace(each, body=f"{each.body} edited") for each in records[:40]]
    found, freed = [], []
    for place in (tmp_path / "index", database):
        with Collection.create(place, encoder=WordEncoder()) as collection:
            collection.index(records, source="one", complete=True)
            judged(collection, likely=0.9, possible=0.7)
            collection.index([*later, *records[40:90]], source="one", complete=True)
            before = answers(collection)
            first = collection.compact()
            freed.append(first[:2])
            assert collection.compact()[:2] == (0, 0)
            assert collection.store.one("SELECT count(*) FROM record WHERE died IS NOT NULL") == 0
            found.append(answers(collection))
            assert found[-1] == before
    assert freed[0] == freed[1]
    assert found[0] == found[1]


def test_a_compaction_leaves_no_index_behind_and_has_the_database_for_itself(
    dupfind: Command, filled: str
) -> None:
    with Collection.create(filled) as other:
        assert isinstance(other, WritableCollection)
        with Collection.create(filled) as collection, pytest.raises(StoreLocked):
            collection.compact()
    ran = dupfind("doctor", "--compact", "--read-data", "--index", filled)
    assert ran.code == 0, ran.out
    assert "30 dead rows" in ran.out
    with Collection.open(filled) as collection:
        count = "SELECT count(*) FROM pg_indexes WHERE schemaname = 'dupfind' AND tablename = 'vector'"
        assert collection.store.one(count) == 1
