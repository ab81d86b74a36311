"""Read Fossil repositories: tickets, and comments that name a duplicate by a prefix of its id."""

from collections.abc import Iterator

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import julian, state, text, word
from dupfind.sources.databases.comment_rows import comments_by_issue, cut
from dupfind.sources.databases.connection import Database, Tables, group_rows, has
from dupfind.sources.issue_mentions import Mention
from dupfind.sources.json_formats.comments import originals_from


def detect(tables: Tables) -> bool:
    """Return whether Fossil's ticket table is there; each project chooses its columns without the prefix tkt_."""
    return has(tables, "ticket", "tkt_id", "tkt_uuid", "tkt_mtime")


def count(database: Database) -> int:
    """Count the tickets."""
    return database.number("SELECT count(*) FROM ticket")


def read(database: Database) -> Iterator[Record]:
    """Read the tickets; comments of a ticket closed as a duplicate may name its originals."""

    def column_or_null(column: str) -> str:
        return database.column_or_null("ticket", column, "t")

    comment, join = "NULL, NULL", ""
    if (
        has(database.tables, "ticketchng", "tkt_id", "tkt_mtime", "icomment")
        and column_or_null("resolution") != "NULL"
    ):
        comment = "c.icomment, c.tkt_mtime"
        join = "LEFT JOIN ticketchng c ON c.tkt_id = t.tkt_id AND lower(t.resolution) = 'duplicate'"
    rows = database.rows(f"""
        SELECT t.tkt_id, t.tkt_uuid, {column_or_null("title")}, {column_or_null("comment")}, {column_or_null("status")},
            {column_or_null("resolution")}, {column_or_null("tkt_ctime")}, t.tkt_mtime, {comment}
        FROM ticket t {join}
        ORDER BY t.tkt_id{", c.tkt_mtime" if join else ""}""")  # noqa: S608 (column names of the schema, quoted)

    def resolve(mention: Mention) -> Ref | None:
        return _resolve(mention, database)

    with comments_by_issue(database, _comments(database), dates=julian) as comments_of:
        for (id, uuid, title, body, status, resolution, created, changed), comments in group_rows(
            rows, n_own=8
        ):
            own_ref = Ref(None, text(uuid))
            originals: tuple[Ref, ...] = ()
            if word(resolution) == "duplicate":
                said = [Comment(text(comment), julian(at)) for comment, at in comments]
                originals = originals_from(said, own_ref, resolve, body=text(body))
            yield Record(
                id=own_ref.id,
                title=text(title),
                body=text(body),
                source=database.source,
                state=state(status),
                resolution=word(resolution),
                created=julian(created),
                updated=julian(changed),
                duplicate_of=originals,
                comments=comments_of(id),
            )


def _comments(database: Database) -> str | None:
    """Return SQL for the comments on all tickets."""
    if not has(database.tables, "ticketchng", "tkt_id", "tkt_mtime", "icomment"):
        return None
    return f"""
        SELECT t.tkt_id, {cut("c.icomment")}, c.tkt_mtime, 0
        FROM ticket t JOIN ticketchng c ON c.tkt_id = t.tkt_id
        WHERE c.icomment <> ''
        ORDER BY t.tkt_id, c.tkt_mtime"""  # noqa: S608 (no names from outside)


def _resolve(mention: Mention, database: Database) -> Ref | None:
    """Return the only ticket whose id begins with the mentioned prefix, or None."""
    # Fossil accepts prefixes of at least 4 digits.
    if mention.form not in ("hex", "url") or len(mention.id) < 4 or not mention.id.isalnum():
        return None
    # "g" comes after every hexadecimal digit.
    matches = database.rows(
        "SELECT tkt_uuid FROM ticket WHERE tkt_uuid >= :first AND tkt_uuid < :last LIMIT 2",
        first=mention.id.lower(),
        last=f"{mention.id.lower()}g",
    )
    uuids = [text(uuid) for (uuid,) in matches]
    return Ref(None, uuids[0]) if len(uuids) == 1 else None
