"""Read Trac databases: tickets, and comments that name duplicates."""

from collections.abc import Iterator

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, quantity, text, word
from dupfind.sources.databases.comment_rows import comments_by_issue, cut
from dupfind.sources.databases.connection import Database, Tables, group_rows, has
from dupfind.sources.issue_mentions import Mention
from dupfind.sources.json_formats.comments import originals_from
from dupfind.sources.markup import trac


def detect(tables: Tables) -> bool:
    """Return whether these are Trac's tables."""
    return (
        has(tables, "ticket", "summary", "description", "resolution", "time", "changetime")
        and has(tables, "ticket_change", "ticket", "field", "newvalue")
        and has(tables, "system", "name", "value")
    )


def count(database: Database) -> int:
    """Count the tickets."""
    return database.number("SELECT count(*) FROM ticket")


def read(database: Database) -> Iterator[Record]:
    """Read the tickets; comments of a ticket closed as a duplicate may name its originals."""
    rows = database.rows("""
        SELECT t.id, t.summary, t.description, t.status, t.resolution, t.time, t.changetime,
            h.closed, h.n_comments, c.newvalue, c.time
        FROM ticket t
        LEFT JOIN (
            SELECT g.ticket, max(CASE WHEN g.field = 'status' AND g.newvalue = 'closed' THEN g.time END) AS closed,
                sum(CASE WHEN g.field = 'comment' AND g.newvalue <> '' THEN 1 ELSE 0 END) AS n_comments
            FROM ticket_change g GROUP BY g.ticket
        ) h ON h.ticket = t.id
        LEFT JOIN ticket_change c
            ON c.ticket = t.id AND c.field = 'comment' AND t.status = 'closed' AND t.resolution = 'duplicate'
        ORDER BY t.id, c.time""")
    with comments_by_issue(database, _comments(database), markup=trac.as_text) as comments_of:
        for ticket, comments in group_rows(rows, n_own=9):
            id, summary, description, status, resolution, created, changed, closed, n_comments = ticket
            own_ref = Ref(None, text(id))
            originals: tuple[Ref, ...] = ()
            if status == "closed" and resolution == "duplicate":
                said = [Comment(text(comment), moment(at)) for comment, at in comments]
                originals = originals_from(
                    said, own_ref, _resolve, closed=moment(closed), body=text(description)
                )
            yield Record(
                id=own_ref.id,
                title=text(summary),
                body=trac.as_text(text(description)),
                source=database.source,
                state="closed" if status == "closed" else "open",
                resolution=word(resolution),
                created=moment(created),
                updated=moment(changed),
                duplicate_of=originals,
                closed=moment(closed),
                n_responses=quantity(n_comments),
                comments=comments_of(id),
            )


def _comments(_: Database) -> str:
    """Return SQL for the comments on all tickets."""
    return f"""
        SELECT t.id, {cut("c.newvalue")}, c.time, 0
        FROM ticket t JOIN ticket_change c ON c.ticket = t.id AND c.field = 'comment'
        WHERE c.newvalue <> ''
        ORDER BY t.id, c.time"""  # noqa: S608 (no names from outside)


def _resolve(mention: Mention) -> Ref | None:
    """Return the ticket with a number; the database does not name its own address, so any issue's URL counts."""
    return Ref(None, mention.id) if mention.form in ("number", "url") and mention.id.isdecimal() else None
