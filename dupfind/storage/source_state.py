"""The sources of a collection: how each was read, its runs, and where its next run starts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dupfind.records import storable
from dupfind.storage import duplicate_links, hidden_rows
from dupfind.storage.line_rows import SourceLines
from dupfind.storage.record_rows import insert
from dupfind.storage.snapshot_rows import forget_words
from dupfind.storage.store import Store
from dupfind.storage.stored_times import timestamp
from dupfind.storage.stored_values import stored_json
from dupfind.storage.word_index import word_index

if TYPE_CHECKING:
    from dupfind.storage.writer import Writer


_JUDGING = ("strict", "accept")
"""Options that say when a reading is refused, and not what is read."""


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """One source of a collection, and its last run."""

    name: str
    kind: str
    location: str
    records: int
    marked_pairs: int
    boilerplate: int
    """Number of boilerplate lines and labels, which are left out of its records' texts."""
    unsettled: int
    """Records whose texts are of another boilerplate; the next run of the source composes them again."""
    last_run: dict[str, Any] | None
    includes_restricted: bool = False
    """Whether issues that the tracker shows to some people only are among its records."""
    elsewhere: int = 0
    """Records that another source has newer, and that are not among `records`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a source was last read.

    Attributes:
        name: Name of the source.
        kind: Its format, such as "markdown".
        location: Path or URL.
        mapping: The user's options for the reader.
        cursor: Where the next run starts, for a source that reports changes.
    """

    name: str
    kind: str
    location: str
    mapping: Mapping[str, Any]
    cursor: str | None


def names(store: Store) -> list[str]:
    """Return the names of the sources, in the order of their first runs."""
    return [
        name
        for (name,) in store.connection.execute("SELECT name FROM source WHERE kind <> 'removed' ORDER BY id")
    ]


def kinds(store: Store) -> dict[str, str]:
    """Return the kind of each source by its name."""
    return dict(store.connection.execute("SELECT name, kind FROM source WHERE kind <> 'removed'").fetchall())


def summaries(store: Store) -> list[SourceSummary]:
    """Return each source with its counts, in the order of their first runs."""
    return [
        SourceSummary(
            name,
            kind,
            location,
            records,
            len(duplicate_links.pairs(store, source_id)),
            len(boilerplate := store.boilerplate(source_id)),
            len(SourceLines.read(store, source_id).stale(boilerplate)),
            _last_run(store, source_id),
            bool(stored_json(mapping).get("include_restricted")),
            hidden_rows.n_hidden(store, source_id),
        )
        for source_id, name, kind, location, mapping, records in store.connection.execute(
            "SELECT id, name, kind, location, mapping,"
            " (SELECT count(*) FROM record WHERE source_id = source.id AND died IS NULL) FROM source"
            " WHERE kind <> 'removed' ORDER BY id"
        ).fetchall()
    ]


def locations(store: Store) -> dict[str, str]:
    """Return the name of each source by its location."""
    return dict(
        store.connection.execute("SELECT location, name FROM source WHERE kind <> 'removed'").fetchall()
    )


def source_ids(store: Store) -> dict[str, int]:
    """Return the id of each source by its name."""
    return dict(store.connection.execute("SELECT name, id FROM source WHERE kind <> 'removed'").fetchall())


def readings(store: Store) -> list[Reading]:
    """Return how each source was last read, in the order of their first runs."""
    return [
        Reading(name, kind, location, stored_json(mapping), cursor)
        for name, kind, location, mapping, cursor in store.connection.execute(
            "SELECT name, kind, location, mapping, document FROM source LEFT JOIN cursor ON source_id = id"
            " WHERE kind <> 'removed' ORDER BY id"
        )
    ]


def read_at(store: Store) -> str | None:
    """Return the time to which every source was read whole, in ISO 8601: that of the source read longest ago.

    None where a source was never read to its end.
    """
    times = [
        finished
        for (finished,) in store.connection.execute(
            "SELECT (SELECT max(finished) FROM run WHERE source_id = s.id AND status = 'complete') FROM source s"
            " WHERE kind <> 'removed'"
        )
    ]
    return min(times) if times and all(times) else None


def _last_run(store: Store, source_id: int) -> dict[str, Any] | None:
    row = store.connection.execute(
        "SELECT started, finished, status, counts FROM run WHERE source_id = ? ORDER BY id DESC LIMIT 1",
        (source_id,),
    ).fetchone()
    if row is None:
        return None
    return {"started": row[0], "finished": row[1], "status": row[2], **stored_json(row[3])}


