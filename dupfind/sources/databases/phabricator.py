"""Phabricator and Phorge: the tasks of Maniphest that all users may see, and the edges that mark duplicates."""

from collections.abc import Iterator

from dupfind.records import Record, Ref
from dupfind.sources.coerce import moment, state, text, word
from dupfind.sources.databases.connection import Database, Tables, has, joined
from dupfind.sources.markup import remarkup

_IS_DUPLICATE_OF = 63  # type of edge; 62 is its reverse
_SEEN_BY_ALL = ("public", "users")


def detect(tables: Tables) -> bool:
    """Whether these are the tables of Maniphest, a database of its own beside many others."""
    return has(
        tables, "maniphest_task", "id", "phid", "title", "description", "status", "dateCreated"
    ) and has(tables, "edge", "src", "type", "dst")


def count(database: Database) -> int:
    """How many tasks there are, those that only some may see among them."""
    return database.number("SELECT count(*) FROM maniphest_task")


def read(database: Database) -> Iterator[Record]:
    """Read the tasks that all users may see."""

    def given(column: str) -> str:
        return database.given("maniphest_task", column, "t")

    rows = database.rows(f"""
        SELECT t.id, t.title, t.description, t.status, {given("dateCreated")}, {given("dateModified")},
            {given("viewPolicy")}, o.id
        FROM maniphest_task t
        LEFT JOIN edge e ON e.src = t.phid AND e.type = {_IS_DUPLICATE_OF}
        LEFT JOIN maniphest_task o ON o.phid = e.dst
        ORDER BY t.id, o.id""")  # noqa: S608 (column names of the schema, quoted)
    for (id, title, description, status, created, changed, policy), originals in joined(rows, own=7):
        if policy is not None and text(policy) not in _SEEN_BY_ALL:
            continue
        own = f"T{id}"
        said = word(status)
        yield Record(
            id=own,
            title=text(title),
            body=remarkup.as_text(text(description)),
            source=database.source,
            state="closed" if said == "spite" else state(said) or "open",
            resolution=None if state(said) != "closed" and said != "spite" else said,
            created=moment(created),
            updated=moment(changed),
            duplicate_of=tuple(
                Ref(None, f"T{original}") for (original,) in originals if f"T{original}" != own
            ),
        )
