"""Read Gitea and Forgejo databases: issues of all repositories, and comments that name duplicates."""

from collections.abc import Iterator

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import flag, moment, quantity, text
from dupfind.sources.databases.comment_rows import comments_by_issue, cut
from dupfind.sources.databases.connection import Database, Tables, group_rows, has
from dupfind.sources.databases.references import Repositories
from dupfind.sources.duplicate_phrases import find_originals
from dupfind.sources.json_formats.comments import originals_near_closing


def detect(tables: Tables) -> bool:
    """Return whether these are Gitea's tables."""
    return has(tables, "issue", "repo_id", "index", "name", "content", "is_pull") and has(
        tables, "repository", "owner_name", "name"
    )


def count(database: Database) -> int:
    """Count the issues without pull requests."""
    return database.number("SELECT count(*) FROM issue WHERE NOT is_pull")


def read(database: Database) -> Iterator[Record]:
    """Read the issues; comments of a closed issue may name its originals.

    Gitea stores no reason for closing, so only comments mark duplicates.
    """
    # INDEX is a reserved word of MySQL.
    index, comment = database.quoted("index"), database.quoted("comment")
    names = database.rows("SELECT owner_name, name FROM repository")
    repositories = Repositories(f"{text(owner)}/{text(name)}" for owner, name in names)
    content, join, order = "NULL, NULL", "", ""
    if has(database.tables, "comment", "id", "issue_id", "type", "content"):
        at = database.column_or_null("comment", "created_unix", "c")
        content, order = f"c.content, {at}", ", c.id"
        # Type 0 is a person's comment; the others are events.
        join = f"LEFT JOIN {comment} c ON c.issue_id = i.id AND c.type = 0 AND i.is_closed"
    rows = database.rows(f"""
        SELECT i.id, i.{index}, i.name, i.content, i.is_closed, i.created_unix, i.updated_unix,
            {database.column_or_null("issue", "closed_unix", "i")},
            {database.column_or_null("issue", "num_comments", "i")},
            r.owner_name, r.name, {content}
        FROM issue i
        LEFT JOIN repository r ON r.id = i.repo_id
        {join}
        WHERE NOT i.is_pull
        ORDER BY i.id{order}""")  # noqa: S608 (no names from outside)
    with comments_by_issue(database, _comments(database)) as comments_of:
        for issue, comments in group_rows(rows, n_own=11):
            id, number, title, body, is_closed, created, updated, closed, n_comments, owner, name = issue
            own_ref = Ref(None if owner is None else f"{text(owner)}/{text(name)}", text(number))
            resolve = repositories.reader(own_ref.project)
            said = [Comment(text(written), moment(at)) for written, at in comments]
            yield Record(
                id=own_ref.id,
                title=text(title),
                body=text(body),
                source=database.source,
                project=own_ref.project,
                state="closed" if flag(is_closed) else "open",
                created=moment(created),
                updated=moment(updated),
                duplicate_of=find_originals((comment.text for comment in said), own_ref, resolve)
                or originals_near_closing(said, moment(closed), own_ref, resolve),
                closed=moment(closed),
                n_responses=quantity(n_comments),
                comments=comments_of(id),
            )


def _comments(database: Database) -> str | None:
    """Return SQL for the comments of people on all issues."""
    if not has(database.tables, "comment", "id", "issue_id", "type", "content"):
        return None
    return f"""
        SELECT i.id, {cut("c.content")}, {database.column_or_null("comment", "created_unix", "c")}, 0
        FROM issue i
        JOIN {database.quoted("comment")} c ON c.issue_id = i.id AND c.type = 0
        WHERE NOT i.is_pull AND c.content <> ''
        ORDER BY i.id, c.id"""  # noqa: S608 (no names from outside)
