"""Read Redmine databases: issues and the relations that mark duplicates."""

from collections.abc import Iterator

from dupfind.records import Record, Ref
from dupfind.sources.coerce import flag, moment, optional, text
from dupfind.sources.databases.connection import Database, Tables, group_rows, has
from dupfind.sources.markup import textile


def detect(tables: Tables) -> bool:
    """Return whether these are Redmine's tables."""
    return has(tables, "issues", "subject", "tracker_id", "status_id", "lft") and has(
        tables, "issue_relations", "issue_from_id", "issue_to_id", "relation_type"
    )


def count(database: Database) -> int:
    """Count the issues, including private ones."""
    return database.number("SELECT count(*) FROM issues")


def read(database: Database) -> Iterator[Record]:
    """Read the issues that are not private."""
    settings = _settings(database)
    base = _base_url(settings)
    is_markdown = settings.get("text_formatting") in ("markdown", "common_mark")
    rows = database.rows(f"""
        SELECT i.id, i.subject, i.description, s.is_closed, i.created_on, i.updated_on, p.identifier, p.name,
            {database.column_or_null("issues", "is_private", "i")},
            r.issue_to_id, q.id, q.identifier, q.name
        FROM issues i
        LEFT JOIN issue_statuses s ON s.id = i.status_id
        LEFT JOIN projects p ON p.id = i.project_id
        LEFT JOIN issue_relations r ON r.issue_from_id = i.id AND r.relation_type = 'duplicates'
        LEFT JOIN issues t ON t.id = r.issue_to_id
        LEFT JOIN projects q ON q.id = t.project_id
        ORDER BY i.id, r.id""")  # noqa: S608 (a column name of the schema, quoted)
    for (id, subject, description, is_closed, created, updated, key, name, is_private), targets in group_rows(
        rows, n_own=9
    ):
        if flag(is_private):
            continue
        own_ref = Ref(optional(key) or optional(name), text(id))
        # A deleted target has no project any more; assume the same project.
        originals = [
            Ref(
                own_ref.project if project is None else optional(target_key) or optional(target_name),
                text(target),
            )
            for target, project, target_key, target_name in targets
        ]
        yield Record(
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
        )


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