def same_options(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two choices of options read the same issues; an option that is off may be missing."""
    first, second = (
        {name: value for name, value in options.items() if value and name not in _JUDGING}
        for options in (one, other)
    )
    return first == second


def remember(
    writer: "Writer", name: str, kind: str, location: str, mapping: Mapping[str, str | bool | None]
) -> int:
    """Store how a source is read this time, and return its id.

    With another choice of what is read than before, its cursor is dropped: other issues may be among those that did
    not change.

    Raises:
        StoreLocked: Another process writes to the source; nothing was changed.
    """
    known = writer.connection.execute("SELECT id FROM source WHERE name = ?", (storable(name),)).fetchone()
    if known is not None:
        writer.lock_source(known[0])
    with writer.changing():
        stored = writer.connection.execute(
            "SELECT id, mapping FROM source WHERE name = ?", (storable(name),)
        ).fetchone()
        if stored is not None and known is None:
            writer.lock_source(stored[0])  # another process has made it meanwhile
        if stored is not None and not same_options(stored_json(stored[1]), mapping):
            writer.connection.execute("DELETE FROM cursor WHERE source_id = ?", stored[:1])
        writer.connection.execute(
            # OR REPLACE would change the id, to which records refer.
            "INSERT INTO source (name, kind, location, mapping) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
            " SET kind = excluded.kind, location = excluded.location, mapping = excluded.mapping",
            (storable(name), kind, storable(location), json.dumps(mapping)),
        )
    return writer.one("SELECT id FROM source WHERE name = ?", (storable(name),))


def remove(writer: "Writer", source_id: int) -> None:
    """Forget how a source is read, and erase the texts of its records, which are all deleted.

    Of the kind "removed", it is neither listed nor read again. Its row and those of its records stay, because
    snapshots and decisions refer to them. A further `remember` makes it a source again.
    """
    with writer.changing():
        writer.connection.execute(
            "UPDATE record SET title = '', body = '', url = NULL, text_fingerprint = '' WHERE source_id = ?",
            (source_id,),
        )
        writer.connection.execute(
            "DELETE FROM mark WHERE row_id IN (SELECT row_id FROM record WHERE source_id = ?)", (source_id,)
        )
        writer.connection.execute("DELETE FROM boilerplate WHERE source_id = ?", (source_id,))
        writer.connection.execute("DELETE FROM cursor WHERE source_id = ?", (source_id,))
        writer.connection.execute(
            "UPDATE source SET kind = 'removed', location = '', mapping = '{}' WHERE id = ?", (source_id,)
        )
        forget_words(writer)  # the next publication writes them without this source
        word_index(writer.connection).erase_deleted()


def start(writer: "Writer", source_id: int, now: datetime) -> int:
    """Store the start of a run, mark earlier unfinished runs as interrupted, and return the new run's id."""
    writer.lock_source(source_id)
    with writer.changing():
        writer.connection.execute(
            # Of other sources, too, where no other writer can be at work.
            "UPDATE run SET status = 'interrupted' WHERE status = 'running' AND (? OR source_id = ?)",
            (writer.is_alone, source_id),
        )
        run_id = insert(
            writer,
            "INSERT INTO run (source_id, started, status, counts) VALUES (?, ?, 'running', '{}')",
            (source_id, timestamp(now)),
        )
    writer.connection.execute("DELETE FROM temp.seen")  # of an earlier run on this connection
    hidden_rows.look_up(writer, source_id)
    return run_id


def finish(writer: "Writer", run_id: int, status: str, counts: Mapping[str, Any], now: datetime) -> None:
    """Store how a run ended: "complete", "interrupted" or "failed"."""
    with writer.changing():
        writer.connection.execute(
            "UPDATE run SET finished = ?, status = ?, counts = ? WHERE id = ?",
            (timestamp(now), status, json.dumps(counts), run_id),
        )


def keep_cursor(writer: "Writer", source_id: int, document: str) -> None:
    """Store where the next run of a source starts; all records before that are committed."""
    with writer.changing():
        writer.connection.execute(
            "INSERT INTO cursor (source_id, document) VALUES (?, ?)"
            " ON CONFLICT (source_id) DO UPDATE SET document = excluded.document",
            (source_id, document),
        )
