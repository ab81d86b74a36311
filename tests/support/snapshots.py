"""A writer's snapshots, taken away as no command does."""

from dupfind.storage.writer import Writer


def forget_snapshots(writer: Writer) -> None:
    """Delete every snapshot's row, so that searches read the database and the next publish writes a new file."""
    with writer.changing():
        writer.connection.execute("DELETE FROM snapshot")
