"""Read Bugzilla databases: public bugs and the table of duplicates."""

from collections.abc import Iterator

from dupfind.records import Record, Ref
from dupfind.sources.coerce import flag, moment, optional, quantity, text, word
from dupfind.sources.databases.comment_rows import comments_by_issue, cut
from dupfind.sources.databases.connection import Database, Tables, group_rows, has
from dupfind.sources.entries import Entry, LeftOut


def detect(tables: Tables) -> bool:
    """Return whether these are Bugzilla's tables."""
    return (
        has(tables, "bugs", "bug_id", "short_desc", "bug_status")
        and has(tables, "longdescs", "comment_id", "bug_id", "thetext")
        and has(tables, "duplicates", "dupe_of", "dupe")
    )


def count(database: Database) -> int:
    """Count the bugs, including those of closed groups."""
    return database.number("SELECT count(*) FROM bugs")


def read(database: Database) -> Iterator[Entry]:
    """Read the bugs, those of a group marked as restricted; the body is the first comment, unless it is private.

    Dates are in the server's zone, which the database does not name: they are taken as UTC.
    """
    of_group = "0"
    if has(database.tables, "bug_group_map", "bug_id"):
        of_group = "CASE WHEN b.bug_id IN (SELECT bug_id FROM bug_group_map) THEN 1 ELSE 0 END"
    rows = database.rows(f"""
        SELECT b.bug_id, b.short_desc, b.bug_status, b.resolution, b.creation_ts, b.delta_ts,
            {database.column_or_null("bugs", "cf_last_resolved", "b")},
            {database.column_or_null("bugs", "votes", "b")}, f.n_comments, p.name,
            l.thetext, l.isprivate, {of_group}, d.dupe_of, t.bug_id, q.name
        FROM bugs b
        LEFT JOIN products p ON p.id = b.product_id
        LEFT JOIN (
            SELECT bug_id, min(comment_id) AS comment_id, count(*) AS n_comments FROM longdescs GROUP BY bug_id
        ) f ON f.bug_id = b.bug_id
        LEFT JOIN longdescs l ON l.comment_id = f.comment_id
        LEFT JOIN duplicates d ON d.dupe = b.bug_id
        LEFT JOIN bugs t ON t.bug_id = d.dupe_of
        LEFT JOIN products q ON q.id = t.product_id
        ORDER BY b.bug_id""")  # noqa: S608 (no names from outside)
    with comments_by_issue(database, _comments(database)) as comments_of:
        for bug, originals in group_rows(rows, n_own=13):
            id, summary, _, resolution, created, changed, closed, n_votes, n_comments, *more = bug
            product, body, is_private, is_of_group = more
            own_ref = Ref(optional(product), text(id))
            # A deleted target has no product any more; assume the same product.
            refs = [
                Ref(own_ref.project if target_id is None else optional(target_product), text(target))
                for target, target_id, target_product in originals
            ]
            record = Record(
                id=own_ref.id,
                title=text(summary),
                body="" if flag(is_private) else text(body),
                source=database.source,
                project=own_ref.project,
                state="closed"
                if optional(resolution)
                else "open",  # each site's statuses are its own, this is not
                resolution=word(resolution),
                created=moment(created),
                updated=moment(changed),
                duplicate_of=tuple(dict.fromkeys(ref for ref in refs if ref != own_ref)),
                closed=moment(closed),
                n_responses=max(0, quantity(n_comments) - 1)
                + quantity(n_votes),  # the first comment is the body
                comments=comments_of(id),
            )
            yield LeftOut("restricted", record=record) if is_of_group else record


def _comments(database: Database) -> str:
    """Return SQL for the comments on all bugs after the first, which is the body."""
    return f"""
        SELECT l.bug_id, {cut("l.thetext")}, {database.column_or_null("longdescs", "bug_when", "l")}, l.isprivate
        FROM bugs b
        JOIN (SELECT bug_id, min(comment_id) AS comment_id FROM longdescs GROUP BY bug_id) f ON f.bug_id = b.bug_id
        JOIN longdescs l ON l.bug_id = b.bug_id AND l.comment_id <> f.comment_id
        WHERE l.thetext <> ''
        ORDER BY b.bug_id, l.comment_id"""  # noqa: S608 (no names from outside)
