"""Read Redmine databases: issues and the relations that mark duplicates."""

from collections.abc import Iterator

from dupfind.records import Record, Ref
from dupfind.sources.coerce import flag, moment, optional, quantity, text
from dupfind.sources.databases.comment_rows import comments_by_issue, cut
from dupfind.sources.databases.connection import Database, Tables, group_rows, has
from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.markup import textile


def detect(tables: Tables) -> bool:
    """Return whether these are Redmine's tables."""
    return has(tables, "issues", "subject", "tracker_id", "status_id", "lft") and has(
        tables, "issue_relations", "issue_from_id", "issue_to_id", "relation_type"
    )


def count(database: Database) -> int:
    """Count the issues, including private ones."""
    return database.number("SELECT count(*) FROM issues")


def read(database: Database) -> Iterator[Entry]:
    """Read the issues; private ones are marked as restricted."""
    settings = _settings(database)
    base = _base_url(settings)
    is_markdown = settings.get("text_formatting") in ("markdown", "common_mark")
    n_notes, notes = "NULL", ""
    if has(database.tables, "journals", "journalized_id", "journalized_type", "notes"):
        n_notes = "n.n_notes"
        notes = """LEFT JOIN (
            SELECT journalized_id, count(*) AS n_notes FROM journals
            WHERE journalized_type = 'Issue' AND notes <> '' GROUP BY journalized_id
        ) n ON n.journalized_id = i.id"""
    n_children, children = "NULL", ""
    if has(database.tables, "issues", "parent_id"):
        n_children = "k.n_children"
        children = """LEFT JOIN (
            SELECT parent_id, count(*) AS n_children FROM issues WHERE parent_id IS NOT NULL GROUP BY parent_id
        ) k ON k.parent_id = i.id"""
    rows = database.rows(f"""
        SELECT i.id, i.subject, i.description, s.is_closed, i.created_on, i.updated_on, p.identifier, p.name,
            {database.column_or_null("issues", "is_private", "i")},
            {database.column_or_null("issues", "closed_on", "i")}, {n_children}, {n_notes},
            r.issue_to_id, q.id, q.identifier, q.name
        FROM issues i
        LEFT JOIN issue_statuses s ON s.id = i.status_id
        LEFT JOIN projects p ON p.id = i.project_id
        {children}
        {notes}
        LEFT JOIN issue_relations r ON r.issue_from_id = i.id AND r.relation_type = 'duplicates'
        LEFT JOIN issues t ON t.id = r.issue_to_id
        LEFT JOIN projects q ON q.id = t.project_id
        ORDER BY i.id, r.id""")  # noqa: S608 (a column name of the schema, quoted)
    markup = str if is_markdown else textile.as_text
    with comments_by_issue(database, _comments(database), markup=markup) as comments_of:
        for issue, targets in group_rows(rows, n_own=12):
            id, subject, description, is_closed, created, updated, key, name, is_private, *more = issue
            closed, n_parts, n_comments = more
            own_ref = Ref(optional(key) or optional(name), text(id))
            # A deleted target has no project any more; assume the same project.
            originals = [
                Ref(
                    own_ref.project if project is None else optional(target_key) or optional(target_name),
                    text(target),
                )
                for target, project, target_key, target_name in targets
            ]
            record = Record(
                id=own_ref.id,
                title=text(subject),
                body=text(description) if is_markdown else textile.as_text(text(description)),
                source=database.source,
                project=own_ref.project,
                state=None if is_closed is None else "closed" if flag(is_closed) else "open",
                created=moment(created),
                updated=moment(updated),
                url=None if base is None else f"{base}/issues/{own_ref.id}",
                duplicate_of=tuple(dict.fromkeys(ref for ref in originals if ref != own_ref)),
                closed=moment(closed),
                n_children=quantity(n_parts),
                n_responses=quantity(n_comments),
                comments=comments_of(id),
            )
            yield LeftOut("restricted", record=record) if flag(is_private) else record


def _comments(database: Database) -> str | None:
    """Return SQL for the notes on all issues."""
    if not has(database.tables, "journals", "journalized_id", "journalized_type", "notes"):
        return None
    return f"""
        SELECT i.id, {cut("j.notes")}, {database.column_or_null("journals", "created_on", "j")},
            {database.column_or_null("journals", "private_notes", "j")}
        FROM issues i JOIN journals j ON j.journalized_id = i.id AND j.journalized_type = 'Issue'
        WHERE j.notes <> ''
        ORDER BY i.id, j.id"""  # noqa: S608 (column names of the schema, quoted)


def _settings(database: Database) -> dict[str, str]:
    """Return the settings that differ from Redmine's defaults."""
    if not has(database.tables, "settings", "name", "value"):
        return {}
    rows = database.rows(
        "SELECT name, value FROM settings WHERE name IN ('host_name', 'protocol', 'text_formatting')"
    )
    return {text(name): text(value).strip() for name, value in rows}


def _base_url(settings: dict[str, str]) -> str | None:
    """Return the address of this Redmine, if its settings name it."""
    host = settings.get("host_name", "").rstrip("/")
    return f"{settings.get('protocol') or 'http'}://{host}" if host else None
