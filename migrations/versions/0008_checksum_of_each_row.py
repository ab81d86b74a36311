"""Add a checksum to each row, so that damage of a value is found; an embedding has one already."""

import zlib

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = (
    *("boilerplate", "calibration", "comment_terms", "composed", "cursor", "decision", "encoding", "lines", "mark"),
    *("model", "record", "reported", "run", "snapshot", "source", "terms", "vector"),
)  # fmt: skip


def upgrade() -> None:
    connection = op.get_bind()
    sqlite = connection.connection.driver_connection
    assert sqlite is not None
    sqlite.create_function("row_checksum", -1, row_checksum, deterministic=True)
    for table in TABLES:
        columns = connection.exec_driver_sql(
            "SELECT name, type FROM pragma_table_info(?)", (table,)
        ).fetchall()
        # The CRC-32 of all other columns; whoever writes a row writes it, too.
        op.execute(f"ALTER TABLE {table} ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0")
        values = ", ".join(f"CAST({name} AS BLOB)" if kind == "TEXT" else name for name, kind in columns)
        op.execute(f"UPDATE {table} SET checksum = row_checksum({values})")  # noqa: S608
    op.execute("PRAGMA user_version = 8")


def row_checksum(*values: bytes | float | None) -> int:
    head = repr([f"{len(value)} bytes" if isinstance(value, bytes) else value for value in values])
    texts = b"".join([value for value in values if isinstance(value, bytes)])
    return zlib.crc32(texts, zlib.crc32(head.encode()))
