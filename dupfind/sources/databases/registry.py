"""The readers of tracker databases, detected by their tables and columns."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from dupfind.sources.databases import (
    beads,
    bugzilla,
    fossil,
    gitea,
    github,
    mantisbt,
    phabricator,
    redmine,
    roundup,
    trac,
)
from dupfind.sources.databases.connection import Database, Tables
from dupfind.sources.entries import Entry


class Reader(Protocol):
    """The interface of a module in this package."""

    def detect(self, tables: Tables) -> bool:
        """Return whether these tables belong to the module's tracker."""

    def count(self, database: Database) -> int:
        """Count the records; private ones may be included."""

    def read(self, database: Database) -> Iterator[Entry]:
        """Read the records and the restricted issues, from one statement, in the order of their ids."""


READERS: Mapping[str, Reader] = {
    "fossil": fossil,
    "bugzilla": bugzilla,
    "redmine": redmine,
    "roundup": roundup,
    "trac": trac,
    "mantisbt": mantisbt,
    "phabricator": phabricator,
    "gitea": gitea,
    "beads": beads,
    "github-to-sqlite": github,
}
"""The readers by kind, in the order of detection."""


def detect(tables: Tables) -> str | None:
    """Return the kind of tracker that these tables belong to, or None."""
    return next((kind for kind, reader in READERS.items() if reader.detect(tables)), None)
