"""The statements of docs/scale.md for an index that outgrows its tables."""

import re
from pathlib import Path

from dupfind.collection.collection import Collection
from tests.postgresql.test_command_line import sql
from tests.postgresql.test_contract import QUERIES, hits, many, renamed
from tests.support.paths import ROOT
from tests.support.samples import WordEncoder


def statements(heading: str) -> list[str]:
    """The SQL of the section's paragraph that begins with a heading in bold."""
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    paragraph = page[page.index(f"**{heading}**") :]
    block = re.search(r"\n\n((?:    .*\n|\n)+)", paragraph)
    assert block is not None
    return [line.strip() for line in block[1].split(";\n") if line.strip()]


def test_partitions_of_the_vectors_change_no_answer(database: str) -> None:
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index(many(120), source="one", complete=True)
        before = [hits(collection, query) for query in QUERIES]
        before.append(hits(collection, QUERIES[0], state="open"))
    written = statements("Partitions")
    assert len(written) >= 6
    sql(database, *written)
    with Collection.create(database, encoder=WordEncoder()) as collection:
        after = [hits(collection, query) for query in QUERIES]
        after.append(hits(collection, QUERIES[0], state="open"))
        assert after == before
        collection.index(renamed("two", many(60, 4)), source="two", complete=True)
        collection.remove("two")
        assert hits(collection, QUERIES[0]) == before[0]


def test_two_schemas_of_a_database_are_two_indexes(database: str, tmp_path: Path) -> None:
    for schema, seed in (("web", 1), ("mobile", 2)):
        with Collection.create(f"{database}&schema={schema}", encoder=WordEncoder()) as collection:
            collection.index(many(50, seed), source="one", complete=True)
    for schema, seed in (("web", 1), ("mobile", 2)):
        with Collection.create(tmp_path / schema, encoder=WordEncoder()) as folder:
            folder.index(many(50, seed), source="one", complete=True)
            with Collection.open(f"{database}&schema={schema}", encoder=WordEncoder()) as shared:
                assert hits(shared, QUERIES[0]) == hits(folder, QUERIES[0])
