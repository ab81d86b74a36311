"""Read beads databases, which were SQLite up to version 0.50."""

from collections.abc import Iterator

from dupfind.records import Record, Ref
from dupfind.sources.coerce import moment, quantity, state, text
from dupfind.sources.databases.comment_rows import comments_by_issue, cut
from dupfind.sources.databases.connection import Database, Tables, group_rows, has


def detect(tables: Tables) -> bool:
    """Return whether these are the tables of beads."""
    return has(tables, "issues", "content_hash", "description", "acceptance_criteria", "issue_type") and has(
        tables, "dependencies", "issue_id", "depends_on_id", "type"
    )


def count(database: Database) -> int:
    """Count the issues that are not deleted."""
    return database.number("SELECT count(*) FROM issues WHERE status IS NULL OR status <> 'tombstone'")


def read(database: Database) -> Iterator[Record]:
    """Read the issues that are not deleted; the body joins all text fields, a paragraph each."""

    def column_or_null(column: str) -> str:
        return database.column_or_null("issues", column, "i")

    rows = database.rows(f"""
        SELECT i.id, i.title, i.status, {column_or_null("created_at")}, {column_or_null("updated_at")},
            {column_or_null("closed_at")}, l.n_children, l.n_references,
            i.description, {column_or_null("design")}, i.acceptance_criteria, {column_or_null("notes")}, d.depends_on_id
        FROM issues i
        LEFT JOIN (
            SELECT e.depends_on_id AS target, sum(CASE WHEN e.type = 'parent-child' THEN 1 ELSE 0 END) AS n_children,
                sum(CASE WHEN e.type IN ('parent-child', 'duplicates') THEN 0 ELSE 1 END) AS n_references
            FROM dependencies e JOIN issues o ON o.id = e.issue_id AND (o.status IS NULL OR o.status <> 'tombstone')
            WHERE e.issue_id <> e.depends_on_id
            GROUP BY e.depends_on_id
        ) l ON l.target = i.id
        LEFT JOIN dependencies d ON d.issue_id = i.id AND d.type = 'duplicates'
        WHERE i.status IS NULL OR i.status <> 'tombstone'
        ORDER BY i.id, d.depends_on_id""")  # noqa: S608 (column names of the schema, quoted)
    with comments_by_issue(database, _comments(database)) as comments_of:
        for issue, originals in group_rows(rows, n_own=12):
            id, title, status, created, updated, closed, n_children, n_references, *texts = issue
            own_id = text(id)
            yield Record(
                id=own_id,
                title=text(title),
                body="\n\n".join(part for part in map(text, texts) if part.strip()),
                source=database.source,
                state=None if status is None else state(status) or "open",
                created=moment(created),
                updated=moment(updated),
                duplicate_of=tuple(
                    Ref(None, text(original)) for (original,) in originals if text(original) != own_id
                ),
                closed=moment(closed),
                n_children=quantity(n_children),
                n_responses=quantity(n_references),
                comments=comments_of(id),
            )


def _comments(database: Database) -> str | None:
    """Return SQL for the comments on the issues that are not deleted."""
    if not has(database.tables, "comments", "id", "issue_id", "text"):
        return None
    return f"""
        SELECT i.id, {cut("c.text")}, {database.column_or_null("comments", "created_at", "c")}, 0
        FROM issues i JOIN comments c ON c.issue_id = i.id
        WHERE (i.status IS NULL OR i.status <> 'tombstone') AND c.text <> ''
        ORDER BY i.id, c.id"""  # noqa: S608 (column names of the schema, quoted)
