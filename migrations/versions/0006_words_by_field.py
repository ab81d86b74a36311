"""Index every word of a record and its stack traces, and keep the composed text beside the word search."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    """
    CREATE TABLE composed (
        row_id INTEGER PRIMARY KEY REFERENCES record (row_id),
        title TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT
    """,
    "INSERT INTO composed SELECT rowid, title, body FROM words",
    "DROP TABLE words",
    "CREATE VIRTUAL TABLE words USING fts5 (title, body, rest, names, trace, tokenize = 'porter unicode61')",
    # A record without lines is composed again by the next run of `dupfind index`, which fills in the other fields.
    "DELETE FROM lines",
    "INSERT INTO words (rowid, title, body, rest, names, trace) SELECT row_id, title, body, '', '', '' FROM composed",
    "PRAGMA user_version = 6",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
