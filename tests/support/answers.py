"""Everything that an index answers, in a form that two indexes of the same records share."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from dupfind.collection.collection import Collection
from dupfind.dedup.report import Parameters
from dupfind.dedup.report_builder import build_report
from dupfind.encoders.load import Encoder
from dupfind.records import Record
from dupfind.reports.formats import draw
from dupfind.storage.row_checksums import wrong_rows
from tests.support.samples import NOW

Everything = dict[str, Any]


def everything(folder: Path, encoder: Encoder, queries: list[str], k: int = 50) -> Everything:
    """Return boilerplate, records, words, vectors, comments, the hits of queries, and a report, without row ids."""
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        boilerplate = connection.execute(
            "SELECT name, line, n_records FROM boilerplate JOIN source ON source.id = source_id ORDER BY 1, 2"
        ).fetchall()
        texts = connection.execute(
            "SELECT name, project, r.id, c.title, c.body, words.title, words.body, rest, words.names, trace,"
            " t.title, t.body, t.names, a.vector, b.vector, m.times, m.lengths, m.words, f.text"
            " FROM record r JOIN source s ON s.id = source_id"
            " LEFT JOIN composed c ON c.row_id = r.row_id LEFT JOIN words ON words.rowid = r.row_id"
            " LEFT JOIN terms t ON t.row_id = r.row_id LEFT JOIN vector v ON v.row_id = r.row_id"
            " LEFT JOIN comment_terms m ON m.row_id = r.row_id LEFT JOIN comment_words f ON f.rowid = r.row_id"
            " LEFT JOIN embedding a ON a.id = title_embedding LEFT JOIN embedding b ON b.id = whole_embedding"
            " WHERE died IS NULL ORDER BY 1, 2, 3"
        ).fetchall()
    with Collection.open(folder, encoder=encoder) as collection:
        records = sorted(record(collection, *text[:3]) for text in texts)
        same_id = {text[2]: [found.source for found in collection.find(text[2])] for text in texts}
        hits = {query: collection.search(query, k=k) for query in queries}
        with collection.store.reading():
            assert list(wrong_rows(collection.store)) == []
        sources = [(source["name"], source["unsettled"]) for source in collection.info()["sources"]]
    return {
        "boilerplate": boilerplate,
        "records": records,
        "same id": same_id,
        "texts": texts,
        "hits": hits,
        "report": report(folder, encoder),
        "unsettled": sorted(sources),
    }


def record(collection: Collection, source: str, project: str, id: str) -> str:
    """Return a record with all its fields, as text."""
    [found] = [one for one in collection.find(id, source=source) if (one.project or "") == project]
    assert isinstance(found, Record)
    return repr(found)


def report(folder: Path, encoder: Encoder) -> str:
    """Return the report on an index as JSON, without the name of its folder."""
    with Collection.open(folder, encoder=encoder) as collection:
        built, _ = build_report(collection, Parameters(min_score=0.9), now=NOW)
    return draw(built, "json").replace(str(folder), "index")
