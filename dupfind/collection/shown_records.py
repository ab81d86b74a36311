"""Of an issue that is in several sources, shows the newest record and hides the others."""

from collections.abc import Callable
from datetime import datetime

from dupfind.collection import indexing
from dupfind.collection.indexing import Encode, batches
from dupfind.collection.reencoding import compositions, recompose_rows
from dupfind.storage import hidden_rows
from dupfind.storage.encoding import Encoding
from dupfind.storage.writer import Writer


def show_newest(writer: Writer, encoding: Encoding, encode: Encode, clock: Callable[[], datetime]) -> None:
    """Show the newest record of each issue; what is shown follows from the records of all sources alone.

    The record with the later time of change wins; where these times are missing or equal, that of the source that was
    added last. A call after an interruption does the rest.

    Issues of a source to which another writer writes stay as they are: its own call at the end of its run finds them.

    Args:
        writer: The index's writer, outside of a transaction; the sources that it has locked are released.
        encoding: The current encoding.
        encode: Encodes texts to unit vectors; only texts are encoded whose vectors were freed.
        clock: Returns the time at which replaced rows are marked as deleted.
    """
    with writer.showing() as sources:
        change = hidden_rows.pending(writer, sources)
        # First shown, then hidden, so that no issue is missing in between.
        for batch in batches(change.shown, indexing.BATCH):
            rows = list(compositions(writer, batch))
            recompose_rows(writer, encoding, encode, rows, (text for _, text, _ in rows), clock())
            hidden_rows.show_textless(writer, batch)
        if change.hidden:
            hidden_rows.hide(writer, change.hidden)
