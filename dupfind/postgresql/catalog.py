"""Reads which objects a schema of PostgreSQL holds, and which others belong to its tables, in one statement."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from dupfind.errors import StoreError
from dupfind.postgresql.connection import PostgresConnection
from dupfind.storage.database_url import index_again

EXTENSION = "extension"
"""The kind of the object that stands for pgvector; its form is pgvector's schema, as a statement names it."""

MOST_CHARACTERS = 1_000
"""Characters of a form that are read; each form of dupfind is shorter."""

MOST_OBJECTS = 10_000
"""Objects of a schema that are read; an index has 270, and ten more for each partition."""


class SchemaObject(NamedTuple):
    """An object of a schema, or one elsewhere that belongs to a table of it.

    Attributes:
        kind: Such as "table", "column" or "trigger".
        owner: The table that it belongs to; "" for none.
        name: Its own name.
        form: How it is made, in names of the server's catalog.
    """

    kind: str
    owner: str
    name: str
    form: str

    @property
    def key(self) -> str:
        """Its kind and its name, such as "column record.title"."""
        return f"{self.kind} {self.owner}.{self.name}" if self.owner else f"{self.kind} {self.name}"


def objects(connection: PostgresConnection) -> list[SchemaObject]:
    """Return the objects of the URL's schema, in no order, and pgvector as one of the kind `EXTENSION`.

    Args:
        connection: As `connect` returns it: no function and no operator of the schema is found by its name.

    Raises:
        StoreError: There are more than `MOST_OBJECTS`.
    """
    url = connection.url
    values = {
        "schema": url.schema,
        "most_characters": MOST_CHARACTERS,
        "most_objects": MOST_OBJECTS + 1,
    }
    rows = connection.run(_statement(), values).fetchall()
    if len(rows) > MOST_OBJECTS:
        raise StoreError(
            f"the schema {url.schema} at {url} has more than {MOST_OBJECTS} objects: {index_again(url)}"
        )
    return [SchemaObject(*row) for row in rows]


@cache
def _statement() -> str:
    return Path(__file__).with_name("catalog.sql").read_text(encoding="utf-8")
