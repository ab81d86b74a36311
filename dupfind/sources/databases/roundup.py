"""Read Roundup's classic tracker: issues in tables, and texts in files next to the database."""

from collections.abc import Iterator
from pathlib import Path

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.coerce import moment, state, text
from dupfind.sources.databases.comment_rows import comments_by_issue
from dupfind.sources.databases.connection import Database, Tables, group_rows, has


def detect(tables: Tables) -> bool:
    """Return whether these are Roundup's tables."""
    return (
        has(tables, "_issue", "_title", "_status", "__retired__")
        and has(tables, "issue_superseder", "linkid", "nodeid")
        and has(tables, "issue_messages", "linkid", "nodeid")
        and "schema" in tables
    )


def count(database: Database) -> int:
    """Count the issues that are not retired."""
    _messages(database)
    return database.number("SELECT count(*) FROM _issue WHERE __retired__ = 0")


def read(database: Database) -> Iterator[Record]:
    """Read the issues that are not retired; the body is the first message that is not retired."""
    messages = _messages(database)
    rows = database.rows("""
        SELECT i.id, i._title, s._name, i._creation, i._activity, f.message, d.linkid
        FROM _issue i
        LEFT JOIN _status s ON s.id = i._status
        LEFT JOIN (
            SELECT m.nodeid AS issue, min(m.linkid) AS message
            FROM issue_messages m JOIN _msg ON _msg.id = m.linkid AND _msg.__retired__ = 0
            GROUP BY m.nodeid
        ) f ON f.issue = i.id
        LEFT JOIN issue_superseder d ON d.nodeid = i.id
        WHERE i.__retired__ = 0
        ORDER BY i.id, d.linkid""")

    def text_of(message: str) -> str:
        return _body(messages, int(message)) if message.isdecimal() else ""

    with comments_by_issue(database, _comments(database), markup=text_of) as comments_of:
        for (id, title, status, created, changed, message), originals in group_rows(rows, n_own=6):
            own_id = text(id)
            yield Record(
                id=own_id,
                title=text(title),
                body=_body(messages, message),
                source=database.source,
                state=None if status is None else state(status) or "open",  # each site's statuses are its own
                created=moment(created),
                updated=moment(changed),
                duplicate_of=tuple(
                    Ref(None, text(original)) for (original,) in originals if text(original) != own_id
                ),
                comments=comments_of(id),
            )


def _comments(database: Database) -> str:
    """Return SQL for the ids of the messages after the first, in place of their texts."""
    return f"""
        SELECT i.id, m.linkid, {database.column_or_null("_msg", "_creation", "g")}, 0
        FROM _issue i
        JOIN (
            SELECT n.nodeid, min(n.linkid) AS message
            FROM issue_messages n JOIN _msg ON _msg.id = n.linkid AND _msg.__retired__ = 0
            GROUP BY n.nodeid
        ) f ON f.nodeid = i.id
        JOIN issue_messages m ON m.nodeid = i.id AND m.linkid > f.message
        JOIN _msg g ON g.id = m.linkid AND g.__retired__ = 0
        WHERE i.__retired__ = 0
        ORDER BY i.id, m.linkid"""  # noqa: S608 (column names of the schema, quoted)


def _messages(database: Database) -> Path:
    """Return the folder of the messages."""
    folder = None if database.folder is None else (database.folder / "files" / "msg").resolve()
    if folder is None or not folder.is_dir():
        raise SourceError(
            f"{database.source} is a Roundup tracker without its texts: keep the folder files/msg next to its"
            " database, or read titles alone with --table _issue --id-column id --title-column _title"
        )
    return folder


def _body(folder: Path, message: object) -> str:
    """Return the text of a message; "" if the file is missing or lies outside the folder."""
    if not isinstance(message, int):
        return ""
    # Roundup keeps a thousand files in each subfolder.
    path = (folder / str(message // 1000) / f"msg{message}").resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        return ""
    return path.read_bytes().decode("utf-8", "replace")
