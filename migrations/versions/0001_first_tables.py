"""Create the first tables: sources, records, embeddings, word search, snapshots and runs."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE source (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        location TEXT NOT NULL,
        mapping TEXT NOT NULL
    ) STRICT
    """,
    # One row is one state of one issue. An edit is a new row, and the old one is dead: a row id never comes again.
    """
    CREATE TABLE record (
        row_id INTEGER PRIMARY KEY AUTOINCREMENT,
        source_id INTEGER NOT NULL REFERENCES source (id),
        project TEXT NOT NULL,
        id TEXT NOT NULL,
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        state TEXT,
        resolution TEXT,
        created TEXT,
        updated TEXT,
        url TEXT,
        fingerprint TEXT NOT NULL,
        died TEXT
    ) STRICT
    """,
    "CREATE UNIQUE INDEX record_live ON record (source_id, project, id) WHERE died IS NULL",
    "CREATE INDEX record_id ON record (id) WHERE died IS NULL",
    "CREATE INDEX record_dead ON record (row_id) WHERE died IS NOT NULL",
    """
    CREATE TABLE mark (
        row_id INTEGER NOT NULL REFERENCES record (row_id) ON DELETE CASCADE,
        project TEXT NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (row_id, project, id)
    ) STRICT, WITHOUT ROWID
    """,
    # An encoding is a model and a text recipe. One is current; another may be in the making beside it.
    """
    CREATE TABLE encoding (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        model TEXT NOT NULL,
        model_fingerprint TEXT NOT NULL,
        dim INTEGER NOT NULL,
        model_folder TEXT,
        recipe TEXT NOT NULL,
        title_weight REAL NOT NULL,
        is_current INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE UNIQUE INDEX encoding_current ON encoding (is_current) WHERE is_current",
    """
    CREATE TABLE embedding (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        encoding_id INTEGER NOT NULL REFERENCES encoding (id),
        fingerprint TEXT NOT NULL,
        vector BLOB NOT NULL,
        crc32 INTEGER NOT NULL,
        UNIQUE (encoding_id, fingerprint)
    ) STRICT
    """,
    """
    CREATE TABLE vector (
        encoding_id INTEGER NOT NULL REFERENCES encoding (id),
        row_id INTEGER NOT NULL REFERENCES record (row_id),
        title_embedding INTEGER NOT NULL REFERENCES embedding (id),
        whole_embedding INTEGER NOT NULL REFERENCES embedding (id),
        PRIMARY KEY (encoding_id, row_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE VIRTUAL TABLE words USING fts5 (title, body, tokenize = 'porter unicode61')",
    """
    CREATE TABLE snapshot (
        generation INTEGER PRIMARY KEY AUTOINCREMENT,
        encoding_id INTEGER NOT NULL REFERENCES encoding (id),
        file TEXT NOT NULL,
        kind TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        crc32 INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        dim INTEGER NOT NULL,
        n_rows INTEGER NOT NULL,
        max_row_id INTEGER NOT NULL,
        recall REAL NOT NULL,
        created TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE run (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source_id INTEGER NOT NULL REFERENCES source (id),
        started TEXT NOT NULL,
        finished TEXT,
        status TEXT NOT NULL,
        counts TEXT NOT NULL
    ) STRICT
    """,
    f"PRAGMA application_id = {0x44555046}",
    "PRAGMA user_version = 1",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
