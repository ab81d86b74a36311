"""The place of an index: a folder, or a schema of a PostgreSQL database that many machines share."""

import re
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from dupfind.errors import StoreError

SCHEMA = "dupfind"
"""The schema of an index where the URL names none by `?schema=NAME`."""

_SCHEME = re.compile(r"postgres(?:ql)?:", re.IGNORECASE)
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,40}")


class DatabaseUrl(NamedTuple):
    """A schema of a PostgreSQL database; its text, as in messages, has no password.

    Attributes:
        dsn: The URL for the driver, with the password.
        schema: The schema that holds the tables.
        shown: The URL for people.
    """

    dsn: str
    schema: str
    shown: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a URL such as "postgresql://me@db.example/tracker?schema=issues" apart.

        Raises:
            StoreError: It is no URL, or names no schema that a database can have.
        """
        try:
            parts = urlsplit(text)
            host = parts.netloc.rpartition("@")[2]
            user = parts.username
        except ValueError:
            raise StoreError(
                "the URL after --index cannot be read: write it as postgresql://USER@HOST/DATABASE"
            ) from None
        query = parse_qsl(parts.query, keep_blank_values=True)
        schema = next((value for name, value in query if name == "schema"), SCHEMA)
        if not _NAME.fullmatch(schema) or schema.startswith("pg_"):
            raise StoreError(
                f"{schema[:60]!r} is no name of a schema for an index: use small letters, digits and _"
            )
        others = urlencode([(name, value) for name, value in query if name != "schema"])
        dsn = urlunsplit(("postgresql", parts.netloc, parts.path, others, ""))
        socket = next((value for name, value in query if name == "host"), "")
        shown = f"postgresql://{f'{user}@' if user else ''}{host or socket}{parts.path}"
        return cls(dsn, schema, shown if schema == SCHEMA else f"{shown}?schema={schema}")

    def __str__(self) -> str:
        """Return the URL without its password."""
        return self.shown

    def __repr__(self) -> str:
        """Return the URL without its password."""
        return f"DatabaseUrl({self.shown!r})"

    @property
    def parent(self) -> Self:
        """The index that the database belongs to, as the folder of a file: itself."""
        return self


IndexPlace = Path | DatabaseUrl
"""Where an index lies."""


def index_place(named: str | Path | DatabaseUrl) -> IndexPlace:
    """Return the place that somebody names: a URL of PostgreSQL, or a folder.

    Raises:
        StoreError: The URL cannot be read.
    """
    if isinstance(named, str) and _SCHEME.match(named):
        return DatabaseUrl.parse(named)
    return named if isinstance(named, DatabaseUrl) else Path(named)


def as_folder(place: IndexPlace) -> Path:
    """Return a place that must be a folder.

    Raises:
        StoreError: It is a database.
    """
    if isinstance(place, DatabaseUrl):
        raise StoreError(
            f"{place} is a database, and this works on an index in a folder only: name one with --index"
        )
    return place
