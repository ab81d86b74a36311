"""Add the models that were trained for an index, with the results of their acceptance gate."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    # `run` is a hash of all that decides the weights, so that the same is not trained twice; `document` holds the
    # figures. The folder is relative to the index where it lies inside.
    """
    CREATE TABLE model (
        name TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        folder TEXT NOT NULL,
        run TEXT NOT NULL,
        created TEXT NOT NULL,
        document TEXT NOT NULL
    ) STRICT
    """,
    "PRAGMA user_version = 3",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
