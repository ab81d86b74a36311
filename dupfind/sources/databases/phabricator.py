"""Read Phabricator and Phorge databases: tasks of Maniphest that all users may see, and the edges of duplicates."""

from collections.abc import Iterator

from dupfind.records import Record, Ref
from dupfind.sources.coerce import moment, quantity, state, text, word
from dupfind.sources.databases.comment_rows import comments_by_issue, cut
from dupfind.sources.databases.connection import Database, Tables, group_rows, has
from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.markup import remarkup
from dupfind.sources.restricted import SEEN_BY_ALL

_IS_DUPLICATE_OF = 63  # type of edge; 62 is its reverse
_DEPENDS_ON = 3  # type of edge: from a task to its subtasks


def detect(tables: Tables) -> bool:
    """Return whether these are the tables of Maniphest, which has a database of its own."""
    return has(
        tables, "maniphest_task", "id", "phid", "title", "description", "status", "dateCreated"
    ) and has(tables, "edge", "src", "type", "dst")


def count(database: Database) -> int:
    """Count the tasks, including those that only some users may see."""
    return database.number("SELECT count(*) FROM maniphest_task")


def read(database: Database) -> Iterator[Entry]:
    """Read the tasks; those that not all users may see are marked as restricted."""

    def column_or_null(column: str) -> str:
        return database.column_or_null("maniphest_task", column, "t")

    rows = database.rows(f"""
        SELECT t.id, t.title, t.description, t.status,
            {column_or_null("dateCreated")}, {column_or_null("dateModified")},
            {column_or_null("viewPolicy")}, {column_or_null("closedEpoch")}, k.n_children, o.id
        FROM maniphest_task t
        LEFT JOIN (SELECT src, count(*) AS n_children FROM edge WHERE type = {_DEPENDS_ON} GROUP BY src) k
            ON k.src = t.phid
        LEFT JOIN edge e ON e.src = t.phid AND e.type = {_IS_DUPLICATE_OF}
        LEFT JOIN maniphest_task o ON o.phid = e.dst
        ORDER BY t.id, o.id""")  # noqa: S608 (column names of the schema, quoted)
    with comments_by_issue(database, _comments(database), markup=remarkup.as_text) as comments_of:
        for task, originals in group_rows(rows, n_own=9):
            id, title, description, status, created, changed, policy, closed, n_children = task
            own_id = f"T{id}"
            word_of_status = word(status)
            record = Record(
                id=own_id,
                title=text(title),
                body=remarkup.as_text(text(description)),
                source=database.source,
                # Phabricator's own statuses have "Closed, Out of Spite".
                state="closed" if word_of_status == "spite" else state(word_of_status) or "open",
                resolution=None
                if state(word_of_status) != "closed" and word_of_status != "spite"
                else word_of_status,
                created=moment(created),
                updated=moment(changed),
                duplicate_of=tuple(
                    Ref(None, f"T{original}") for (original,) in originals if f"T{original}" != own_id
                ),
                closed=moment(closed),
                n_children=quantity(n_children),
                comments=comments_of(id),
            )
            yield (
                LeftOut("restricted", record=record)
                if policy is not None and text(policy) not in SEEN_BY_ALL
                else record
            )


def _comments(database: Database) -> str | None:
    """Return SQL for the comments on all tasks, in their newest version."""
    if not has(
        database.tables,
        "maniphest_transaction",
        "objectPHID",
        "transactionType",
        "commentPHID",
        "dateCreated",
    ) or not has(database.tables, "maniphest_transaction_comment", "phid", "content", "isDeleted"):
        return None
    return f"""
        SELECT t.id, {cut("c.content")}, x.dateCreated, 0
        FROM maniphest_task t
        JOIN maniphest_transaction x ON x.objectPHID = t.phid AND x.transactionType = 'core:comment'
        JOIN maniphest_transaction_comment c ON c.phid = x.commentPHID AND c.isDeleted = 0
        WHERE c.content <> ''
        ORDER BY t.id, x.dateCreated"""  # noqa: S608 (no names from outside)
