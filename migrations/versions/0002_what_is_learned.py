"""Add boilerplate lines, decisions on pairs, calibrations, terms, report marks and cursors."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    # Lines that a tracker's template or its logs put into many bodies, in the form that two of them share.
    """
    CREATE TABLE boilerplate (
        source_id INTEGER NOT NULL REFERENCES source (id),
        line TEXT NOT NULL,
        n_records INTEGER NOT NULL,
        PRIMARY KEY (source_id, line)
    ) STRICT, WITHOUT ROWID
    """,
    # What a row id says of the rows up to it: they were there when the boilerplate was learned; their texts are
    # rid of it. Rows between the two may still hold much of it.
    "ALTER TABLE source ADD COLUMN learned_up_to INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE source ADD COLUMN settled_up_to INTEGER NOT NULL DEFAULT 0",
    # A person's word on a pair, whose smaller name stands first. It holds as long as both texts stay what they were;
    # names and not row ids, because an edit is a new row and a file of decisions travels between machines.
    """
    CREATE TABLE decision (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        first_source TEXT NOT NULL,
        first_project TEXT NOT NULL,
        first_id TEXT NOT NULL,
        first_fingerprint TEXT NOT NULL,
        second_source TEXT NOT NULL,
        second_project TEXT NOT NULL,
        second_id TEXT NOT NULL,
        second_fingerprint TEXT NOT NULL,
        answer TEXT NOT NULL,
        decided TEXT NOT NULL,
        who TEXT NOT NULL,
        why TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX decision_pair ON decision
        (first_source, first_project, first_id, second_source, second_project, second_id)
    """,
    # A calibration belongs to an encoding: another model or text recipe asks for another.
    """
    CREATE TABLE calibration (
        encoding_id INTEGER PRIMARY KEY REFERENCES encoding (id) ON DELETE CASCADE,
        created TEXT NOT NULL,
        document TEXT NOT NULL
    ) STRICT
    """,
    # The words and names of a live record's text as little-endian uint32, for the ranking (dupfind.terms).
    """
    CREATE TABLE terms (
        row_id INTEGER PRIMARY KEY REFERENCES record (row_id),
        title BLOB NOT NULL,
        body BLOB NOT NULL,
        names BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX mark_target ON mark (id, project)",
    # How far each kind of report has come, so that the next one can tell what is new.
    """
    CREATE TABLE reported (
        parameters TEXT PRIMARY KEY,
        row_id INTEGER NOT NULL,
        created TEXT NOT NULL
    ) STRICT
    """,
    # Where the next reading of a service goes on; what it says is the reader's own affair.
    """
    CREATE TABLE cursor (
        source_id INTEGER PRIMARY KEY REFERENCES source (id),
        document TEXT NOT NULL
    ) STRICT
    """,
    "PRAGMA user_version = 2",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
