"""Add the lines of each record, from which boilerplate is learned, and drop up to which row that was done."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    # Hashes of the forms that the lines of one template share, little-endian uint64 in order: of the lines that are
    # counted, of those that the composition of the text has looked up, and of those that it has left out. A record
    # without such a row was composed by an older dupfind: the next run of its source composes it again.
    """
    CREATE TABLE lines (
        row_id INTEGER PRIMARY KEY REFERENCES record (row_id),
        counted BLOB NOT NULL,
        asked BLOB NOT NULL,
        left_out BLOB NOT NULL
    ) STRICT
    """,
    "ALTER TABLE source DROP COLUMN learned_up_to",
    "ALTER TABLE source DROP COLUMN settled_up_to",
    "PRAGMA user_version = 5",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
