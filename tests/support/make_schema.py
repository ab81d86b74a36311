"""Write both files schema.json anew, after a new revision: `python -m tests.support.make_schema`.

That of `postgresql` needs a server with pgvector.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from dupfind.postgresql import description
from dupfind.postgresql.catalog import EXTENSION, objects
from dupfind.postgresql.connection import connect
from dupfind.postgresql.schema import upgrade
from dupfind.storage import database, migrate, schema
from dupfind.storage.database_url import DatabaseUrl
from tests.support.servers import fresh_database, pgvector


def made_by_migrations() -> dict[str, dict[str, str]]:
    """Return the digest of each object in the database of each revision, as its migrations make it."""
    names = sorted(path.stem[:4] for path in (migrate.migrations() / "versions").glob("[0-9]*.py"))
    with TemporaryDirectory() as folder:
        digests = {}
        for name in names:
            path = Path(folder) / f"{name}.db"
            migrate.upgrade(path, name)
            with closing(sqlite3.connect(path)) as connection:
                digests[str(int(name))] = dict(sorted(schema.digests(connection).items()))
    return digests


def made_in_postgresql(url: str) -> dict[str, dict[str, str]]:
    """Return the form of each object in the schema of the newest revision, as its migrations make it.

    Args:
        url: An empty database with pgvector.
    """
    place = DatabaseUrl.parse(url)
    upgrade(place)
    with closing(connect(place)) as connection:
        found = {each.key: each.form for each in objects(connection) if each.kind != EXTENSION}
    kept = json.loads(Path(description.__file__).with_name(description.FILE).read_text(encoding="utf-8"))
    return {**kept, str(database.REVISION): dict(sorted(found.items()))}


def write(module: ModuleType, file: str, content: dict[str, dict[str, str]]) -> None:
    assert module.__file__ is not None
    text = json.dumps(content, indent=1) + "\n"
    Path(module.__file__).with_name(file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(schema, schema.FILE, made_by_migrations())
    with pgvector() as server, fresh_database(server) as url:
        write(description, description.FILE, made_in_postgresql(url))
