"""The checks of `dupfind doctor` on an index in PostgreSQL."""

import sqlite3
from collections.abc import Iterator, Set
from contextlib import closing
from typing import TYPE_CHECKING

from dupfind.cli.diagnostic import Diagnostic, contents, first, trainings
from dupfind.errors import DupfindError
from dupfind.records import counted
from dupfind.storage.database_url import DatabaseUrl

if TYPE_CHECKING:
    from dupfind.postgresql.writer import PostgresStore
    from dupfind.storage.encoding import Encoding

_REBUILD = "dupfind index --rebuild"
_RESTORE = "restore the database from a backup, or index into another schema with ?schema=NAME"


def checked(url: DatabaseUrl, read_data: bool) -> Iterator[Diagnostic]:
    """Check the index in a database.

    Args:
        url: Its place.
        read_data: Whether all values are read, and compared with what they are derived from.
    """
    from dupfind.postgresql.open_store import local_folder
    from dupfind.postgresql.writer import PostgresStore

    try:
        store = PostgresStore.connect(url)
    except DupfindError as error:
        yield Diagnostic("index", "bad", str(error), "follow the message; your trackers are not affected")
        return
    with closing(store):
        try:
            with store.reading():
                encoding = store.encoding()
                yield Diagnostic(
                    "index", "ok", f"{url}: {counted(store.n_records(), 'record')}, {encoding.model}"
                )
                yield _server(store)
                yield _publication(store, encoding)
                yield from _model(store, encoding)
                yield from trainings(local_folder(url))
                yield from contents(store)
            if read_data:
                yield from _pages(store)
                with store.reading():
                    yield from _data(store, encoding)
        except DupfindError as error:
            yield Diagnostic("index", "bad", str(error), f"follow the message, else {_RESTORE}")


def _server(store: "PostgresStore") -> Diagnostic:
    [(server, extension)] = store.connection.run(
        "SELECT current_setting('server_version'),"
        " (SELECT extversion FROM pg_extension WHERE extname = 'vector')"
    ).fetchall()
    return Diagnostic("server", "ok", f"PostgreSQL {server}, pgvector {extension}")


def _publication(store: "PostgresStore", encoding: "Encoding") -> Diagnostic:
    from dupfind.postgresql.publish import GRAPH, has_graph, newest
    from dupfind.storage.vector_segments import RECALL_FLOOR

    published = newest(store, encoding.id)
    if published is None:
        return Diagnostic("vectors for the search", "ok", "none were published yet")
    found = f"{published.n_rows:,} in publication {published.generation}, {published.kind}"
    if published.kind == GRAPH and not has_graph(store, encoding.id):
        return Diagnostic(
            "vectors for the search",
            "note",
            f"{found}, and the graph is missing: every query compares all",
            "run `dupfind index SOURCE` to make it again",
        )
    if published.recall < RECALL_FLOOR:
        return Diagnostic(
            "vectors for the search",
            "note",
            f"{found}, recall {published.recall:.1%}",
            f"{_REBUILD} makes it anew",
        )
    return Diagnostic("vectors for the search", "ok", found)


def _model(store: "PostgresStore", encoding: "Encoding") -> Iterator[Diagnostic]:
    from dupfind.postgresql.model_files import shared_model
    from dupfind.storage.model_copy import check_text_version, verify_model

    try:
        check_text_version(encoding, store.connection.url)
        if encoding.model_folder is not None:
            model = shared_model(store, encoding)
            verify_model(encoding, model)
            yield Diagnostic("model of the index", "ok", str(model.path))
    except DupfindError as error:
        yield Diagnostic("model of the index", "bad", str(error), f"{_REBUILD} --model {encoding.model}")


def _pages(store: "PostgresStore") -> Iterator[Diagnostic]:
    from dupfind.postgresql import verification

    faults = list(verification.unread_tables(store))
    if faults:
        yield Diagnostic("database pages", "bad", first(faults), _RESTORE)
    elif verification.has_page_checksums(store):
        yield Diagnostic("database pages", "ok", "every page was read, and fits its checksum")
    else:
        yield Diagnostic(
            "database pages",
            "note",
            "every page was read; the server has no checksums of them",
            "let the server's owner stop it and run `pg_checksums --enable`",
        )


def _data(store: "PostgresStore", encoding: "Encoding") -> Iterator[Diagnostic]:
    from dupfind.postgresql import verification
    from dupfind.storage.stored_vectors import damaged_embeddings

    try:
        words = _rows(
            "words", verification.wrong_words(store), "every word, length and term is that of its text"
        )
    except sqlite3.DatabaseError as error:
        words = Diagnostic("words", "bad", str(error), _REBUILD)
    yield words
    n_damaged = sum(1 for _ in damaged_embeddings(store))
    if n_damaged:
        yield Diagnostic("vectors", "bad", f"{n_damaged:,} are damaged", _REBUILD)
    else:
        yield Diagnostic("vectors", "ok", "every checksum fits")
        yield _rows(
            "vectors of texts",
            verification.wrong_vectors(store, encoding),
            "every vector is that of its text",
        )
        yield _rows(
            "half vectors", verification.wrong_halves(store, encoding), "every one is that of its vector"
        )
    faults = list(verification.wrong_models(store))
    yield Diagnostic(
        "files of models",
        "bad" if faults else "ok",
        first(faults) or "every file in the database has its hash",
        f"{_REBUILD} --model {encoding.model}" if faults else "",
    )


def _rows(about: str, wrong: Set[int], fine: str) -> Diagnostic:
    if not wrong:
        return Diagnostic(about, "ok", fine)
    rows = first([str(row) for row in sorted(wrong)])
    is_one = len(wrong) == 1
    return Diagnostic(
        about, "bad", f"{counted(len(wrong), 'row')} {'is' if is_one else 'are'} damaged: {rows}", _REBUILD
    )
