"""Write dupfind/storage/schema.json anew, after a new revision: `python -m tests.support.make_schema`."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from dupfind.storage import migrate, schema


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


if __name__ == "__main__":
    text = json.dumps(made_by_migrations(), indent=1) + "\n"
    (Path(schema.__file__).with_name(schema.FILE)).write_text(text, encoding="utf-8")
