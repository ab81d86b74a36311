"""beads, as long as it kept its issues in SQLite (up to version 0.50)."""

from collections.abc import Iterator

from dupfind.records import Record, Ref
from dupfind.sources.coerce import moment, state, text
from dupfind.sources.databases.connection import Database, Tables, has, joined


def detect(tables: Tables) -> bool:
    """Whether these are the tables of beads."""
    return has(tables, "issues", "content_hash", "description", "acceptance_criteria", "issue_type") and has(
        tables, "dependencies", "issue_id", "depends_on_id", "type"
    )


def count(database: Database) -> int:
    """How many issues are not deleted."""
    return database.number("SELECT count(*) FROM issues WHERE status IS NULL OR status <> 'tombstone'")


def read(database: Database) -> Iterator[Record]:
    """Read the issues that are not deleted; the body is all that they say, a paragraph each."""

    def given(column: str) -> str:
        return database.given("issues", column, "i")

    rows = database.rows(f"""
        SELECT i.id, i.title, i.status, {given("created_at")}, {given("updated_at")},
            i.description, {given("design")}, i.acceptance_criteria, {given("notes")}, d.depends_on_id
        FROM issues i
        LEFT JOIN dependencies d ON d.issue_id = i.id AND d.type = 'duplicates'
        WHERE i.status IS NULL OR i.status <> 'tombstone'
        ORDER BY i.id, d.depends_on_id""")  # noqa: S608 (column names of the schema, quoted)
    for (id, title, status, created, updated, *texts), originals in joined(rows, own=9):
        own = text(id)
        yield Record(
            id=own,
            title=text(title),
            body="\n\n".join(said for said in map(text, texts) if said.strip()),
            source=database.source,
            state=None if status is None else state(status) or "open",
            created=moment(created),
            updated=moment(updated),
            duplicate_of=tuple(
                Ref(None, text(original)) for (original,) in originals if text(original) != own
            ),
        )
