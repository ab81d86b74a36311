"""Read MantisBT databases: public issues and their relationships."""

from collections.abc import Iterator

from dupfind.records import Record, Ref
from dupfind.sources.coerce import moment, optional, quantity, text
from dupfind.sources.databases.comment_rows import comments_by_issue, cut
from dupfind.sources.databases.connection import Database, Tables, group_rows, has
from dupfind.sources.entries import Entry, LeftOut

PUBLIC = 10
"""The view state of what everybody may see."""
RESOLVED = 80
"""The status from which an issue is closed; 90 is "closed", and sites put their own between."""
_DUPLICATE_OF = 0  # relationship; its reverse is turned round before it is stored
_PARENT_OF = 2
RESOLUTIONS = {
    20: "fixed",
    30: "reopened",
    40: "unable to reproduce",
    50: "not fixable",
    60: "duplicate",
    70: "no change required",
    80: "suspended",
    90: "won't fix",
}
"""Resolutions by number, 10, which is "open", left out."""


def detect(tables: Tables) -> bool:
    """Return whether these are MantisBT's tables; each site chooses a prefix and a suffix of their names."""
    return _bug_table(tables) is not None


def count(database: Database) -> int:
    """Count the issues, including private ones."""
    return database.number(f"SELECT count(*) FROM {_table(database, 'bug')}")  # noqa: S608


def read(database: Database) -> Iterator[Entry]:
    """Read the issues, private ones marked as restricted; the body joins the reporter's texts, a paragraph each."""
    n_notes, notes = "NULL", ""
    if _has_notes(database):
        n_notes = "n.n_notes"
        notes = f"""LEFT JOIN (
            SELECT bug_id, count(*) AS n_notes FROM {_table(database, "bugnote")} GROUP BY bug_id
        ) n ON n.bug_id = b.id"""  # noqa: S608 (names of the schema, quoted)
    rows = database.rows(f"""
        SELECT b.id, b.summary, b.status, b.resolution, b.date_submitted, b.last_updated, b.view_state,
            k.n_children, {n_notes}, p.name, t.description, t.steps_to_reproduce, t.additional_information,
            r.destination_bug_id, o.id, q.name
        FROM {_table(database, "bug")} b
        LEFT JOIN {_table(database, "bug_text")} t ON t.id = b.bug_text_id
        LEFT JOIN {_table(database, "project")} p ON p.id = b.project_id
        LEFT JOIN (
            SELECT source_bug_id, count(*) AS n_children FROM {_table(database, "bug_relationship")}
            WHERE relationship_type = {_PARENT_OF} GROUP BY source_bug_id
        ) k ON k.source_bug_id = b.id
        {notes}
        LEFT JOIN {_table(database, "bug_relationship")} r
            ON r.source_bug_id = b.id AND r.relationship_type = {_DUPLICATE_OF}
        LEFT JOIN {_table(database, "bug")} o ON o.id = r.destination_bug_id
        LEFT JOIN {_table(database, "project")} q ON q.id = o.project_id
        ORDER BY b.id, r.destination_bug_id""")  # noqa: S608 (names of the schema, quoted)
    with comments_by_issue(database, _comments(database)) as comments_of:
        for issue, targets in group_rows(rows, n_own=13):
            id, summary, status, resolution, submitted, updated, view, n_children, n_comments, *more = issue
            project, *texts = more
            own_ref = Ref(optional(project), text(id))
            # A deleted target has no project any more; assume the same project.
            refs = [
                Ref(own_ref.project if target_id is None else optional(target_project), text(target))
                for target, target_id, target_project in targets
            ]
            record = Record(
                id=own_ref.id,
                title=text(summary),
                body="\n\n".join(part for part in map(text, texts) if part.strip()),
                source=database.source,
                project=own_ref.project,
                state="closed" if quantity(status) >= RESOLVED else "open",
                resolution=RESOLUTIONS.get(resolution),
                created=moment(submitted),
                updated=moment(updated),
                duplicate_of=tuple(dict.fromkeys(ref for ref in refs if ref != own_ref)),
                n_children=quantity(n_children),
                n_responses=quantity(n_comments),
                comments=comments_of(id),
            )
            yield LeftOut("restricted", record=record) if quantity(view) != PUBLIC else record


def _comments(database: Database) -> str | None:
    """Return SQL for the notes on all issues; the text of a note is in a table of its own."""
    tables = [_name(database, kind) for kind in ("bugnote", "bugnote_text")]
    if not has(database.tables, tables[0], "id", "bug_id", "bugnote_text_id", "view_state") or not has(
        database.tables, tables[1], "id", "note"
    ):
        return None
    notes, texts = map(database.quoted, tables)
    return f"""
        SELECT b.id, {cut("t.note")}, {database.column_or_null(tables[0], "date_submitted", "n")},
            CASE WHEN n.view_state = {PUBLIC} THEN 0 ELSE 1 END
        FROM {_table(database, "bug")} b
        JOIN {notes} n ON n.bug_id = b.id
        JOIN {texts} t ON t.id = n.bugnote_text_id
        WHERE t.note <> ''
        ORDER BY b.id, n.id"""  # noqa: S608 (names of the schema, quoted)


def _bug_table(tables: Tables) -> str | None:
    """Return the name of the table of issues; the other tables share its prefix and suffix."""
    for name in tables:
        if has(tables, name, "summary", "bug_text_id", "view_state") and "bug" in name:
            before, _, after = name.rpartition("bug")
            if all(
                f"{before}{kind}{after}" in tables for kind in ("bug_text", "bug_relationship", "project")
            ):
                return name
    return None


def _has_notes(database: Database) -> bool:
    """Return whether there is a table with the notes on issues."""
    return has(database.tables, _name(database, "bugnote"), "bug_id")


def _table(database: Database, kind: str) -> str:
    """Return the quoted name of a table: by default "bug" is mantis_bug_table."""
    return database.quoted(_name(database, kind))


def _name(database: Database, kind: str) -> str:
    """Return the name of a table, which may not be there."""
    before, _, after = (_bug_table(database.tables) or "").rpartition("bug")
    return f"{before}{kind}{after}"
