"""The place of an index: a folder, or a schema of a PostgreSQL database that many machines share."""

import re
from os import PathLike
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from dupfind.errors import StoreError
from dupfind.tables.short_repr import shown

SCHEMA = "dupfind"
"""The schema of an index where the URL names none by `?schema=NAME`."""

_SCHEME = re.compile(r"postgres(?:ql)?:", re.IGNORECASE)
_FORM = "write it as postgresql://USER@HOST/DATABASE"
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
            StoreError: It is no URL, or names no schema that a database can have. The message has no part of the URL
                that may belong to a password.
        """
        try:
            parts = urlsplit(text)
            host = parts.netloc.rpartition("@")[2]
            user = parts.username
        except ValueError:
            raise StoreError(f"the URL after --index cannot be read: {_FORM}") from None
        # A sign of a password that is not escaped ends user or host early, and an "@" is left over.
        if (
            not text[len(parts.scheme) :].startswith("://")
            or "@" in parts.path + parts.query
            or parts.fragment
        ):
            raise StoreError(
                f"the URL after --index cannot be read: {_FORM}, and in it @ as %40, / as %2F, ? as %3F and # as %23"
            )
        query = parse_qsl(parts.query, keep_blank_values=True)
        schema = next((value for name, value in query if name == "schema"), SCHEMA)
        if not _NAME.fullmatch(schema) or schema.startswith("pg_"):
            raise StoreError(
                f"{schema[:60]!r} is no name of a schema for an index: use small letters, digits and _"
            )
        # As it was written: the driver reads no "+" as a space, and needs both slashes of a URL without a host.
        others = "&".join(part for part in parts.query.split("&") if part and part.split("=")[0] != "schema")
        dsn = f"postgresql://{parts.netloc}{parts.path}" + (f"?{others}" if others else "")
        socket = next((value for name, value in query if name == "host"), "")
        shown = f"postgresql://{f'{user}@' if user else ''}{host or socket}{parts.path}"
        return cls(dsn, schema, shown if schema == SCHEMA else f"{shown}?schema={schema}")

    @property
    def full(self) -> str:
        """The URL with its password, as `parse` takes it."""
        return f"{self.dsn}{'&' if '?' in self.dsn else '?'}schema={self.schema}"

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
        StoreError: The URL cannot be read, or is of another kind of database; or it is no text and no path.
    """
    if not isinstance(named, str | PathLike | DatabaseUrl):
        raise StoreError(f"{shown(named)} is no index: give a folder, or a URL of PostgreSQL")
    if isinstance(named, str) and _SCHEME.match(named):
        return DatabaseUrl.parse(named)
    if isinstance(named, str) and "://" in named:
        raise StoreError(f"--index names a folder, or a database of PostgreSQL: {_FORM}")
    return named if isinstance(named, DatabaseUrl) else Path(named)


def index_again(place: IndexPlace) -> str:
    """Return the way out where an index is damaged, and encoding it again would not repair it."""
    if isinstance(place, DatabaseUrl):
        return "restore the schema from a backup, or index into another one with ?schema=NAME"
    return "move the folder away and index again"


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
