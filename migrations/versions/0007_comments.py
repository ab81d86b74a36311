"""Add the comments on records: their words and times for the order of hits, and their words for lookups."""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    # The fingerprint of the comments that the next two tables hold; '' without comments.
    "ALTER TABLE record ADD COLUMN comments TEXT NOT NULL DEFAULT ''",
    # Of each comment, oldest first: its Unix time in seconds as a little-endian int64, its number of words as a
    # uint32, and these words as in `terms`.
    """
    CREATE TABLE comment_terms (
        row_id INTEGER PRIMARY KEY REFERENCES record (row_id),
        times BLOB NOT NULL,
        lengths BLOB NOT NULL,
        words BLOB NOT NULL
    ) STRICT
    """,
    "CREATE VIRTUAL TABLE comment_words USING fts5 (text, tokenize = 'porter unicode61')",
    # A service is read anew, so that records which did not change get their comments.
    "DELETE FROM cursor",
    "PRAGMA user_version = 7",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
